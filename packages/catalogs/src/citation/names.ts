import type { CitedAgent } from './citable.ts'

/** A person's name in the parts that reference managers sort and shorten by. */
export interface PersonName {
  readonly family: string
  readonly given?: string
}

/** Words that only stand in names of institutions, and forms of company behind a comma. */
const INSTITUTION =
  /\b(?:univ\w*|inst\w*|cent(?:er|re)\w*|dep(?:t|artment)\w*|agency|administration|bureau|survey|service|lab\w*|college|academy|society|association|council|committee|consorti\w*|collaboration|group|team|project|program(?:me)?|network|ministry|museum|observator\w*|foundation|school|facult\w*|division|office|laborato\w*|company|corporation|incorporated|inc|llc|ltd|gmbh|corp|s\.?a|ag|bv|plc|e\.v|branch|data|hospital|library)\b\.?/iu
const MOST_WORDS = 4

/**
 * Family and given name of a person; undefined for an institution, or where a name gives no hint how it divides. A comma divides
 * a name only where nothing says that an institution is meant: `Noether, Emmy`, but not `Department of Energy, Office of Science`.
 */
export function personName(agent: CitedAgent): PersonName | undefined {
  const family = oneLine(agent.familyName ?? '')
  const given = oneLine(agent.givenName ?? '')
  if (isInstitution(agent)) return undefined
  if (family) return { family, ...(given && { given }) }
  const name = oneLine(agent.name)
  const inverted = /^([^,]+),\s*([^,]+(?:,\s*(?:jr|sr|i{2,3}|iv)\.?)?)$/iu.exec(name)
  if (inverted && (isPerson(agent) || looksPersonal(name)))
    return { family: inverted[1]!.trim(), given: inverted[2]!.trim() }
  if (!isPerson(agent) || name.includes(',')) return undefined
  return divided(name)
}

const isInstitution = ({ nameType }: CitedAgent) => /organi[sz]ation/i.test(nameType ?? '')

const isPerson = (agent: CitedAgent) =>
  /^person/i.test(agent.nameType ?? '') || orcidOf(agent) !== undefined || Boolean(agent.givenName)

function looksPersonal(name: string): boolean {
  const words = name.split(/[\s,]+/).filter(Boolean)
  return words.length <= MOST_WORDS && !INSTITUTION.test(name) && !/\d/.test(name)
}

/** `Ludwig van der Rohe`: the last word and the particles before it are the family name; one word alone is not divided. */
function divided(name: string): PersonName | undefined {
  const words = name.split(' ')
  if (words.length < 2) return name ? { family: name } : undefined
  let start = words.length - 1
  while (start > 1 && /^\p{Ll}/u.test(words[start - 1]!)) start -= 1
  return { family: words.slice(start).join(' '), given: words.slice(0, start).join(' ') }
}

/** `Hans-Peter J.` → `H.-P. J.`; text without letters gives nothing. */
export function initials(given: string | undefined, { dot = '.', gap = ' ' } = {}): string {
  return (given ?? '')
    .split(/[\s.]+/u)
    .map(part =>
      part
        .split('-')
        .flatMap(piece => {
          const [first] = [...piece].filter(character => /[\p{L}\p{N}]/u.test(character))
          return first ? [`${first.toLocaleUpperCase('en')}${dot}`] : []
        })
        .join(dot ? '-' : ''),
    )
    .filter(Boolean)
    .join(gap)
}

/** An agent's ORCID as `https://orcid.org/…`. */
export function orcidOf(agent: CitedAgent): string | undefined {
  const value = identifierOf(agent, 'orcid')
  const digits = value && /(\d{4}-\d{4}-\d{4}-\d{3}[\dX])$/i.exec(value)?.[1]
  return digits ? `https://orcid.org/${digits.toUpperCase()}` : undefined
}

/** An institution's ROR as `https://ror.org/…`. */
export function rorOf(agent: CitedAgent): string | undefined {
  return rorAddress(identifierOf(agent, 'ror'))
}

/** A ROR id in any spelling as `https://ror.org/…` (https://ror.readme.io/docs/identifier). */
export function rorAddress(text: string | undefined): string | undefined {
  const id = text && /(?:^|ror\.org\/)(0[a-hj-km-np-tv-z0-9]{6}\d{2})\/?$/i.exec(text.trim())?.[1]
  return id ? `https://ror.org/${id.toLowerCase()}` : undefined
}

function identifierOf({ identifiers }: CitedAgent, wanted: string): string | undefined {
  return identifiers?.find(({ scheme }) => scheme.trim().toLowerCase() === wanted)?.value.trim()
}

/** A text on one line, its ends trimmed; control characters are dropped. */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}
