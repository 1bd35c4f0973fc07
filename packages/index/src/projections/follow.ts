import { items, linkTo, projection, text } from '../projection.ts'

/** A follow of a person (by DID), a record (by at-uri) or a search. */
export const follow = projection('graph.follow', ({ sortAt, value }) => {
  const [subject] = items([value.subject])
  const key = text(subject?.did) ?? text(subject?.uri)
  return { links: key ? linkTo('follow', key, sortAt) : [] }
})
