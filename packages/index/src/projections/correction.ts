import { linkTo, news, projection, telling } from '../projection.ts'
import { ownerOf, referenceKey } from '../reference-key.ts'

/** A change proposed for a record. */
export const correction = projection('discussion.correction', record => {
  const { sortAt, heardAt, value } = record
  return {
    links: [
      ...linkTo('correction', value.target, sortAt),
      ...news('activity', [value.target], heardAt),
      ...telling(record, [['correction', ownerOf(referenceKey(value.target) ?? '')]]),
    ],
  }
})
