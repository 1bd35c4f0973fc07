import type { ShownDimension } from '@frost/reader'
import { ticksOf } from '@frost/reader/picture/colour-map'
import { formatNumber } from '../text.ts'

/** A mark on an axis, at a share of its length from the first value. */
export interface Tick {
  readonly at: number
  readonly label: string
}

export interface Axis {
  readonly title: string
  readonly ticks: readonly Tick[]
}

const WANTED = 6

/**
 * Marks of a dimension at round values, or at round indices where its values are unknown. `at` counts cells: a value lies in the
 * middle of its cell (`cells`), or on its point from end to end of a line (`points`).
 */
export function axisOf(dimension: ShownDimension, lies: 'cells' | 'points' = 'cells'): Axis {
  const { values, ranges, units = '', name, longName } = dimension
  const degrees = degreesOf(dimension)
  const count = ranges.reduce((sum, range) => sum + lengthOf(range), 0)
  const place = (index: number) =>
    lies === 'cells' ? (index + 0.5) / count : count > 1 ? index / (count - 1) : 0.5
  const label = longName ?? finestName(name ?? dimension.dimension)
  const isTime = dimension.axis === 'T' || values?.some(isoTime) === true
  const title = isTime || degrees || !units ? label : `${label} (${units})`
  if (values !== undefined && !isTime) {
    const numbers = unwrapped(values.map(Number), degrees === 'EW')
    const found = numericTicks(numbers, place, degrees)
    if (found !== undefined) return { title, ticks: found }
  }
  if (values !== undefined) {
    const places = spread(count, isTime ? 4 : WANTED)
    const labels = isTime ? shortTimes(places.map(index => String(values[index] ?? ''))) : undefined
    return {
      title,
      ticks: places.map((index, at) => ({
        at: place(index),
        label: labels?.[at] ?? String(values[index] ?? '').slice(0, 24),
      })),
    }
  }
  const first = ranges[0] ?? { start: 0, end: count, step: 1 }
  const ticks = ticksOf(first.start, first.start + (count - 1) * first.step, WANTED)
    .filter(Number.isInteger)
    .map(index => ({ at: place((index - first.start) / first.step), label: formatNumber(index) }))
  return { title: `${title}, by index`, ticks }
}

/** The name of a dimension without the overview that it belongs to. */
export function finestName(name: string): string {
  return name.replace(/_overview_\d+$/, '')
}

/** Marks of values between two ends. */
export function valueTicks(from: number, to: number, wanted = 5): readonly Tick[] {
  return ticksOf(from, to, wanted).map(value => ({
    at: to === from ? 0.5 : (value - from) / (to - from),
    label: formatNumber(value),
  }))
}

/** Whether a dimension counts degrees of latitude (`NS`) or longitude (`EW`). */
export function degreesOf({ units = '', axis, name = '' }: ShownDimension): 'NS' | 'EW' | undefined {
  if (/^degrees?_?n(orth)?$/i.test(units)) return 'NS'
  if (/^degrees?_?e(ast)?$/i.test(units)) return 'EW'
  if (!/^(degrees?|deg)?$/i.test(units)) return undefined
  if (axis === 'Y' && /(^|\/)lat(itude)?$/i.test(name)) return 'NS'
  if (axis === 'X' && /(^|\/)lon(g|gitude)?$/i.test(name)) return 'EW'
  return undefined
}

/** Longitudes that go round the globe, made to rise: 350, 355, 0 → 350, 355, 360. */
export function unwrapped(numbers: readonly number[], isLongitude: boolean): readonly number[] {
  if (!isLongitude) return numbers
  let turns = 0
  return numbers.map((value, at) => {
    if (at > 0 && value < numbers[at - 1]! - 180) turns += 360
    return value + turns
  })
}

export function degreesInWords(value: number, of: 'NS' | 'EW'): string {
  const wrapped = of === 'EW' ? ((((value + 180) % 360) + 360) % 360) - 180 : value
  const size = formatNumber(Math.abs(wrapped))
  if (wrapped === 0 || (of === 'EW' && Math.abs(wrapped) === 180)) return `${size}°`
  return `${size}°${of === 'NS' ? (wrapped > 0 ? 'N' : 'S') : wrapped > 0 ? 'E' : 'W'}`
}

function numericTicks(
  numbers: readonly number[],
  place: (index: number) => number,
  degrees: 'NS' | 'EW' | undefined,
): readonly Tick[] | undefined {
  const [first, last] = [numbers[0], numbers.at(-1)]
  if (first === undefined || last === undefined || !numbers.every(Number.isFinite)) return undefined
  const rises = last > first
  const isMonotonic = numbers.every((value, at) => at === 0 || value > numbers[at - 1]! === rises)
  if (numbers.length > 1 && !isMonotonic) return undefined
  const label = (value: number) => (degrees ? degreesInWords(value, degrees) : formatNumber(value))
  if (numbers.length === 1) return [{ at: place(0), label: label(first) }]
  const span = Math.abs(last - first)
  const low = Math.min(first, last)
  const round = degrees && span > 60 ? roundDegrees(low, low + span) : ticksOf(low, low + span, WANTED)
  return round.map(value => ({ at: place(fractionalIndex(numbers, value, rises)), label: label(value) }))
}

/** Multiples of 30°, of 60° round the whole globe. */
function roundDegrees(low: number, high: number): readonly number[] {
  const step = high - low > 200 ? 60 : 30
  const first = Math.ceil(low / step)
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, at) => (first + at) * step)
}

/** Where a value lies between the indices of a monotonic line. */
function fractionalIndex(numbers: readonly number[], value: number, rises: boolean): number {
  const after = numbers.findIndex(number => (rises ? number >= value : number <= value))
  if (after <= 0) return Math.max(0, after)
  const [before, next] = [numbers[after - 1]!, numbers[after]!]
  return after - 1 + (value - before) / (next - before)
}

function spread(count: number, wanted: number): readonly number[] {
  if (count <= wanted) return Array.from({ length: count }, (_, at) => at)
  return Array.from({ length: wanted }, (_, at) => Math.round((at * (count - 1)) / (wanted - 1)))
}

export function lengthOf({ start, end, step }: ShownDimension['ranges'][number]): number {
  return Math.max(0, Math.ceil((end - start) / step))
}

function isoTime(value: unknown): boolean {
  return typeof value === 'string' && /^[+-]?\d{4,6}-\d{2}-\d{2}(T|$)/.test(value)
}

/** Times as short as they may be: without the time of day where it is midnight in all of them. */
export function shortTimes(times: readonly string[]): readonly string[] {
  const atMidnight = times.every(time => !time.includes('T') || /T00:00(:00(\.0+)?)?Z?$/.test(time))
  return times.map(time =>
    atMidnight ? time.replace(/T.*$/, '') : time.replace('T', ' ').replace(/(:00)?(\.0+)?Z?$/, ''),
  )
}
