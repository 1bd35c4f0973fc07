import type { Entry } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import type { EntryView } from '../appview.ts'
import { doiAddress, entryPath } from '../dataset-facts.ts'
import { nameOverLabels } from '../labels/labelled.tsx'
import { capital, plural } from '../text.ts'
import { Address } from './parts.tsx'

/** What a record refers to: another record, an identifier or an address. */
export type Reference = NonNullable<Entry['derivedFrom']>[number]['ref']

/** What the dataset was made from and what it is related to, as its owner says. */
export const Lineage: FC<{
  record: Entry
  known: ReadonlyMap<string, EntryView>
  derived: number
  /** Address of the dataset, where its lineage can be drawn. */
  path?: string
}> = ({ record, known, derived, path }) => {
  const sources = record.derivedFrom ?? []
  const related = record.relatedItems ?? []
  if (sources.length === 0 && related.length === 0 && derived === 0) return null
  return (
    <section class="card stack" id="lineage">
      <h2>Lineage and related works</h2>
      {path && sources.length + derived > 0 && (
        <div class="lineage-place" data-lineage-src={`${path}/lineage?part=drawing`}>
          <p class="small">
            <a href={`${path}/lineage`}>Lineage as a drawing, to move in and to filter</a>
          </p>
        </div>
      )}
      {derived > 0 && <p>{capital(plural(derived, 'dataset'))} on the network built on this one.</p>}
      {sources.length > 0 && (
        <div>
          <h3>Derived from</h3>
          <ul>
            {sources.map(({ ref, role, selection }) => (
              <li>
                <Ref reference={ref} known={known} />{' '}
                <span class="soft small">{[role, selection].filter(Boolean).join(', ')}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
      {related.length > 0 && (
        <div>
          <h3>Related</h3>
          <ul>
            {related.slice(0, 40).map(({ ref, relation, title, url }) => (
              <li>
                <span class="soft small">{relation.replaceAll('-', ' ')}</span>{' '}
                {title && url ? (
                  <Address href={url} text={title} />
                ) : (
                  <Ref reference={ref} known={known} title={title} />
                )}
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  )
}

/** A link to what is referred to, by its title where it is known. */
export const Ref: FC<{ reference: Reference; known: ReadonlyMap<string, EntryView>; title?: string }> = ({
  reference,
  known,
  title,
}) => {
  const { uri, value, scheme } = textsIn(reference)
  const entry = uri ? known.get(uri) : undefined
  if (entry)
    return (
      <a href={entryPath(entry.author, entry.uri)}>
        {nameOverLabels(entry.labels, entry.author.did) ?? entry.record.title}
      </a>
    )
  if (uri?.startsWith('at://')) return <a href={`/at/${uri.slice('at://'.length)}`}>{title ?? uri}</a>
  if (scheme?.toLowerCase() === 'doi' && value) {
    return <Address href={doiAddress(value)} text={title ?? `doi:${value}`} />
  }
  return <Address href={uri ?? value ?? ''} text={title} />
}

/** Whatever a stranger has put where a text belongs is left out. */
const textsIn = (reference: unknown) =>
  Object.fromEntries(Object.entries(reference ?? {}).filter(([, value]) => typeof value === 'string')) as {
    uri?: string
    value?: string
    scheme?: string
  }
