import type { LexMap } from '@atproto/lex'
import { recordHints } from '@frost/lexicon'
import { isObject, listOf, textOf } from './values.ts'

/** What would make a record better for those who find it; the most useful first. */
export function adviceFor(record: LexMap): string[] {
  const { rights, description, creators, distributions, models, coverage } = record
  const isOpen = !isObject(record.access) || record.access.level === 'open'
  return [
    ...(listOf(rights).length === 0 ? ['Say under which licence it is: without one nobody may use it.'] : []),
    ...(textOf(description).length < 80
      ? ['Describe it in a few sentences: how it was made, what it is good for and what it is not.']
      : []),
    ...(listOf(creators).length === 0 ? ['Name who made it: a citation needs somebody to credit.'] : []),
    ...(listOf(distributions).length === 0 && isOpen ? ['Say where the data lies.'] : []),
    ...(listOf(models).length === 0 ? ['Name its variables or columns: people search for them.'] : []),
    ...(isObject(coverage) ? [] : ['Say which place and time it covers: people search by them.']),
    ...recordHints(record),
  ]
}
