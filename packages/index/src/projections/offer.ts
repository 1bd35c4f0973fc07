import { linkTo, news, projection } from '../projection.ts'

/** A paid way to the data. */
export const offer = projection('dataset.offer', ({ sortAt, heardAt, value }) => ({
  links: [...linkTo('offer', value.subject, sortAt), ...news('activity', [value.subject], heardAt)],
}))
