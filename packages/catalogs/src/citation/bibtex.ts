import { type Citable, type CitedAgent, dateParts } from './citable.ts'
import { citationKey } from './keys.ts'
import { oneLine, personName } from './names.ts'
import { recordNote } from './note.ts'

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** A BibTeX entry (UTF-8). `@misc`, as DataCite writes datasets: every style knows it. */
export function bibtex(citable: Citable, key = citationKey(citable)): string {
  const [year, month] = dateParts(citable.issued ?? '')
  const licence = citable.rights[0]
  const values: [string, string | undefined][] = [
    ['author', citable.creators.map(author).join(' and ') || undefined],
    // The second pair keeps capitals, and an "and" from making two of one.
    ['title', `{${escaped(citable.title)}}`],
    ['year', year?.toString().padStart(4, '0')],
    ['publisher', citable.publisher && `{${escaped(citable.publisher)}}`],
    ['version', citable.version && escaped(citable.version)],
    // Readers take `howpublished` for a publisher.
    ['type', escaped(citable.resourceType)],
    ['doi', citable.doi && escapedUrl(citable.doi)],
    ['url', escapedUrl(citable.url)],
    ['abstract', citable.description && escaped(citable.description)],
    ['keywords', citable.keywords.map(escaped).filter(Boolean).join(', ') || undefined],
    ['language', citable.language && escaped(citable.language)],
    ['copyright', licence && escaped(licence.spdx ?? licence.name ?? licence.uri ?? '')],
    ['note', escaped(recordNote(citable))],
  ]
  const lines = values.flatMap(([name, value]) => (value ? [`  ${name} = {${value}}`] : []))
  if (month && MONTHS[month - 1]) lines.push(`  month = ${MONTHS[month - 1]}`)
  return `@misc{${key},\n${lines.join(',\n')}\n}`
}

function author(agent: CitedAgent): string {
  const person = personName(agent)
  // Braces keep 'European Centre for …' from being split into first and last names.
  if (!person) return `{${escaped(agent.name)}}`
  return [person.family, person.given].flatMap(part => (part ? [namePart(part)] : [])).join(', ')
}

/** A comma, an "and" or a small particle within a part of a name must not divide it. */
function namePart(part: string): string {
  const text = escaped(part)
  return /,|\band\b|(?:^|\s)\p{Ll}/iu.test(part) && !/^[\p{L}.'’-]+(?:\s\p{Lu}[\p{L}.'’-]*)*$/u.test(part)
    ? `{${text}}`
    : text
}

const COMMANDS: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
}

/** Text in which TeX finds nothing to obey; letters stay as they are (UTF-8). */
export function escaped(text: string): string {
  // BibTeX counts braces, also behind a backslash: only those that pair can be written as such.
  const braces = isBalanced(text)
    ? { '{': '\\{', '}': '\\}' }
    : { '{': '\\textbraceleft{}', '}': '\\textbraceright{}' }
  return (
    oneLine(text)
      .replace(/[\\{}~^&%$#_]/g, character => {
        if (character === '{' || character === '}') return braces[character]
        return COMMANDS[character] ?? `\\${character}`
      })
      // TeX joins these into dashes and quotes.
      .replace(/-(?=-)/g, '-{}')
      .replace(/([`'])(?=\1)/g, '$1{}')
      .replace(/([?!])(?=`)/g, '$1{}')
  )
}

function isBalanced(text: string): boolean {
  let open = 0
  for (const character of text) {
    if (character === '{') open += 1
    else if (character === '}') open -= 1
    if (open < 0) return false
  }
  return open === 0
}

function escapedUrl(text: string): string {
  return oneLine(text)
    .replace(/\s/g, '%20')
    .replace(/[{}\\]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}
