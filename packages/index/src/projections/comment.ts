import { linkTo, projection } from '../projection.ts'

/** A record of the discussion of a dataset. */
export const comment = projection('discussion.comment', ({ sortAt, value }) => ({
  links: linkTo('comment', value.subject, sortAt),
}))
