/**
 * The query language: words (any of them may match, the best match comes first), `"a phrase"` or `"word"` (must occur so), `-word` and
 * `-"a phrase"` (must not occur), and `field:value` for filters: `format:zarr license:cc-by* author:lovelace year:1990..2020`.
 * `-field:value` leaves datasets with the value out. Everything else is a word, so that a pasted text is no error unless it
 * looks like a field and its value cannot be.
 */
import { edtfRange } from '@frost/lexicon'
import { fold, hashTerm, normaliseValue, term, words } from './analysis.ts'
import type { SearchFilters } from './engine.ts'
import { InvalidQuery, momentOf } from './engine.ts'
import type { QueryPart, RangeField, ValueField } from './query-parts.ts'
import { queryParts, VALUE_FIELDS } from './query-parts.ts'

/** Longest query text, in UTF-16 units. */
export const longestQuery = 4_096
/** Terms beyond this many are ignored: a pasted abstract finds by its beginning. */
const mostTerms = 48
const mostPhrases = 8
const mostValues = 32
/** A pattern begins with this many letters, so that it is looked up rather than tried on every value. */
const leastBeforeStar = 2

export interface QueryTerm {
  /** As indexed. */
  readonly term: string
  readonly hash: number
  /** The folded word as written. */
  readonly word: string
}

/**
 * A value that is asked for. `value`: equal, without regard to case. `pattern`: like it, `*` being any text. `name`: a name that
 * holds all of its words, where `*` ends a word that is only begun.
 */
export interface ValueTest {
  readonly value: string
  readonly by: 'value' | 'pattern' | 'name'
}

/** A range of {@link RangeField}; an end that is absent is open. */
export interface Range {
  readonly from?: number
  readonly until?: number
}

export interface ParsedQuery {
  /** Distinct, in the order written, phrases' terms included. */
  readonly terms: readonly QueryTerm[]
  /** Sequences of terms that must occur side by side. */
  readonly phrases: readonly (readonly QueryTerm[])[]
  /** Sequences that must occur in the title. */
  readonly titles: readonly (readonly QueryTerm[])[]
  readonly excluded: readonly QueryTerm[]
  readonly excludedPhrases: readonly (readonly QueryTerm[])[]
  readonly excludedTitles: readonly (readonly QueryTerm[])[]
  readonly filters: Readonly<Partial<Record<ValueField, readonly ValueTest[]>>>
  readonly excludedValues: Readonly<Partial<Record<ValueField, readonly ValueTest[]>>>
  /** Time covered, in years with a fraction. */
  readonly years: readonly Range[]
  /** Milliseconds since 1970. */
  readonly published: readonly Range[]
}

const toTerm = (word: string): QueryTerm | undefined => {
  const indexed = term(word)
  return indexed ? { term: indexed, hash: hashTerm(indexed), word } : undefined
}

export const toTerms = (text: string): QueryTerm[] => words(text).flatMap(word => toTerm(word) ?? [])

/**
 * Understands a query text.
 * @throws {InvalidQuery} when it is longer than {@link longestQuery}, has more phrases or values than are answered, or a field
 * has a value that cannot be; the message says where, counted in characters from 1
 */
export function parseQuery(text: string): ParsedQuery {
  if (typeof text !== 'string') throw new InvalidQuery('q must be text')
  if (text.length > longestQuery)
    throw new InvalidQuery(`q has ${text.length} characters; shorten it to ${longestQuery} at most`)
  const found = new Map<string, QueryTerm>()
  const sequences = { phrases: [], titles: [], excludedPhrases: [], excludedTitles: [] } as Record<
    'phrases' | 'titles' | 'excludedPhrases' | 'excludedTitles',
    QueryTerm[][]
  >
  const excluded: QueryTerm[] = []
  const filters: Partial<Record<ValueField, ValueTest[]>> = {}
  const excludedValues: Partial<Record<ValueField, ValueTest[]>> = {}
  const ranges: Record<RangeField, Range[]> = { year: [], published: [] }
  for (const part of queryParts(text)) {
    const { field, value, quoted } = part
    if (field === 'year' || field === 'published') ranges[field].push(readRange(part))
    else if (field && field !== 'title') addValue(part.excluded ? excludedValues : filters, field, part)
    else {
      const inside = toTerms(value)
      if (!part.excluded)
        for (const one of inside) if (found.size < mostTerms && !found.has(one.term)) found.set(one.term, one)
      if (inside.length > 0 && field === 'title')
        sequences[part.excluded ? 'excludedTitles' : 'titles'].push(inside)
      else if (quoted && inside.length > (part.excluded ? 1 : 0))
        sequences[part.excluded ? 'excludedPhrases' : 'phrases'].push(inside)
      else if (part.excluded) excluded.push(...inside)
    }
    if (Object.values(sequences).reduce((sum, list) => sum + list.length, 0) > mostPhrases)
      throw wrong(part, `is one phrase more than the ${mostPhrases} that are answered; leave some out`)
  }
  return {
    terms: [...found.values()],
    ...sequences,
    excluded: excluded.slice(0, mostTerms),
    filters,
    excludedValues,
    years: ranges.year,
    published: ranges.published,
  }
}

function wrong({ start, field, value }: QueryPart, why: string): InvalidQuery {
  const shown = `${field ? `${field}:` : ''}${value}`
  return new InvalidQuery(`q, at character ${start + 1}: '${shown.slice(0, 60)}' ${why}`)
}

function addValue(into: Partial<Record<ValueField, ValueTest[]>>, field: ValueField, part: QueryPart): void {
  const isPattern = !part.quoted && part.value.includes('*')
  if (isPattern && field !== 'creator' && normaliseValue(part.value).indexOf('*') < leastBeforeStar)
    throw wrong(
      part,
      `has too little before its *; begin with ${leastBeforeStar} letters at least, such as ${field}:ab*, or put a value that holds * in quotation marks`,
    )
  const values = into[field] ?? []
  into[field] = values
  if (values.length >= mostValues)
    throw wrong(
      part,
      `is one value more than the ${mostValues} of one field that are answered; leave some out`,
    )
  values.push({ value: part.value, by: field === 'creator' ? 'name' : isPattern ? 'pattern' : 'value' })
}

const EXAMPLES = {
  year: 'write year:2001, year:1990..2020, year:1990.., year:<1950 or year:>=2001-06',
  published: 'write published:2024, published:2024-03..2024-06, published:>=2024-05-01 or published:<2020',
} as const

/** `2001`, `1990..2020`, `1990..`, `..1950`, `<1950`, `<=1950`, `>2000`, `>=2001-06`, in ISO 8601 or EDTF. */
function readRange(part: QueryPart): Range {
  const { field, value, excluded } = part as QueryPart & { field: RangeField }
  const refuse = (why: string) => wrong(part, `${why}: ${EXAMPLES[field]}`)
  if (excluded) throw refuse('cannot be excluded')
  const [, sign, compared] = /^([<>]=?)(.*)$/.exec(value) ?? []
  const [first = '', last = first, ...more] = compared === undefined ? value.split('..') : [compared]
  if (more.length > 0 || (first === '' && last === '')) throw refuse('is no time')
  const times = [first, last].map(text => (text === '' ? undefined : edtfRange(text)))
  if ([first, last].some((text, place) => text !== '' && !times[place])) throw refuse('is no time')
  const [low, high] = times
  const range = {
    ...(low && !sign?.startsWith('<') && { from: sign === '>' ? low.end : low.start }),
    ...(high && !sign?.startsWith('>') && { until: sign === '<' ? high.start : high.end }),
  }
  if (range.from !== undefined && range.until !== undefined && range.from > range.until)
    throw refuse('ends before it begins')
  if (field === 'year') return range
  return {
    ...(range.from !== undefined && { from: momentOf(range.from) }),
    ...(range.until !== undefined && { until: momentOf(range.until) }),
  }
}

export interface ValueGroup {
  readonly field: ValueField
  /** Alternatives. */
  readonly values: readonly ValueTest[]
  /** A dataset with one of the values does not pass. */
  readonly excluded: boolean
}

/** The filters of the request and those written in its query text together: both must hold where both name a field. */
export function valueGroups(filters: SearchFilters, query: ParsedQuery): ValueGroup[] {
  const groups: ValueGroup[] = []
  for (const field of VALUE_FIELDS) {
    const asked = filters[field]
    if (asked && asked.length > 0)
      groups.push({ field, values: asked.map(value => ({ value, by: 'value' })), excluded: false })
    for (const [written, excluded] of [
      [query.filters[field], false],
      [query.excludedValues[field], true],
    ] as const)
      if (written) groups.push({ field, values: accountsIn(field, written, filters), excluded })
  }
  return groups
}

/** Publishers are written by name or handle; whoever asks has looked up which accounts are meant. */
function accountsIn(
  field: ValueField,
  values: readonly ValueTest[],
  { accounts }: SearchFilters,
): readonly ValueTest[] {
  if (field !== 'publisher') return values
  return values.flatMap(test => {
    const dids = accounts?.get(test.value)
    return dids ? dids.map(value => ({ value, by: 'value' as const })) : [test]
  })
}

/** Whether a value that a dataset holds is what is asked for. */
export function valueMatches({ value, by }: ValueTest, held: string): boolean {
  if (by === 'value') return normaliseValue(held) === normaliseValue(value)
  if (by === 'pattern') return likePattern(value).test(normaliseValue(held))
  const names = words(held)
  const asked = nameWords(value)
  return (
    asked.length > 0 &&
    asked.every(({ word, isStart }) => names.some(name => (isStart ? name.startsWith(word) : name === word)))
  )
}

/** The pattern as a regular expression over normalised values. */
export function likePattern(pattern: string): RegExp {
  const parts = normaliseValue(pattern).split(/\*+/)
  return new RegExp(`^${parts.map(part => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('.*')}$`, 'su')
}

/** The words of a name that is looked for. `Love* Ada` → love, where it begins a word, and ada. */
export function nameWords(name: string): { word: string; isStart: boolean }[] {
  return name.split(/\s+/).flatMap(part => {
    const found = words(part)
    return found.map((word, place) => ({ word, isStart: part.endsWith('*') && place === found.length - 1 }))
  })
}

/** The unfinished last word of a prefix and the words before it, folded. `Sea Surf` → `{ before: ['sea'], last: 'surf' }`. */
export function splitPrefix(prefix: string): { before: string[]; last: string } {
  const all = words(prefix.slice(0, 256))
  if (/[\p{L}\p{N}]$/u.test(fold(prefix))) return { before: all.slice(0, -1), last: all.at(-1) ?? '' }
  return { before: all, last: '' }
}
