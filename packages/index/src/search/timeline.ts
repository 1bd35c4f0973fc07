/** How many datasets cover each stretch of time, in buckets of whole years. */
import type { Timeline } from './engine.ts'

/** Widths of a bucket, in years. */
const WIDTHS = [1, 2, 5]
  .flatMap(digit => Array.from({ length: 9 }, (_, power) => digit * 10 ** power))
  .sort((a, b) => a - b)
/** Beyond this an end is open. */
const FAR = 1e12
/** Share of the datasets that may lie before the first bucket: one of deep time must not flatten all others. */
const EARLY = 0.02

/**
 * @param spans first and last year of each dataset, null where nothing is said
 * @param most buckets
 */
export function countSpans(
  spans: readonly (readonly [from: number | null, until: number | null])[],
  most: number,
  now = new Date().getUTCFullYear(),
): Pick<Timeline, 'buckets' | 'undated'> {
  const dated = spans.flatMap(([from, until]) => (from === null || until === null ? [] : [{ from, until }]))
  const undated = spans.length - dated.length
  const starts = dated
    .map(({ from }) => from)
    .filter(year => year > -FAR)
    .sort((a, b) => a - b)
  if (starts.length === 0) return { buckets: [], undated }
  const first = Math.floor(starts[Math.floor(starts.length * EARLY)]!)
  const ends = dated.map(({ until }) => until).filter(year => year < FAR)
  const isOpen = ends.length < dated.length
  const last = Math.max(
    first + 1,
    Math.ceil(Math.max(...ends.slice(0, 20_000), isOpen ? now + 1 : first + 1)),
  )
  const width = WIDTHS.find(years => (last - first) / years <= most - 1) ?? WIDTHS.at(-1)!
  const origin = Math.floor(first / width) * width
  const size = Math.max(1, Math.min(most, Math.ceil((last - origin) / width)))
  // Differences first: a dataset of a thousand years costs no more than one of a day.
  const steps = new Array<number>(size + 1).fill(0)
  for (const { from, until } of dated) {
    const begin = Math.max(0, Math.floor((from - origin) / width))
    // A span that ends where a bucket begins has nothing of it.
    const end = Math.min(size - 1, Math.ceil((Math.max(until, from + 1e-9) - origin) / width) - 1)
    if (begin > end || end < 0) continue
    steps[begin]!++
    steps[end + 1]!--
  }
  let count = 0
  const buckets = Array.from({ length: size }, (_, place) => {
    count += steps[place]!
    const from = origin + place * width
    return { from, until: from + width, count }
  })
  return { buckets, undated }
}
