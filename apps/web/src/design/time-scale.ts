import { edtfRange } from '@frost/lexicon'

/** A stretch of time as a record gives it. */
export interface Stretch {
  readonly start?: string
  readonly end?: string
  readonly ongoing?: boolean
}

export interface Bar {
  readonly x: number
  readonly width: number
  /** Whether it goes on before its beginning, for all that the record says. */
  readonly isOpenBefore: boolean
  /** What is after its end. */
  readonly after: 'nothing' | 'ongoing' | 'unknown'
}

export interface Tick {
  readonly x: number
  readonly label: string
}

export interface TimeScale {
  readonly bars: readonly Bar[]
  readonly ticks: readonly Tick[]
}

/** What an instant, or a day among centuries, is drawn as. */
const NARROWEST = 3
/** Room beside the data on a side where it has no end, in parts of the whole. */
const OPEN_ROOM = 0.08
const MOST_STRETCHES = 64
const MOST_TICKS = 4
/** In years: below this, whole years are no help. */
const SHORT = 4

/**
 * Lays stretches of time out on a line.
 * @param width of the line, in any unit
 * @param now as a fractional year, where data that is still added ends
 * @returns undefined where nothing says a time that can be read
 */
export function timeScale(stretches: readonly Stretch[], width: number, now: number): TimeScale | undefined {
  const spans = stretches.slice(0, MOST_STRETCHES).flatMap(stretch => spanOf(stretch, now) ?? [])
  const known = spans.flatMap(({ from, until }) => [from, until]).filter(Number.isFinite)
  if (known.length === 0) return undefined
  let first = Math.min(...known)
  let last = Math.max(...known)
  // A single instant has no length: it stands in the middle of a year.
  if (last === first) [first, last] = [first - 0.5, last + 0.5]
  const room = (last - first) * OPEN_ROOM
  if (spans.some(({ from }) => !Number.isFinite(from))) first -= room
  if (spans.some(({ until, after }) => after !== 'nothing' || !Number.isFinite(until))) last += room
  const place = (year: number) => ((Math.max(first, Math.min(last, year)) - first) / (last - first)) * width
  const bars = spans.map(({ from, until, after }): Bar => {
    const left = place(from)
    const right = after === 'nothing' ? place(until) : width
    const broad = Math.max(NARROWEST, right - left)
    const x = Math.min(left, width - broad)
    return { x: round(x), width: round(broad), isOpenBefore: !Number.isFinite(from), after }
  })
  return { bars, ticks: ticksOf(first, last).map(({ year, label }) => ({ x: round(place(year)), label })) }
}

function spanOf({ start = '', end = '', ongoing = false }: Stretch, now: number) {
  const first = edtfRange(start)
  const last = edtfRange(end)
  if (!first && !last) return undefined
  const from = first?.start ?? Number.NEGATIVE_INFINITY
  // A start that is an interval of its own says both.
  const ends = last?.end ?? (first && start.includes('/') ? first.end : undefined)
  if (ends !== undefined && Number.isFinite(ends) && !ongoing)
    return { from, until: Math.max(ends, from), after: 'nothing' as const }
  const until = ongoing ? Math.max(now, Number.isFinite(from) ? from : now) : (first?.end ?? from)
  return { from, until, after: ongoing ? ('ongoing' as const) : ('unknown' as const) }
}

/** Round years, or the two ends of a line that is too short for them. */
function ticksOf(first: number, last: number): { year: number; label: string }[] {
  const span = last - first
  if (span < SHORT) return [first, last].map(year => ({ year, label: dayOf(year) }))
  const power = 10 ** Math.floor(Math.log10(span / MOST_TICKS))
  const step = [1, 2, 5, 10].map(times => times * power).find(one => span / one <= MOST_TICKS) ?? power * 10
  const years: number[] = []
  for (
    let year = Math.ceil(first / step) * step;
    year <= last && years.length <= MOST_TICKS + 1;
    year += step
  )
    years.push(Math.round(year))
  return years.map(year => ({ year, label: yearOf(year) }))
}

const large = new Intl.NumberFormat('en', { maximumFractionDigits: 1, useGrouping: 'min2' })

/** Year 0 is 1 BCE; millions of years are written as such. */
function yearOf(year: number): string {
  if (Math.abs(year) >= 1e6)
    return `${large.format(Math.abs(year) / 1e6)} million ${year < 0 ? 'BCE' : ''}`.trim()
  return year <= 0 ? `${large.format(1 - year)} BCE` : String(year)
}

function dayOf(year: number): string {
  const whole = Math.floor(year)
  if (whole < 1 || whole > 9999) return yearOf(whole)
  const begin = new Date(0).setUTCFullYear(whole, 0, 1)
  const length = new Date(0).setUTCFullYear(whole + 1, 0, 1) - begin
  return new Date(begin + (year - whole) * length).toISOString().slice(0, 10)
}

const round = (value: number) => Math.round(value * 10) / 10
