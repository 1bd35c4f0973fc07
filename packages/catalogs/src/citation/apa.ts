import { type Citable, type CitedAgent, dateParts, personName } from './citable.ts'

/** A reference in the style of the APA, 7th edition (section 10.9, data sets), as plain text. */
export function apa(citable: Citable): string {
  const year = dateParts(citable.issued ?? '')[0]?.toString() ?? 'n.d.'
  const version = citable.version ? ` (Version ${citable.version.replace(/^v(?=\d)/i, '')})` : ''
  const authors = authorList(citable.creators)
  const kind = citable.resourceType === 'Dataset' ? 'Data set' : citable.resourceType
  const title = `${citable.title.replace(/\s+/g, ' ').replace(/\.$/, '')}${version} [${kind}].`
  // Where author and publisher are the same, the publisher is left out.
  const publisher =
    citable.publisher && citable.publisher !== citable.creators[0]?.name ? ` ${ended(citable.publisher)}` : ''
  return authors
    ? `${ended(authors)} (${year}). ${title}${publisher} ${citable.url}`
    : `${title} (${year}).${publisher} ${citable.url}`
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
  if (!person) return agent.name
  const initials = (person.given ?? '')
    .split(/[\s.]+/)
    .filter(Boolean)
    .map(part =>
      part
        .split('-')
        .map(piece => `${[...piece][0]}.`)
        .join('-'),
    )
    .join(' ')
  return initials ? `${person.family}, ${initials}` : person.family
}

function ended(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`
}
