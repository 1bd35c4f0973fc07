import { nsid } from '@frost/lexicon'
import { linkTo, projection, settling, telling, text } from '../projection.ts'
import { boundedKey, ownerOf, referenceKey } from '../reference-key.ts'

const CORRECTION = nsid('discussion.correction')

/** The word of somebody named in a claim; on a correction it settles something, and says in its order what. */
export const acknowledgement = projection('graph.acknowledgement', record => {
  const { sortAt, value } = record
  const links = linkTo('acknowledgement', value.claim, sortAt)
  const claim = referenceKey(value.claim) ?? ''
  if (claim.split('/')[3] !== CORRECTION)
    return { links: [...links, ...telling(record, [['acknowledgement', ownerOf(claim)]])] }
  return {
    links: [
      ...links,
      ...linkTo('word', claim, `${sortAt} ${boundedKey(text(value.status) ?? '')}`),
      ...settling(record, 'correction-state', [claim]),
    ],
  }
})
