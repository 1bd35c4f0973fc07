import { type Citable, type CitedAgent, dateParts } from './citable.ts'
import { initials, personName } from './names.ts'
import { ended, kindOf, monthName, nameOf, pinnedEnd, publisherOf, titleOf, versionOf } from './text.ts'

/** A reference in the Vancouver style (NLM, Citing Medicine, chapter 20, databases and data sets), as plain text. */
export function vancouver(citable: Citable): string {
  const [year, month, day] = dateParts(citable.issued ?? '')
  const date = [year ?? '[date unknown]', monthName(month)?.slice(0, 3), day].filter(Boolean).join(' ')
  const authors = authorList(citable.creators)
  const version = versionOf(citable)
  // Author and publisher are both named, even where they are the same.
  const publisher = publisherOf(citable) ?? citable.publisher ?? '[publisher unknown]'
  return [
    authors && ended(authors),
    `${titleOf(citable)} [${kindOf(citable, 'dataset')}].`,
    version && `Version ${ended(version)}`,
    `${publisher}; ${date}.`,
    `Available from: ${citable.url}${pinnedEnd(citable)}`,
  ]
    .filter(Boolean)
    .join(' ')
}

/** Initials without stops or gaps; of more than six, the first six. */
function authorList(creators: readonly CitedAgent[]): string {
  const names = creators.map(agent => {
    const person = personName(agent)
    if (!person) return nameOf(agent)
    return [person.family, initials(person.given, { dot: '', gap: '' }).slice(0, 4)].filter(Boolean).join(' ')
  })
  const kept = names.length > 6 ? [...names.slice(0, 6), 'et al'] : names
  // Institutions hold commas; between them stands a semicolon.
  return kept.join(creators.some(agent => !personName(agent)) ? '; ' : ', ')
}
