import type { Citable, CitedAgent } from './citable.ts'
import { oneLine } from './names.ts'

/** What the styles of plain text have in common. */

/** Closed with a full stop where it does not close itself. */
export function ended(text: string): string {
  return /[.?!…]$/.test(text) ? text : `${text}.`
}

/** The title on one line, without the full stop that the styles write themselves. */
export function titleOf({ title }: Citable): string {
  return oneLine(title).replace(/\.$/, '')
}

/** `v1.2` as `1.2`, for styles that write the word `Version` themselves. */
export function versionOf({ version }: Citable): string | undefined {
  return version && oneLine(version).replace(/^v(?:ersion)?[\s.]*(?=\d)/i, '')
}

/** `Data set`, or the kind of work in the words of its record: `Collection`, `Data paper`. */
export function kindOf({ resourceType }: Citable, dataset = 'Data set'): string {
  if (resourceType === 'Dataset') return dataset
  const words = oneLine(resourceType).replace(
    /(\p{Ll})(\p{Lu})/gu,
    (_, end, start) => `${end} ${start.toLowerCase()}`,
  )
  return words || dataset
}

/** The publisher, unless it is the only author and named already. */
export function publisherOf({ publisher, creators }: Citable): string | undefined {
  const name = publisher && oneLine(publisher)
  return name && !(creators.length === 1 && oneLine(creators[0]!.name) === name) ? name : undefined
}

/** Names one after another: `A, B, and C`; `joiner` stands before the last. */
export function listed(
  names: readonly string[],
  joiner: { two: string; last: string; between?: string },
): string {
  const { two, last, between = ', ' } = joiner
  if (names.length <= 2) return names.join(two)
  return `${names.slice(0, -1).join(between)}${last}${names.at(-1)}`
}

export const nameOf = (agent: CitedAgent): string => oneLine(agent.name)

/** What pins the cited state: the at-uri, which holds whatever becomes of handles and hosts, and the CID. */
export function pinnedState({ uri, cid }: Citable): string | undefined {
  return cid && `${uri}, CID ${cid}`
}

/** The same as the end of a reference, in brackets. */
export function pinnedEnd(citable: Citable): string {
  const state = pinnedState(citable)
  return state ? ` [${state}]` : ''
}

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** The English name of a month, 1 to 12; undefined for other numbers. */
export function monthName(month: number | undefined): string | undefined {
  return month === undefined ? undefined : MONTHS[month - 1]
}
