/**
 * The query language: words (any of them may match, the best match comes first), `"a phrase"` (must occur so), `-word` and
 * `-"a phrase"` (must not occur), and `field:value` or `field:"a value"` for the filters. Everything else is a word, so that
 * no text that a person pastes is an error.
 */
import { fold, hashTerm, term, words } from './analysis.ts'
import type { SearchFilters } from './engine.ts'
import { InvalidQuery } from './engine.ts'

/** Longest query text, in UTF-16 units. */
export const longestQuery = 4_096
/** Terms beyond this many are ignored: a pasted abstract finds by its beginning. */
const mostTerms = 48
const mostPhrases = 8
const mostValues = 32

const fieldNames = {
  format: 'format',
  license: 'license',
  licence: 'license',
  model: 'model',
  keyword: 'keyword',
  subject: 'keyword',
  variable: 'variable',
  column: 'variable',
  publisher: 'publisher',
} as const satisfies Record<string, ValueFilter>

export type ValueFilter = 'format' | 'license' | 'model' | 'keyword' | 'variable' | 'publisher'

export interface QueryTerm {
  /** As indexed. */
  readonly term: string
  readonly hash: number
  /** The folded word as written. */
  readonly word: string
}

export interface ParsedQuery {
  /** Distinct, in the order written, phrases' terms included. */
  readonly terms: readonly QueryTerm[]
  /** Sequences of terms that must occur side by side. */
  readonly phrases: readonly (readonly QueryTerm[])[]
  readonly excluded: readonly QueryTerm[]
  readonly excludedPhrases: readonly (readonly QueryTerm[])[]
  readonly filters: Readonly<Partial<Record<ValueFilter, readonly string[]>>>
}

const part = /(-?)(?:([A-Za-z]+):)?(?:"([^"]*)"?|(\S+))/gu

const toTerm = (word: string): QueryTerm | undefined => {
  const indexed = term(word)
  return indexed ? { term: indexed, hash: hashTerm(indexed), word } : undefined
}

const toTerms = (text: string) => words(text).flatMap(word => toTerm(word) ?? [])

/**
 * Understands a query text.
 * @throws {InvalidQuery} when it is longer than {@link longestQuery}, or has more phrases or values than are answered
 */
export function parseQuery(text: string): ParsedQuery {
  if (typeof text !== 'string') throw new InvalidQuery('q must be text')
  if (text.length > longestQuery)
    throw new InvalidQuery(`q has ${text.length} characters; shorten it to ${longestQuery} at most`)
  const found = new Map<string, QueryTerm>()
  const phrases: QueryTerm[][] = []
  const excluded: QueryTerm[] = []
  const excludedPhrases: QueryTerm[][] = []
  const filters: Partial<Record<ValueFilter, string[]>> = {}
  const add = (one: QueryTerm) => {
    if (found.size < mostTerms && !found.has(one.term)) found.set(one.term, one)
  }
  for (const match of text.matchAll(part)) {
    const [, minus, name, quoted, bare] = match
    const field =
      name && Object.hasOwn(fieldNames, name.toLowerCase())
        ? fieldNames[name.toLowerCase() as keyof typeof fieldNames]
        : undefined
    const value = quoted ?? bare ?? ''
    if (field && !minus && value.trim()) {
      const values = filters[field] ?? []
      filters[field] = values
      if (values.length >= mostValues)
        throw new InvalidQuery(`q has more than ${mostValues} values for ${field}:`)
      values.push(value.trim())
      continue
    }
    const written = name && !field ? `${name} ${value}` : value
    const inside = toTerms(written)
    if (minus) {
      if (quoted !== undefined && inside.length > 1) excludedPhrases.push(inside)
      else excluded.push(...inside)
    } else {
      if (quoted !== undefined && inside.length > 1) phrases.push(inside)
      for (const one of inside) add(one)
    }
    if (phrases.length + excludedPhrases.length > mostPhrases)
      throw new InvalidQuery(`q has more than ${mostPhrases} quoted phrases`)
  }
  return {
    terms: [...found.values()],
    phrases,
    excluded: excluded.slice(0, mostTerms),
    excludedPhrases,
    filters,
  }
}

/** The filters of the request and those written in its query text together: both must hold where both name a field. */
export function valueFilters(filters: SearchFilters, query: ParsedQuery): [ValueFilter, readonly string[]][] {
  const groups: [ValueFilter, readonly string[]][] = []
  for (const name of ['format', 'license', 'model', 'keyword', 'variable', 'publisher'] as const) {
    const asked = filters[name]
    if (asked && asked.length > 0) groups.push([name, asked])
    const written = query.filters[name]
    if (written && written.length > 0) groups.push([name, written])
  }
  return groups
}

/** The unfinished last word of a prefix and the words before it, folded. `Sea Surf` → `{ before: ['sea'], last: 'surf' }`. */
export function splitPrefix(prefix: string): { before: string[]; last: string } {
  const all = words(prefix.slice(0, 256))
  if (/[\p{L}\p{N}]$/u.test(fold(prefix))) return { before: all.slice(0, -1), last: all.at(-1) ?? '' }
  return { before: all, last: '' }
}
