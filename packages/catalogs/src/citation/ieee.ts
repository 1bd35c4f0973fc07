import { type Citable, type CitedAgent, dateParts } from './citable.ts'
import { initials, personName } from './names.ts'
import { listed, monthName, nameOf, pinnedEnd, publisherOf, titleOf, versionOf } from './text.ts'

/** A reference in the style of the IEEE (Reference Guide, data sets), without its number, as plain text. */
export function ieee(citable: Citable): string {
  const [year, month, day] = dateParts(citable.issued ?? '')
  const date = [ieeeMonth(month), day && `${day},`, year].filter(Boolean).join(' ')
  const version = versionOf(citable)
  const place = citable.doi ? `doi: ${citable.doi}` : `[Online]. Available: ${citable.url}`
  const facts = [
    publisherOf(citable),
    version && `ver. ${version}`,
    // A month without a day needs no comma.
    date,
  ].filter(Boolean)
  const authors = authorList(citable.creators)
  const head = `${authors ? `${authors}, ` : ''}“${titleOf(citable)},”`
  // An address ends without a full stop, since it would be taken for a part of it.
  const end = citable.doi ? '.' : ''
  return `${[`${head} ${facts.join(', ')}`.trimEnd(), place].join(citable.doi ? ', ' : '. ')}${end}${pinnedEnd(citable)}`
}

/** IEEE shortens the months of more than four letters; June and July stay. */
function ieeeMonth(month: number | undefined): string | undefined {
  const name = monthName(month)
  if (!name || name.length <= 4) return name
  return `${name === 'September' ? 'Sept' : name.slice(0, 3)}.`
}

/** Initials before the family name; of more than six, the first. */
function authorList(creators: readonly CitedAgent[]): string {
  const names = creators.map(agent => {
    const person = personName(agent)
    if (!person) return nameOf(agent)
    return [initials(person.given), person.family].filter(Boolean).join(' ')
  })
  return names.length > 6 ? `${names[0]} et al.` : listed(names, { two: ' and ', last: ', and ' })
}
