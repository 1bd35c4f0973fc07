import { linkTo, projection, settling, text } from '../projection.ts'
import { boundedKey } from '../reference-key.ts'

/** Opens or closes an issue; whose word counts is decided when it is read. The state stands in the order, behind the time. */
export const issueState = projection('discussion.issueState', record => {
  const { sortAt, value } = record
  return {
    links: [
      ...linkTo('issue-state', value.issue, `${sortAt} ${boundedKey(text(value.state) ?? '')}`),
      ...settling(record, 'issue-state', [value.issue]),
    ],
  }
})
