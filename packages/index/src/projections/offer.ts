import { nsid } from '@frost/lexicon'
import { linkTo, news, projection } from '../projection.ts'

/** Under this all offers stand, in the order of their time. */
export const OFFERED = nsid('dataset.offer')

/** A paid way to the data. */
export const offer = projection('dataset.offer', ({ sortAt, heardAt, value }) => ({
  links: [
    ...linkTo('offer', value.subject, sortAt),
    { kind: 'offered', subject: OFFERED, sortKey: sortAt },
    ...news('activity', [value.subject], heardAt),
  ],
}))
