/** What a full-text table must answer. An engine has one or several and merges what they say. */
import { boxCondition } from './boxes.ts'
import type { Box } from './engine.ts'

export interface TextQuery {
  /** At least one must occur; analysed terms. */
  readonly any: readonly string[]
  /** All must occur. */
  readonly all: readonly string[]
  readonly none: readonly string[]
}

/** Filters with their values looked up. */
export interface ResolvedFilter {
  /** A document must carry a tag of every group. An empty group matches nothing. */
  readonly groups: readonly (readonly number[])[]
  readonly bbox?: Box
  readonly from?: number
  readonly until?: number
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

/** Several boxes are one envelope in the tables: whoever asks checks the candidates that a box filter lets through. */
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
  /** Number of rows that pass, those included that are masked or whose envelope alone meets the box. */
  count(filter: ResolvedFilter): Promise<number>
}

/** The range filters as SQL that both engines understand. */
export function rangeConditions(filter: ResolvedFilter, from: string, until: string): string[] {
  const conditions: string[] = []
  if (filter.bbox) conditions.push(boxCondition(filter.bbox))
  if (filter.until !== undefined) conditions.push(`${from} <= ${filter.until}`)
  if (filter.from !== undefined) conditions.push(`${until} >= ${filter.from}`)
  return conditions
}
