import { linkTo, news, projection, telling, text } from '../projection.ts'
import { ownerOf } from '../reference-key.ts'

/** A problem or question about a dataset. */
export const issue = projection('discussion.issue', record => {
  const { sortAt, heardAt, value } = record
  return {
    links: [
      ...linkTo('issue', value.subject, sortAt),
      ...news('activity', [value.subject], heardAt),
      ...telling(record, [['issue', ownerOf(text(value.subject) ?? '')]]),
    ],
  }
})
