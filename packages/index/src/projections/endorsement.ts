import { linkTo, news, projection, telling, text } from '../projection.ts'
import { boundedKey, ownerOf, referenceKey } from '../reference-key.ts'

/** A good word, counted by what it says. It keeps the state of which it was said from being forgotten. */
export const endorsement = projection('discussion.endorsement', record => {
  const { sortAt, heardAt, value } = record
  const { cid: state } = (value.subject ?? {}) as { cid?: unknown }
  return {
    links: [
      ...linkTo('endorsement', value.subject, sortAt),
      ...linkTo(boundedKey(`${ENDORSED}${text(value.kind) ?? ''}`), value.subject, sortAt),
      ...linkTo('state', text(state), sortAt),
      ...news('activity', [value.subject], heardAt),
      ...telling(record, [['endorsement', ownerOf(referenceKey(value.subject) ?? '')]]),
    ],
  }
})

/** What an endorsement says stands in the kind of its link. */
export const ENDORSED = 'endorsed:'
