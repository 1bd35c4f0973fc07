import type { FC } from 'hono/jsx'
import { Layout } from '../design/layout.tsx'

export const AboutPage: FC<{
  publicUrl: string
  /** DID of the AppView, where it says so. */
  appview?: string
}> = ({ publicUrl, appview }) => (
  <Layout
    title="How FROST works"
    description="A registry of scientific datasets without a centre: records in their owners’ repositories, data in their buckets."
    canonical={`${publicUrl}/about`}
  >
    <h1>How FROST works</h1>
    <article class="prose">
      <p>
        FROST is the Federated Registry Of Scientific Things: one place to search every dataset, that no
        company or institution owns. It is built on AT Protocol.
      </p>
      <h2>Records belong to their owners</h2>
      <p>
        Whoever publishes a dataset writes a signed record into a repository of their own, on any server they
        like. They can move it, change it and delete it; nobody else can. This site only reads what the
        network says.
      </p>
      <h2>Data stays where it lies</h2>
      <p>
        FROST holds descriptions: where the data is, in which format, what is in it, under which licence. It
        never copies the data.
      </p>
      <h2>Anyone can run this</h2>
      <p>
        This site asks{' '}
        {appview ? (
          <>
            the AppView <code>{appview}</code>
          </>
        ) : (
          'an AppView'
        )}
        . Any other that reads the same network gives the same answers, and you can run one yourself:{' '}
        <code>npx frost appview --upstream wss://…</code>
      </p>
      <h2>Publish your own</h2>
      <p>
        Everything published is public. With an account on any AT Protocol server:{' '}
        <a href="/publish">publish here</a>, or by command:
      </p>
      <pre class="code" tabindex={0}>
        {`npx frost login you.example.org
npx frost publish s3://bucket/data.zarr --title "Sea ice"`}
      </pre>
      <h2>Search well</h2>
      <p>Words are combined freely and ranked; these make a search sharper:</p>
      <ul>
        <li>
          <code>"sea ice"</code> – the words as they stand
        </li>
        <li>
          <code>ocean -model</code> – without a word
        </li>
        <li>
          <code>variable:sst format:zarr license:cc-by-4.0 keyword:ocean</code> – in one field
        </li>
      </ul>
    </article>
  </Layout>
)
