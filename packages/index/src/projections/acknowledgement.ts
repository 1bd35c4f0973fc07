import { linkTo, projection } from '../projection.ts'

/** The word of somebody named in a claim. */
export const acknowledgement = projection('graph.acknowledgement', ({ sortAt, value }) => ({
  links: linkTo('acknowledgement', value.claim, sortAt),
}))
