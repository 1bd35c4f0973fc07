import { linkTo, projection } from '../projection.ts'

/** Something users must know; whose word it is shows when it is read. */
export const notice = projection('dataset.notice', ({ sortAt, value }) => ({
  links: linkTo('notice', value.subject, sortAt),
}))
