import {
  type Edge,
  items,
  ownerEdges,
  ownIdentifiers,
  projection,
  type Reason,
  telling,
  text,
} from '../projection.ts'
import { addressKey, boundedKey, ownerOf } from '../reference-key.ts'

const bounded = (address: string) => boundedKey(addressKey(address))

/** A dataset: its identifiers, the buckets and pages by which it is found, what it was made from. */
export const entry = projection('dataset.entry', record => {
  const { uri, value } = record
  const distributions = items(value.distributions).flatMap(({ uri: address }) => text(address) ?? [])
  const landingPage = text(value.landingPage)
  // The document it was carried over from: how its neighbours in that catalogue refer to it.
  const { uri: source } = (value.source ?? {}) as { uri?: unknown }
  const edges = ownerEdges(uri, value)
  return {
    links: telling(record, ofEdges(edges)),
    edges,
    identifiers: [
      ...ownIdentifiers(value),
      ...distributions.map(address => ({ scheme: 'distribution', value: bounded(address) })),
      ...(landingPage ? [{ scheme: 'landing-page', value: bounded(landingPage) }] : []),
      ...(typeof source === 'string' ? [{ scheme: 'source', value: bounded(source) }] : []),
    ],
  }
})

/** Whose things somebody builds on or refers to, and which of both. */
export function ofEdges(edges: readonly Edge[]): (readonly [Reason, string | undefined])[] {
  const reasonOf = ({ relation }: Edge): Reason => (relation === 'is-derived-from' ? 'derived' : 'citation')
  return edges
    .map(edge => [reasonOf(edge), ownerOf(edge.to)] as const)
    .sort(([a], [b]) => (a === b ? 0 : a === 'derived' ? -1 : 1))
}
