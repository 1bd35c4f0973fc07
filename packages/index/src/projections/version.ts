import { items, linkTo, news, ownerEdges, ownIdentifiers, projection, settling, text } from '../projection.ts'
import { ownerOf } from '../reference-key.ts'
import { ofEdges } from './entry.ts'

/**
 * A version: only the dataset's owner releases it. Its derivations count for the dataset; it keeps the state of the entry that it
 * describes from being forgotten, and adopts the corrections that it names.
 */
export const version = projection('dataset.version', record => {
  const { did, heardAt, value } = record
  const dataset = text(value.dataset)
  if (!dataset || ownerOf(dataset) !== did) return {}
  const releasedAt = inUtc(text(value.releasedAt) ?? '')
  const { cid: state } = (value.entry ?? {}) as { cid?: unknown }
  const adopted = items(value.corrects).flatMap(({ uri }) => text(uri) ?? [])
  const edges = ownerEdges(dataset, value)
  return {
    links: [
      ...news('release', [dataset], heardAt),
      ...settling(record, 'correction-state', adopted, ofEdges(edges)),
      ...linkTo('version', dataset, releasedAt),
      ...linkTo('state', typeof state === 'string' ? state : undefined, releasedAt),
      ...adopted.flatMap(subject => linkTo('adoption', subject, releasedAt)),
    ],
    edges,
    identifiers: ownIdentifiers(value),
  }
})

/** Times of any zone in the one in which they sort as text. */
function inUtc(time: string): string {
  const at = Date.parse(time)
  return Number.isFinite(at) && at >= Date.UTC(1, 0, 1) ? new Date(at).toISOString() : time
}
