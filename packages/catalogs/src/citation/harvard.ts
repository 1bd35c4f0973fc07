import { type Citable, type CitedAgent, dateParts } from './citable.ts'
import { initials, personName } from './names.ts'
import { ended, kindOf, listed, nameOf, pinnedEnd, publisherOf, titleOf, versionOf } from './text.ts'

/** A reference in the Harvard style of “Cite Them Right” (12th edition, data sets), as plain text. */
export function harvard(citable: Citable): string {
  const year = dateParts(citable.issued ?? '')[0]?.toString() ?? 'no date'
  const authors = authorList(citable.creators)
  const version = versionOf(citable)
  const title = `‘${titleOf(citable)}’`
  const kind = `${version ? `(Version ${version}) ` : ''}[${kindOf(citable, 'Dataset')}].`
  const publisher = publisherOf(citable)
  return [
    ...(authors ? [`${authors} (${year}) ${title}`] : [`${title} (${year})`]),
    kind,
    publisher && ended(publisher),
    `Available at: ${citable.url}.${pinnedEnd(citable)}`,
  ]
    .filter(Boolean)
    .join(' ')
}

/** Of four or more, the first. */
function authorList(creators: readonly CitedAgent[]): string {
  const names = creators.map(agent => {
    const person = personName(agent)
    if (!person) return nameOf(agent)
    const given = initials(person.given, { gap: '' })
    return given ? `${person.family}, ${given}` : person.family
  })
  return names.length > 3 ? `${names[0]} et al.` : listed(names, { two: ' and ', last: ' and ' })
}
