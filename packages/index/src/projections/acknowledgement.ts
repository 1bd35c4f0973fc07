import { nsid } from '@frost/lexicon'
import { type Link, linkTo, projection, text } from '../projection.ts'
import { boundedKey, referenceKey } from '../reference-key.ts'

const CORRECTION = nsid('discussion.correction')

/** The word of somebody named in a claim; on a correction it settles something, and says in its order what. */
export const acknowledgement = projection('graph.acknowledgement', ({ sortAt, value }) => {
  const links = linkTo('acknowledgement', value.claim, sortAt)
  const claim = referenceKey(value.claim)
  const word: Link[] =
    claim?.split('/')[3] === CORRECTION
      ? linkTo('word', claim, `${sortAt} ${boundedKey(text(value.status) ?? '')}`)
      : []
  return { links: [...links, ...word] }
})
