import { linkTo, projection } from '../projection.ts'

/** A paid way to the data. */
export const offer = projection('dataset.offer', ({ sortAt, value }) => ({
  links: linkTo('offer', value.subject, sortAt),
}))
