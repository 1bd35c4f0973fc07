import type { FC } from 'hono/jsx'
import { shownNameOf } from '../account-name.ts'
import type { EntryView } from '../appview.ts'
import { asset } from '../assets.ts'
import { entryPath, formatsOf, licencesOf, timesOf } from '../dataset-facts.ts'
import { Copyable } from '../design/copyable.tsx'
import { Document } from '../design/document.tsx'
import { NoticeBadges } from '../design/notices.tsx'
import { Badges } from '../design/parts.tsx'
import { LabelBadges, Labelled } from '../labels/labelled.tsx'
import { excerpt } from '../markdown.ts'
import { truncate } from '../text.ts'

/** Room that the widget needs, in CSS pixels. */
export const WIDGET = { width: 480, height: 230 } as const

/** A dataset in a frame of somebody else's page: what it is, of whom, under what licence, with a link to its page. */
export const Widget: FC<{ entry: EntryView; publicUrl: string }> = ({ entry, publicUrl }) => {
  const { record, author, latestVersion } = entry
  const page = publicUrl + entryPath(author, entry.uri)
  const facts = [shownNameOf(author), timesOf(record)[0], latestVersion && `version ${latestVersion.version}`]
  return (
    <Document>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <base target="_blank" />
        <title>{`${record.title} – FROST`}</title>
        <link rel="icon" href={asset('icon.svg')} type="image/svg+xml" />
        <link rel="stylesheet" href={asset('style.css')} />
        <link rel="stylesheet" href={asset('embed.css')} />
      </head>
      <body>
        <main class="widget">
          <Labelled labels={entry.labels} what="dataset" author={author.did} href={page}>
            <h1>
              <a href={page} rel="noopener">
                {record.title}
              </a>
            </h1>
            <p class="meta">
              {facts
                .filter(fact => fact !== undefined)
                .map(fact => (
                  <span>{truncate(fact, 80)}</span>
                ))}
            </p>
            <NoticeBadges notices={entry.notices} leadOn publicUrl={publicUrl} />
            {record.description && (
              <p class="small soft clamp">{truncate(excerpt(record.description), 300)}</p>
            )}
            <Badges
              items={[
                ...formatsOf(record)
                  .slice(0, 3)
                  .map(text => ({ text, kind: 'strong' as const })),
                ...licencesOf(record)
                  .slice(0, 1)
                  .map(text => ({ text: truncate(text, 40) })),
              ]}
            />
            <LabelBadges labels={entry.labels} />
          </Labelled>
          <p class="small soft">on FROST</p>
        </main>
      </body>
    </Document>
  )
}

/** How others put the widget into their pages. */
export const EmbedBox: FC<{ entry: EntryView; publicUrl: string }> = ({ entry, publicUrl }) => {
  const title = entry.record.title.replace(/["<>&\n]/g, ' ')
  const address = `${publicUrl}/embed${entryPath(entry.author, entry.uri)}`
  return (
    <section class="card" id="embed">
      <details>
        <summary>Embed in a page</summary>
        <div class="stack-tight">
          <Copyable>
            {`<iframe src="${address}" title="${title}" width="${WIDGET.width}" height="${WIDGET.height}" loading="lazy"></iframe>`}
          </Copyable>
          <p class="small">
            <a href={address}>See it</a>
          </p>
        </div>
      </details>
    </section>
  )
}
