import { linkTo, news, projection, text } from '../projection.ts'
import { ownerOf } from '../reference-key.ts'

/** Something users must know; whose word it is shows when it is read. */
export const notice = projection('dataset.notice', ({ did, sortAt, heardAt, value }) => {
  const isOwners = ownerOf(text(value.subject) ?? '') === did
  return {
    links: [
      ...linkTo('notice', value.subject, sortAt),
      ...news(isOwners ? 'release' : 'activity', [value.subject], heardAt),
    ],
  }
})
