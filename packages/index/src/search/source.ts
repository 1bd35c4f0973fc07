/** What a segment must answer. Search has one or several and merges what they say. */
import type { Area } from './area.ts'
import { envelopeCondition, unwrap } from './boxes.ts'
import type { Box } from './engine.ts'
import type { Range } from './query.ts'
import type { TagCounter } from './tag-counter.ts'

export interface TextQuery {
  /** At least one must occur; hashes of terms, as are the others. */
  readonly any: readonly number[]
  /** All must occur. */
  readonly all: readonly number[]
  readonly none: readonly number[]
}

/** Filters with their values looked up. */
export interface ResolvedFilter {
  /** A document must carry a tag of every group. An empty group matches nothing. */
  readonly groups: readonly (readonly number[])[]
  /** A document must carry none of these tags. */
  readonly without: readonly number[]
  readonly bbox?: Box
  readonly polygon?: Area
  /** Time covered must overlap every one. */
  readonly years: readonly Range[]
  /** Creation must lie in every one; milliseconds since 1970. */
  readonly published: readonly Range[]
}

export interface Candidate {
  readonly id: number
  /** BM25, or the key of the order. Higher comes first. */
  readonly score: number
}

export interface Candidates {
  /** By score descending. */
  readonly list: readonly Candidate[]
  /** There may be more with scores up to the last one's. */
  readonly truncated: boolean
}

export type BrowseOrder = 'newest' | 'most-used'

/** Several boxes are one envelope in a segment: whoever asks checks the candidates that a box filter lets through. */
export interface Source {
  /** The best by BM25; which of equal scores come last within the limit is left open. */
  match(query: TextQuery, filter: ResolvedFilter, limit: number): Promise<Candidates>
  /** By key descending, then id descending, after a position. */
  browse(
    filter: ResolvedFilter,
    order: BrowseOrder,
    after: Candidate | undefined,
    limit: number,
  ): Promise<Candidates>
  /**
   * Counts the tags of the documents that are of the kinds (a bit for each).
   * @returns the ids of documents that it knows nothing of
   */
  countTags(ids: readonly number[], kinds: number, counter: TagCounter): readonly number[]
  /** Number of rows that pass, those included whose envelope alone meets the box. */
  count(filter: ResolvedFilter): Promise<number>
}

export const hasRanges = ({ bbox, polygon, years, published }: ResolvedFilter): boolean =>
  bbox !== undefined || polygon !== undefined || years.length + published.length > 0

export const isUnfiltered = (filter: ResolvedFilter): boolean =>
  filter.groups.length + filter.without.length === 0 && !hasRanges(filter)

/**
 * The range filters as SQL over columns of the documents. A polygon is its envelope here.
 * @param table prefix of the columns
 */
export function rangeConditions({ bbox, polygon, years, published }: ResolvedFilter, table = ''): string[] {
  const conditions: string[] = []
  if (bbox) conditions.push(envelopeCondition(unwrap(bbox)))
  if (polygon) conditions.push(envelopeCondition(polygon.envelope))
  const number = (value: number) => Math.max(-1e16, Math.min(1e16, value))
  for (const { from, until } of years) {
    if (until !== undefined) conditions.push(`${table}from_year <= ${number(until)}`)
    if (from !== undefined) conditions.push(`${table}until_year >= ${number(from)}`)
  }
  for (const { from, until } of published) {
    if (from !== undefined) conditions.push(`${table}created_at >= ${number(from)}`)
    if (until !== undefined) conditions.push(`${table}created_at <= ${number(until)}`)
  }
  return conditions
}
