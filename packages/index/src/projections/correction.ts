import { linkTo, projection } from '../projection.ts'

/** A change proposed for a record. */
export const correction = projection('discussion.correction', ({ sortAt, value }) => ({
  links: linkTo('correction', value.target, sortAt),
}))
