import { linkTo, projection } from '../projection.ts'

/** Opens or closes an issue; whose word counts is decided when it is read. */
export const issueState = projection('discussion.issueState', ({ sortAt, value }) => ({
  links: linkTo('issue-state', value.issue, sortAt),
}))
