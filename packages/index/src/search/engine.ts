/**
 * What the search of an index offers. Search is derived state: it is fed from the update log, remembers how far
 * it has read (its watermark), and may be deleted and made anew at any time.
 */
import type { Area } from './area.ts'

/** A rectangle in degrees of WGS 84. `west > east` crosses the anti-meridian. */
export interface Box {
  readonly west: number
  readonly south: number
  readonly east: number
  readonly north: number
}

/** What search knows of one dataset. Text fields are as written; the engine analyses them. */
export interface SearchDocument {
  readonly uri: string
  /** The account whose repository holds the record. */
  readonly did: string
  readonly title: string
  /** The record key taken apart into words: `noaa-mur-sst` → `noaa mur sst`. */
  readonly slugWords: string
  readonly subjects: readonly string[]
  readonly creators: readonly string[]
  /** The publisher's name. */
  readonly publisher: string
  readonly distributionTitles: readonly string[]
  /** Names, standard names and long names of variables and columns. They are also the values of the filter `variable`. */
  readonly variables: readonly string[]
  readonly description: string
  readonly formats: readonly string[]
  /** SPDX identifiers, or names where there is none. */
  readonly licenses: readonly string[]
  readonly models: readonly ('array' | 'table' | 'file' | (string & {}))[]
  /** Normalised to lower case. */
  readonly keywords: readonly string[]
  /** Kinds of offers that stand: any, free, paid, and how one pays. */
  readonly offers?: readonly string[]
  /** Levels of access to the data, one unless its copies differ. */
  readonly access?: readonly string[]
  /** The DID that the filter and facet `publisher` mean; usually equal to `did`. */
  readonly publisherId: string
  readonly boxes: readonly Box[]
  /** Start of the time covered, in years with a fraction (see {@link yearOf}). Absent: unknown. */
  readonly from?: number
  /** End of the time covered; `Infinity` while it goes on. Absent with `from` present: unknown, taken as open. */
  readonly until?: number
  /** Milliseconds since 1970, capped at first sight. */
  readonly createdAt: number
  /** How often others build on it; orders `most-used`. */
  readonly used: number
}

/** Values of one filter are alternatives; different filters must all hold. Values compare without regard to case. */
export interface SearchFilters {
  /** Query text in the language of `query.ts`. */
  readonly q?: string
  readonly format?: readonly string[]
  readonly license?: readonly string[]
  readonly model?: readonly string[]
  readonly keyword?: readonly string[]
  readonly variable?: readonly string[]
  /** DIDs. */
  readonly publisher?: readonly string[]
  /** Names of people and organisations that made the dataset; a dataset must have one whose name holds all words of a value. */
  readonly creator?: readonly string[]
  /** Kinds of offers. */
  readonly offer?: readonly string[]
  /** Levels of access. */
  readonly access?: readonly string[]
  /** DIDs that are meant by a value of `publisher:` in the query text. */
  readonly accounts?: ReadonlyMap<string, readonly string[]>
  /** Datasets with a box that meets this one. */
  readonly bbox?: Box
  /** Datasets with a box that meets this area. */
  readonly polygon?: Area
  /** Datasets whose time overlaps [from, until], both inclusive, in years with a fraction. */
  readonly from?: number
  readonly until?: number
}

export type SearchSort = 'relevance' | 'newest' | 'most-used'

export const facetNames = [
  'format',
  'license',
  'model',
  'keyword',
  'publisher',
  'variable',
  'creator',
  'offer',
  'access',
] as const
export type FacetName = (typeof facetNames)[number]

/** A dataset's values of a facet, as written. */
export function facetValues(document: SearchDocument, name: FacetName): readonly string[] {
  switch (name) {
    case 'format':
      return document.formats
    case 'license':
      return document.licenses
    case 'model':
      return document.models
    case 'keyword':
      return document.keywords
    case 'variable':
      return document.variables
    case 'publisher':
      return [document.publisherId]
    case 'creator':
      return document.creators
    case 'offer':
      return document.offers ?? []
    case 'access':
      return document.access ?? []
  }
}

export interface SearchBatch {
  /** The last one of several with the same uri counts. */
  readonly upserts: readonly SearchDocument[]
  /** URIs; unknown ones are ignored. A uri in both lists is upserted. */
  readonly deletes: readonly string[]
  /** The seq of the update log up to which this batch brings search. */
  readonly watermark: number
}

export interface SearchRequest extends SearchFilters {
  /** Default: `relevance` with query words, otherwise `newest`. Without words `relevance` means `newest`. */
  readonly sort?: SearchSort
  /** 1 to 100. */
  readonly limit: number
  /** As answered before, for the same filters and sort. */
  readonly cursor?: string
}

export interface SearchHit {
  readonly uri: string
  /** Of the order asked for: relevance, milliseconds of creation, or uses. */
  readonly score: number
}

export interface SearchPage {
  readonly hits: readonly SearchHit[]
  /** Exact up to {@link countingLimit}; beyond, an estimate. */
  readonly total: number
  readonly totalIsExact: boolean
  /** Absent on the last page. */
  readonly cursor?: string
}

export interface FacetOptions {
  /** Most values of each facet, default 20, at most 100. */
  readonly limit?: number
  /**
   * Count a facet's values without the filter of that facet itself, so that the alternatives to a chosen value stay
   * visible (multi-select facets). Default true.
   */
  readonly disjunctive?: boolean
}

export interface FacetCounts {
  readonly facets: readonly {
    readonly name: FacetName
    readonly values: readonly { readonly value: string; readonly count: number }[]
  }[]
  /** Matches of the filters as given. */
  readonly total: number
  /** False when a count was taken over the {@link countingLimit} best matches only. */
  readonly exact: boolean
}

export interface Suggestion {
  readonly kind: 'title' | 'keyword' | 'variable' | 'creator'
  readonly value: string
  /** Datasets that carry the value; 1 for a title. */
  readonly count: number
  /** Of the dataset, for a title. */
  readonly uri?: string
}

/** How many matches cover each stretch of time. */
export interface Timeline {
  /** One after another, without gaps. */
  readonly buckets: readonly {
    /** First year and the one after the last. */
    readonly from: number
    readonly until: number
    readonly count: number
  }[]
  /** Matches that say nothing of time. */
  readonly undated: number
  readonly total: number
  /** False when counted over {@link countingLimit} matches only. */
  readonly exact: boolean
}

/** Facets and totals are exact up to this many matches. */
export const countingLimit = 10_000

export interface SearchEngine {
  /** The watermark of the last batch that is durably held; 0 at the beginning. */
  watermark(): Promise<number>
  /**
   * Applies a batch and makes its watermark durable with it. What it holds is searchable when this resolves. Applying a
   * batch again changes nothing. Batches are applied in the order of the calls. Hand over thousands of documents at a time
   * when catching up: such a batch is indexed in bulk.
   */
  apply(batch: SearchBatch): Promise<void>
  /** @throws {InvalidQuery} {@link InvalidCursor} {@link InvalidFilter} */
  search(request: SearchRequest): Promise<SearchPage>
  /** @throws {InvalidQuery} {@link InvalidFilter} */
  facets(filters: SearchFilters, names: readonly FacetName[], options?: FacetOptions): Promise<FacetCounts>
  /** The matches of the filters, but for `from` and `until`, by the time that they cover. @throws {InvalidQuery} {@link InvalidFilter} */
  timeline(filters: SearchFilters, buckets?: number): Promise<Timeline>
  /** The query text with words and values that nothing holds replaced by the nearest that something does; undefined if there are none. */
  correct(q: string): Promise<string | undefined>
  /** Completions of the last word of `prefix`, best first. */
  suggest(prefix: string, limit: number): Promise<readonly Suggestion[]>
  /** Number of datasets held. */
  count(): Promise<number>
  /** Forgets everything, the watermark too. */
  clear(): Promise<void>
  /** Waits for work in the background (folding) to end; resolves at once where there is none. */
  settle(): Promise<void>
  close(): Promise<void>
}

/** The query text cannot be understood or is out of bounds. */
export class InvalidQuery extends Error {
  override readonly name = 'InvalidQuery'
}

/** The cursor is not one that this search answered for these filters and this order. */
export class InvalidCursor extends Error {
  override readonly name = 'InvalidCursor'
}

/** A filter, limit or sort has a value that cannot be. */
export class InvalidFilter extends Error {
  override readonly name = 'InvalidFilter'
}

/** Fractional year of a moment: 2000-07-01T12:00Z → 2000.4986…; years before 1 are negative (astronomical numbering). */
export function yearOf(moment: Date): number {
  const year = moment.getUTCFullYear()
  const start = new Date(0).setUTCFullYear(year, 0, 1)
  const end = new Date(0).setUTCFullYear(year + 1, 0, 1)
  return year + (moment.getTime() - start) / (end - start)
}

/** The moment of a fractional year, the inverse of {@link yearOf}: 2000.5 → milliseconds since 1970. */
export function momentOf(year: number): number {
  if (!Number.isFinite(year)) return year
  const whole = Math.floor(year)
  const start = new Date(0).setUTCFullYear(whole, 0, 1)
  const end = new Date(0).setUTCFullYear(whole + 1, 0, 1)
  if (Number.isNaN(start) || Number.isNaN(end)) return year < 0 ? -8.64e15 : 8.64e15
  return Math.round(start + (year - whole) * (end - start))
}
