import { linkTo, projection } from '../projection.ts'

/** A record of the discussion of a dataset. */
export const endorsement = projection('discussion.endorsement', ({ sortAt, value }) => ({
  links: linkTo('endorsement', value.subject, sortAt),
}))
