import { items, ownerEdges, ownIdentifiers, projection, text } from '../projection.ts'
import { addressKey, boundedKey } from '../reference-key.ts'

const bounded = (address: string) => boundedKey(addressKey(address))

/** A dataset: its identifiers, the buckets and pages by which it is found, what it was made from. */
export const entry = projection('dataset.entry', ({ uri, value }) => {
  const distributions = items(value.distributions).flatMap(({ uri: address }) => text(address) ?? [])
  const landingPage = text(value.landingPage)
  // The document it was carried over from: how its neighbours in that catalogue refer to it.
  const { uri: source } = (value.source ?? {}) as { uri?: unknown }
  return {
    edges: ownerEdges(uri, value),
    identifiers: [
      ...ownIdentifiers(value),
      ...distributions.map(address => ({ scheme: 'distribution', value: bounded(address) })),
      ...(landingPage ? [{ scheme: 'landing-page', value: bounded(landingPage) }] : []),
      ...(typeof source === 'string' ? [{ scheme: 'source', value: bounded(source) }] : []),
    ],
  }
})
