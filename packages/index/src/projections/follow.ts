import { items, linkTo, projection, telling, text } from '../projection.ts'
import { ownerOf } from '../reference-key.ts'

/** A follow of a person (by DID), a record (by at-uri) or a search. */
export const follow = projection('graph.follow', record => {
  const { sortAt, value } = record
  const [subject] = items([value.subject])
  const key = text(subject?.did) ?? text(subject?.uri)
  if (!key) return {}
  return {
    links: [...linkTo('follow', key, sortAt), ...telling(record, [['follow', ownerOf(key) ?? key]])],
  }
})
