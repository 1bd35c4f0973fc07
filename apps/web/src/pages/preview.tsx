import type { FC } from 'hono/jsx'
import { asset } from '../assets.ts'
import { Document } from '../design/document.tsx'
import { Layout } from '../design/layout.tsx'
import { PreviewBody, type PreviewBodyProps } from '../design/preview/body.tsx'

/** The preview by itself in a frame of the dataset's page, for readers without script. */
export const PreviewFrame: FC<PreviewBodyProps> = props => (
  <Document>
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="robots" content="noindex" />
      <title>Preview of the data</title>
      <link rel="stylesheet" href={asset('style.css')} />
      <link rel="stylesheet" href={asset('preview.css')} />
    </head>
    <body class="framed">
      <main>
        <PreviewBody {...props} />
      </main>
    </body>
  </Document>
)

/** The preview as a page of its own. */
export const PreviewPage: FC<PreviewBodyProps & { title: string }> = ({ title, ...props }) => (
  <Layout title={`Preview of ${title} – FROST`} styles={['preview.css']}>
    <header class="dataset-head">
      <h1>Preview of {title}</h1>
      <p class="meta">
        <a href={props.path}>the dataset</a>
      </p>
    </header>
    <section class="card" aria-label="Preview">
      <h2 class="visually-hidden">Preview</h2>
      <PreviewBody {...props} />
    </section>
  </Layout>
)
