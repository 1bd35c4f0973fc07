import type { FC } from 'hono/jsx'
import { Layout } from '../design/layout.tsx'
import { SearchBox } from '../design/search-box.tsx'

/** A page that says what is wrong and what one can do now. */
export const MessagePage: FC<{ title: string; message: string; back?: string }> = ({
  title,
  message,
  back,
}) => (
  <Layout title={`${title} – FROST`} withoutSearch>
    <section class="hero">
      <h1>{title}</h1>
      <p>{message}</p>
      <SearchBox large />
      {back && <a href={back}>Back to where you were</a>}
      <a href="/">Back to the start</a>
    </section>
  </Layout>
)
