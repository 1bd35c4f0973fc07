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

/** A gap below this costs less than another request does. */
const GAP_BYTES = 64 * 1024
const SPAN_BYTES = 8 * 1024 * 1024

/** Joins what lies close together; a span grows beyond 8 MB only where one run does. */
export function spansOf<T>(runs: readonly Wanted<T>[]): Span<T>[] {
  const spans: { start: number; end: number; wanted: Wanted<T>[] }[] = []
  for (const run of [...runs].sort((a, b) => a.start - b.start)) {
    const last = spans.at(-1)
    if (last !== undefined && run.start - last.end <= GAP_BYTES && run.end - last.start <= SPAN_BYTES) {
      last.end = Math.max(last.end, run.end)
      last.wanted.push(run)
    } else spans.push({ start: run.start, end: run.end, wanted: [run] })
  }
  return spans
}
