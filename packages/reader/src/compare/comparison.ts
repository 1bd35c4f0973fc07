import { ReaderError } from '../errors.ts'
import type { Objects, ReadOptions } from '../objects.ts'

/** One thing that was looked at in both copies. */
export interface Evidence {
  /** What: `snapshot`, `manifests`, `chunks`, `footer`, `metadata`, `etag`, `bytes`, … */
  readonly what: string
  readonly agrees: boolean
  /** In words: how much of it was looked at, and what differs. */
  readonly note: string
  /** Objects, chunks or ranges that were held against each other. */
  readonly looked?: number
}

/**
 * What a copy is to another, its reference:
 * - `identical`: everything that was looked at agrees
 * - `behind`: the reference's own earlier state, or a part of it; `ahead`: the other way round
 * - `different`: neither
 * - `incomparable`: another format, or one of which nothing can be said without reading all of it
 */
export type Result = 'identical' | 'behind' | 'ahead' | 'different' | 'incomparable'

export interface Comparison {
  readonly result: Result
  /** In one line, for people. */
  readonly summary: string
  readonly evidence: readonly Evidence[]
}

export interface CompareOptions extends ReadOptions {
  /** Objects, chunks or ranges that are held against each other, each in both copies; all of them where it is Infinity. */
  readonly samples: number
}

/** A place that is open, and how it names objects elsewhere. */
export interface Source {
  readonly objects: Objects
  /** As in `OpenOptions`. */
  readonly pin: string | undefined
  readonly options: ReadOptions
}

/** What a copy is, as far as it is known without comparing. */
export interface State {
  /** In a few words: a snapshot, a number of rows, a size. */
  readonly label: string
  /** Of a single object. */
  readonly size?: number
  readonly etag?: string
}

/** How copies of one kind are held against each other. */
export interface Method<S extends State> {
  readonly id: string
  /** @throws {ReaderError} */
  open(source: Source): Promise<S>
  /** @throws {ReaderError} */
  compare(reference: S, copy: S, options: CompareOptions): Promise<Comparison>
}

/** `count` numbers of `0 … total-1`, evenly spread, first and last among them. */
export function spread(total: number, count: number): number[] {
  if (count >= total) return Array.from({ length: total }, (_, at) => at)
  if (count <= 1) return total > 0 ? [0] : []
  return Array.from({ length: count }, (_, at) => Math.round((at * (total - 1)) / (count - 1)))
}

/** Chunks or files of which a comparison keeps the names, so that memory stays bounded. */
export const MOST_PARTS = 1_000_000

/** @throws {ReaderError} `OverBudget` where `count` are more than are compared */
export function withinParts(count: number, what: 'chunks' | 'files'): void {
  if (count > MOST_PARTS)
    throw new ReaderError(
      'OverBudget',
      `more than ${MOST_PARTS} ${what}: leave out --full, or compare a part of it`,
    )
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
