import { items, linkTo, news, projection, text } from '../projection.ts'
import { addressKey, boundedKey } from '../reference-key.ts'

/** Somebody's copy of a dataset, found by its address too. */
export const mirror = projection('dataset.mirror', ({ sortAt, heardAt, value }) => {
  const address = items([value.distribution]).flatMap(({ uri }) => text(uri) ?? [])
  return {
    links: [...linkTo('mirror', value.subject, sortAt), ...news('activity', [value.subject], heardAt)],
    identifiers: address.map(uri => ({
      scheme: 'mirror',
      value: boundedKey(addressKey(uri)),
    })),
  }
})
