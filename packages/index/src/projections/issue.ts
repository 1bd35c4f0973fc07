import { linkTo, projection } from '../projection.ts'

/** A record of the discussion of a dataset. */
export const issue = projection('discussion.issue', ({ sortAt, value }) => ({
  links: linkTo('issue', value.subject, sortAt),
}))
