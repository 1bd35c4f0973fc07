import { ownIdentifiers, projection, text } from '../projection.ts'
import { boundedKey } from '../reference-key.ts'
import { words } from '../search/analysis.ts'

/** Before a word of somebody's name, as the subject of links of kind `named`. */
export const NAMED = 'named:'
const MOST_WORDS = 64

/** Who somebody is; found by ORCID or ROR, and by the words of the name. */
export const profile = projection('actor.profile', ({ value }) => ({
  identifiers: ownIdentifiers(value),
  links: [...new Set(words((text(value.name) ?? '').slice(0, 640)))]
    .slice(0, MOST_WORDS)
    .map(word => ({ kind: 'named', subject: boundedKey(NAMED + word), sortKey: '' })),
}))
