import type { Citable } from '@frost/catalogs/citation/index'
import { oneLine, personName } from '@frost/catalogs/citation/names'

/** What reading back must give, and the differences that say nothing. */

/** Quotes of any kind, in any number, as one: TeX and CSL pair them by rules of their own. */
export const straight = (text: string): string => text.replace(/[‘’`´'"“”]+/g, "'")

/** One line, quotes straight. */
export const folded = (text: string): string => straight(oneLine(text))

/** As bibutils reads TeX: it makes dashes of hyphens, and its circumflex and primes are others of Unicode's. */
export const foldedByBibutils = (text: string): string =>
  folded(text).replace(/[–—]/g, '-').replace(/-+/g, '-').replace(/⌃/g, '^')

/** `Family, Given`, or an institution as it is called. */
export function authorNames({ creators }: Citable): string[] {
  return creators.map(agent => {
    const person = personName(agent)
    return person ? [person.family, person.given].filter(Boolean).join(', ') : oneLine(agent.name)
  })
}

/** The names that are not to be divided. */
export function institutionsAmong(citables: readonly Citable[]): string[] {
  const all = citables.flatMap(({ creators }) => creators.filter(agent => !personName(agent)))
  return [...new Set(all.map(({ name }) => oneLine(name)))]
}
