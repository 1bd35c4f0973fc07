import type { LexMap } from '@atproto/lex'
import { withoutEnd } from '@frost/lexicon'
import { UsageError } from './errors.ts'

/** What names a person or an institution for good, in the spelling that records hold. */
export interface AgentIdentifier {
  readonly scheme: 'orcid' | 'ror'
  readonly value: string
}

/**
 * Reads an ORCID iD or a ROR id, bare or as an address, and checks its last digits.
 * @throws UsageError that names the text and what is wrong with it
 */
export function agentIdentifier(text: string): AgentIdentifier {
  const bare = text.trim().replace(/^(https?:\/\/)?(www\.)?(orcid|ror)\.org\//i, '')
  const id = withoutEnd(bare, '/')
  if (/^\d{4}-?\d{4}-?\d{4}-?\d{3}[\dX]$/i.test(id)) {
    const digits = id.replaceAll('-', '').toUpperCase()
    if (orcidCheck(digits.slice(0, 15)) !== digits[15])
      throw new UsageError(
        `'${text}' is no ORCID iD: its last digit does not fit the others, so one is wrong`,
      )
    return { scheme: 'orcid', value: digits.replace(/(.{4})(?!$)/g, '$1-') }
  }
  if (/^0[a-hj-km-np-tv-z0-9]{6}\d{2}$/i.test(id)) {
    const ror = id.toLowerCase()
    if (rorCheck(ror.slice(1, 7)) !== ror.slice(7))
      throw new UsageError(
        `'${text}' is no ROR id: its last two digits do not fit the others, so one character is wrong`,
      )
    return { scheme: 'ror', value: `https://ror.org/${ror}` }
  }
  throw new UsageError(
    `'${text}' is neither an ORCID iD (0000-0002-1825-0097) nor a ROR id (https://ror.org/02mhbdp94)`,
  )
}

/** A person or institution by name: `Family, Given` is a person's. */
export function agentFrom(name: string, identifier?: AgentIdentifier): LexMap {
  const [family, given] = name.split(/,\s*/, 2)
  const isPerson = Boolean(given) || identifier?.scheme === 'orcid'
  return {
    name,
    ...(given && { familyName: family, givenName: given }),
    ...(isPerson ? { nameType: 'Personal' } : identifier ? { nameType: 'Organizational' } : {}),
    ...(identifier && { identifiers: [{ ...identifier }] }),
  }
}

/** `Name`, or `Family, Given`, either with an ORCID iD or ROR id in parentheses. @throws UsageError for an id that is wrong */
export function agentFromText(text: string): LexMap {
  const [, name, id] =
    /^(.*?)\s*\(((?:https?:\/\/)?(?:(?:orcid|ror)\.org\/)\S+|[\dX-]{16,19})\)$/i.exec(text.trim()) ?? []
  return name && id ? agentFrom(name, agentIdentifier(id)) : agentFrom(text.trim())
}

/** ISO 7064 MOD 11-2. https://support.orcid.org/hc/en-us/articles/360006897674 */
function orcidCheck(digits: string): string {
  let total = 0
  for (const digit of digits) total = (total + Number(digit)) * 2
  const rest = (12 - (total % 11)) % 11
  return rest === 10 ? 'X' : String(rest)
}

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz'

/** ISO 7064 MOD 97-10 of the number that six characters of Crockford's base 32 write. https://ror.readme.io/docs/identifier */
function rorCheck(characters: string): string {
  let number = 0
  for (const character of characters) number = number * 32 + CROCKFORD.indexOf(character)
  return String(98 - ((number * 100) % 97)).padStart(2, '0')
}
