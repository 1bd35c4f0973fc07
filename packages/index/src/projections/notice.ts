import { linkTo, news, projection } from '../projection.ts'
import { ownerOf, referenceKey } from '../reference-key.ts'

/** Something users must know; whose word it is shows when it is read. */
export const notice = projection('dataset.notice', ({ did, sortAt, heardAt, value }) => {
  const isOwners = ownerOf(referenceKey(value.subject) ?? '') === did
  return {
    links: [
      ...linkTo('notice', value.subject, sortAt),
      ...news(isOwners ? 'release' : 'activity', [value.subject], heardAt),
    ],
  }
})
