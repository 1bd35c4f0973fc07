import { planRanges } from '../../objects/coalesce.ts'

/** A run of bytes that is wanted, and what for. */
export interface Wanted<T> {
  readonly start: number
  readonly end: number
  readonly what: T
}

/** One read that serves several. */
export interface Span<T> {
  readonly start: number
  readonly end: number
  readonly wanted: readonly Wanted<T>[]
}

const SPAN_BYTES = 8 * 1024 * 1024

/** Few reads that cover all runs; none is cut, so a span grows beyond 8 MB only where one run does. */
export function spansOf<T>(runs: readonly Wanted<T>[]): Span<T>[] {
  const maxRequest = runs.reduce((most, { start, end }) => Math.max(most, end - start), SPAN_BYTES)
  return planRanges(runs, { maxRequest }).map(({ start, end, pieces }) => ({
    start,
    end,
    wanted: pieces.map(({ index }) => runs[index]!),
  }))
}
