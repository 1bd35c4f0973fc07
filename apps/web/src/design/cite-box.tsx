import {
  type CitationContext,
  citableOf,
  citationStyles,
  formatCitation,
} from '@frost/catalogs/citation/index'
import type { FC } from 'hono/jsx'
import { shownNameOf } from '../account-name.ts'
import type { EntryView } from '../appview.ts'
import { entryPath } from '../dataset-facts.ts'

/** Where a dataset's record stands, as citations and exports say it. */
export function citedFrom({ uri, author, latestVersion }: EntryView, publicUrl: string): CitationContext {
  return {
    uri,
    page: publicUrl + entryPath(author, uri),
    account: shownNameOf(author),
    ...(latestVersion && {
      version: { version: latestVersion.version, releasedAt: latestVersion.releasedAt },
    }),
  }
}

/** Reads a citation in any style from a dataset's view. */
export const citationOf = (entry: EntryView, publicUrl: string) =>
  citableOf(entry.record, citedFrom(entry, publicUrl))

/** How to cite it: as text, as BibTeX, and every other style as a file. */
export const CiteBox: FC<{ entry: EntryView; publicUrl: string }> = ({ entry, publicUrl }) => {
  const citable = citationOf(entry, publicUrl)
  return (
    <section class="card stack-tight" id="cite">
      <h2>Cite</h2>
      <p class="small">{formatCitation(citable, 'apa')}</p>
      <details>
        <summary class="small">BibTeX</summary>
        <pre class="code" tabindex={0}>
          {formatCitation(citable, 'bibtex')}
        </pre>
      </details>
      <p class="meta">
        {Object.keys(citationStyles).map(style => (
          <a href={`?format=${style}`} rel="nofollow">
            {style}
          </a>
        ))}
      </p>
    </section>
  )
}
