import { type Citable, type CitedAgent, dateParts } from './citable.ts'
import { oneLine, personName } from './names.ts'
import { ended, kindOf, listed, nameOf, pinnedEnd, titleOf, versionOf } from './text.ts'

/** A reference in Chicago's author-date style (Manual of Style, 17th edition, 14.257 and 15.5), as plain text. */
export function chicago(citable: Citable): string {
  const year = dateParts(citable.issued ?? '')[0]?.toString() ?? 'n.d.'
  const authors = authorList(citable.creators)
  const version = versionOf(citable)
  const publisher = citable.publisher && oneLine(citable.publisher)
  const title = `“${titleOf(citable)}.”`
  return [
    ...(authors ? [ended(authors), `${year}.`, title] : [title, `${year}.`]),
    version && `Version ${ended(version)}`,
    `${kindOf(citable)}.`,
    publisher && ended(publisher),
    `${citable.url}.${pinnedEnd(citable)}`,
  ]
    .filter(Boolean)
    .join(' ')
}

/** The first name inverted, the others as they are spoken; of more than ten, the first seven. */
function authorList(creators: readonly CitedAgent[]): string {
  const names = creators.map((agent, place) => {
    const person = personName(agent)
    if (!person) return nameOf(agent)
    if (!person.given) return person.family
    return place === 0 ? `${person.family}, ${person.given}` : `${person.given} ${person.family}`
  })
  if (names.length > 10) return `${names.slice(0, 7).join(', ')}, et al.`
  return listed(names, { two: ', and ', last: ', and ' })
}
