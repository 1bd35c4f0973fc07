import { linkTo, ownerEdges, ownIdentifiers, projection, text } from '../projection.ts'
import { ownerOf } from '../reference-key.ts'

/** A version: only the dataset's owner releases it. Its derivations count for the dataset. */
export const version = projection('dataset.version', ({ did, value }) => {
  const dataset = text(value.dataset)
  if (!dataset || ownerOf(dataset) !== did) return {}
  return {
    links: linkTo('version', dataset, text(value.releasedAt) ?? ''),
    edges: ownerEdges(dataset, value),
    identifiers: ownIdentifiers(value),
  }
})
