import { type Citable, type CitedAgent, dateParts } from './citable.ts'
import { initials, personName } from './names.ts'
import { ended, kindOf, nameOf, pinnedEnd, publisherOf, titleOf, versionOf } from './text.ts'

/** A reference in the style of the APA, 7th edition (section 10.9, data sets), as plain text. */
export function apa(citable: Citable): string {
  const year = dateParts(citable.issued ?? '')[0]?.toString() ?? 'n.d.'
  const version = versionOf(citable)
  const title = `${titleOf(citable)}${version ? ` (Version ${version})` : ''} [${kindOf(citable)}].`
  const authors = authorList(citable.creators)
  // Where author and publisher are the same, the publisher is left out.
  const publisher = publisherOf(citable)
  const place = `${publisher ? ` ${ended(publisher)}` : ''} ${citable.url}${pinnedEnd(citable)}`
  return authors ? `${ended(authors)} (${year}). ${title}${place}` : `${title} (${year}).${place}`
}

function authorList(creators: readonly CitedAgent[]): string {
  const names = creators.map(author)
  if (names.length <= 1) return names[0] ?? ''
  // Up to twenty are named; of more, the first nineteen and the last.
  if (names.length > 20) return `${names.slice(0, 19).join(', ')}, … ${names.at(-1)}`
  return `${names.slice(0, -1).join(', ')}, & ${names.at(-1)}`
}

function author(agent: CitedAgent): string {
  const person = personName(agent)
  if (!person) return nameOf(agent)
  const given = initials(person.given)
  return given ? `${person.family}, ${given}` : person.family
}
