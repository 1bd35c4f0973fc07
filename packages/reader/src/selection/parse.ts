/**
 * Selections of arrays as text:
 *
 *     selection := term *("," term)
 *     term      := name "=" range          name: a dimension, a coordinate, or lat, lon, time, level, x, y by role;
 *                                          `var=NAME` chooses a variable and may be repeated
 *     range     := value                   the nearest value; all of a partial date (time=2020-03 is that month)
 *                | [value] ":" [value] [":" step]      both ends included; step in indices
 *                | "#" index               one index, from 0; negative ones count from the end
 *                | "#" [index] ":" [["#"] index] [":" step]     end excluded, as in NumPy
 *     value     := number | ISO 8601 date or time | text | quoted text ("…" or '…', a doubled quote is one)
 *
 * Times of day hold colons: `2020-01-01T06:00:2020-01-02T06:00` is read as two times. Quote what is ambiguous.
 */
import { ReaderError } from '../errors.ts'

export interface Term {
  readonly name: string
  readonly range: TermRange
}

export type TermRange =
  | { readonly by: 'value'; readonly only: string }
  | { readonly by: 'values'; readonly from?: string; readonly to?: string; readonly step: number }
  | { readonly by: 'index'; readonly only: number }
  | { readonly by: 'indices'; readonly from?: number; readonly to?: number; readonly step: number }

export interface ParsedSelection {
  readonly variables: readonly string[]
  readonly terms: readonly Term[]
}

const LONGEST = 10_000

/** @throws {ReaderError} `InvalidSelection` with the term and what it lacks. */
export function parseSelection(text: string): ParsedSelection {
  if (text.length > LONGEST)
    throw invalid(text.slice(0, 40), `is ${text.length} characters long, at most ${LONGEST} are read`)
  const variables: string[] = []
  const terms: Term[] = []
  for (const part of split(text, ',')) {
    const term = part.trim()
    if (term === '') continue
    const at = unquotedIndex(term, '=')
    if (at < 1) throw invalid(term, 'has no name before "=": write such as lat=10:20 or time=#0')
    const name = unquote(term.slice(0, at).trim())
    const value = term.slice(at + 1).trim()
    if (value === '') throw invalid(term, 'has nothing after "="')
    if (name === 'var') variables.push(unquote(value))
    else if (terms.some(other => other.name === name)) throw invalid(term, `names '${name}' a second time`)
    else terms.push({ name, range: parseRange(term, value) })
  }
  return { variables, terms }
}

function parseRange(term: string, value: string): TermRange {
  const byIndex = value.startsWith('#')
  const parts = splitRange(value)
  if (parts.length > 3) throw invalid(term, 'has more than start:end:step; quote times of day')
  const [first = '', second, third] = parts
  if (byIndex) {
    if (second === undefined) return { by: 'index', only: integer(term, first.slice(1)) }
    return {
      by: 'indices',
      ...optional('from', first.slice(1), text => integer(term, text)),
      ...optional('to', second.replace(/^#/, ''), text => integer(term, text)),
      step: stepOf(term, third),
    }
  }
  if (second === undefined) return { by: 'value', only: unquote(first) }
  if (second.startsWith('#')) throw invalid(term, 'mixes a value and an index: write #start:end')
  return {
    by: 'values',
    ...optional('from', first, unquote),
    ...optional('to', second, unquote),
    step: stepOf(term, third),
  }
}

function optional<K extends string, T>(
  key: K,
  text: string,
  read: (text: string) => T,
): { readonly [P in K]?: T } {
  return text.trim() === '' ? {} : ({ [key]: read(text.trim()) } as { readonly [P in K]?: T })
}

function stepOf(term: string, text: string | undefined): number {
  if (text === undefined || text.trim() === '') return 1
  const step = integer(term, text.replace(/^#/, ''))
  if (step < 1)
    throw invalid(term, `has the step ${step}: steps are 1 or more; the order of the data is kept`)
  return step
}

function integer(term: string, text: string): number {
  const number = /^[+-]?\d+$/.test(text.trim()) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(number))
    throw invalid(term, `has '${text}' where an index or a step, a whole number, belongs`)
  return number
}

/** A time of day keeps its colons: hours, then minutes and seconds of exactly two digits. */
const CLOCK =
  /^[+-]?\d{1,6}-\d{1,2}-\d{1,2}[T ]\d{1,2}(?::\d{2}(?!\d|-)(?::\d{2}(?!\d|-)(?:\.\d+)?)?)?(?:Z|[+-]\d{2}:?\d{2})?/i

function splitRange(text: string): string[] {
  const parts: string[] = []
  let rest = text
  for (;;) {
    const clock = CLOCK.exec(rest.trimStart())
    const skip = clock === null ? 0 : clock[0].length + rest.length - rest.trimStart().length
    const at = unquotedIndex(rest.slice(skip), ':')
    if (at < 0) return [...parts, rest.trim()]
    parts.push(rest.slice(0, skip + at).trim())
    rest = rest.slice(skip + at + 1)
  }
}

/** Splits where the separator stands outside quotes. */
export function split(text: string, separator: string): string[] {
  const parts: string[] = []
  let rest = text
  for (;;) {
    const at = unquotedIndex(rest, separator)
    if (at < 0) return [...parts, rest]
    parts.push(rest.slice(0, at))
    rest = rest.slice(at + 1)
  }
}

function unquotedIndex(text: string, wanted: string): number {
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (quote !== '') {
      if (char !== quote) continue
      // Doubled, it stands for itself.
      if (text[at + 1] === quote) at++
      else quote = ''
    } else if (char === wanted) return at
    else if ((char === '"' || char === "'") && /(^|[=:,\s])$/.test(text.slice(0, at))) quote = char
  }
  return -1
}

function unquote(text: string): string {
  const quote = text[0]
  if ((quote !== '"' && quote !== "'") || text.length < 2 || !text.endsWith(quote)) return text
  return text.slice(1, -1).replaceAll(quote + quote, quote)
}

function invalid(term: string, problem: string): ReaderError {
  return new ReaderError('InvalidSelection', `selection '${term}' ${problem}`, { term })
}
