import { isLongitude } from '../cf/roles.ts'
import { isoTime, parsePeriod } from '../cf/time.ts'
import { type CoordinateValues, labelsOf } from '../coordinates.ts'
import type { IndexRange } from '../dataset.ts'
import type { TermRange } from './parse.ts'
import { invalid } from './resolve.ts'

type ValueRange = Extract<TermRange, { by: 'value' | 'values' }>

interface Found {
  readonly parts: readonly IndexRange[]
  readonly single: boolean
}

/**
 * The indices whose coordinate values a range names. Ranges include both ends, whichever way the axis runs; a partial date is its
 * whole period; one number means the nearest value, at most half a step away; longitudes may be given in either convention.
 */
export function indicesOf(name: string, range: ValueRange, values: CoordinateValues): Found {
  if (values.instants !== undefined) return timeIndices(name, range, values)
  if (values.cells.some(cell => typeof cell === 'string')) return textIndices(name, range, values)
  return numberIndices(name, range, values)
}

function textOf(range: ValueRange): string {
  return range.by === 'value' ? range.only : `${range.from ?? ''}:${range.to ?? ''}`
}

function timeIndices(name: string, range: ValueRange, values: CoordinateValues): Found {
  const { calendar } = values.packing.time!
  const instants = values.instants!
  const period = (text: string) => {
    const found = parsePeriod(text, calendar)
    if (found === undefined)
      throw invalid(
        name,
        text,
        `that is no date of the ${calendar} calendar: write such as 2020, 2020-03 or 2020-03-05T12:00`,
      )
    return found
  }
  const from =
    range.by === 'value' ? period(range.only) : range.from === undefined ? undefined : period(range.from)
  const to = range.by === 'value' ? from : range.to === undefined ? undefined : period(range.to)
  const within = instants.map(
    at => at !== undefined && (from === undefined || at >= from.start) && (to === undefined || at < to.end),
  )
  if (!within.includes(true) && range.by === 'value') {
    const nearest = nearestInstant(instants, from!.start)
    if (nearest !== undefined) return one(nearest)
  }
  const known = instants.filter(instant => instant !== undefined)
  const ends =
    known.length === 0 ? 'nothing' : `${isoTime(known[0]!, calendar)} to ${isoTime(known.at(-1)!, calendar)}`
  return runOf(name, range, within, `'${values.variable.name}' runs from ${ends}`)
}

/** The instant nearest to one that lies between two of the axis, each the next of the other. */
function nearestInstant(instants: readonly (bigint | undefined)[], wanted: bigint): number | undefined {
  let best: number | undefined
  let [below, above] = [false, false]
  instants.forEach((instant, at) => {
    if (instant === undefined) return
    if (instant <= wanted) below = true
    if (instant >= wanted) above = true
    const distance = (other: bigint) => (other > wanted ? other - wanted : wanted - other)
    if (best === undefined || distance(instant) < distance(instants[best]!)) best = at
  })
  return below && above ? best : undefined
}

function textIndices(name: string, range: ValueRange, values: CoordinateValues): Found {
  const texts = values.cells.map(cell => (cell === null ? '' : String(cell)))
  const there = `'${values.variable.name}' holds: ${texts.slice(0, 20).join(', ')}${texts.length > 20 ? `, … (${texts.length} in all)` : ''}`
  const find = (text: string) => {
    const at = texts.indexOf(text)
    if (at < 0) throw invalid(name, text, there)
    return at
  }
  if (range.by === 'value') return one(find(range.only))
  const from = range.from === undefined ? 0 : find(range.from)
  const to = range.to === undefined ? texts.length - 1 : find(range.to)
  return {
    parts: [{ start: Math.min(from, to), end: Math.max(from, to) + 1, step: range.step }],
    single: false,
  }
}

function numberIndices(name: string, range: ValueRange, values: CoordinateValues): Found {
  const { variable, cells } = values
  const numbers = cells.map(cell => (cell === null ? Number.NaN : Number(cell)))
  const there = `'${variable.name}' runs from ${labelsOf(values)[0]} to ${labelsOf(values).at(-1)}${variable.units ? ` ${variable.units}` : ''}`
  const read = (text: string) => {
    const number = text.trim() === '' ? Number.NaN : Number(text)
    if (Number.isNaN(number)) throw invalid(name, text, `that is no number; ${there}`)
    return number
  }
  const wraps = isLongitude(variable)
  if (range.by === 'value') {
    const exact = cells.findIndex(cell => typeof cell === 'bigint' && String(cell) === range.only)
    if (exact >= 0) return one(exact)
    const wanted = read(range.only)
    const tries = wraps ? [wanted, wanted + 360, wanted - 360] : [wanted]
    const nearest = tries.map(number => nearestNumber(numbers, number)).find(at => at !== undefined)
    if (nearest === undefined) throw invalid(name, range.only, there)
    return one(nearest)
  }
  const slack = smallestStep(numbers) * 1e-4
  let low = range.from === undefined ? Number.NEGATIVE_INFINITY : read(range.from)
  let high = range.to === undefined ? Number.POSITIVE_INFINITY : read(range.to)
  const open = range.from === undefined || range.to === undefined
  if (low > high && !(wraps && !open)) [low, high] = [high, low]
  if (wraps && !open) return longitudeIndices(name, range, numbers, low, high, slack, there)
  return runOf(
    name,
    range,
    numbers.map(number => number >= low - slack && number <= high + slack),
    there,
  )
}

/** West to east, in whichever convention the axis is; across its seam these are two ranges, the western first. */
function longitudeIndices(
  name: string,
  range: ValueRange & { by: 'values' },
  numbers: readonly number[],
  west: number,
  east: number,
  slack: number,
  there: string,
): Found {
  const width = east - west >= 360 ? 360 : (((east - west) % 360) + 360) % 360
  const eastward = (number: number) => (((number - west + slack) % 360) + 360) % 360
  const within = numbers.map(number => width === 360 || eastward(number) <= width + 2 * slack)
  const runs = runsOf(within)
  if (runs.length === 0) throw invalid(name, textOf(range), there)
  if (runs.length > 2)
    throw invalid(
      name,
      textOf(range),
      `the values of the axis are in no order: select by index, such as ${name}=#0:10`,
    )
  const ascending = numbers.length < 2 || numbers[1]! > numbers[0]!
  // Where the selection wraps, the run at the end of an ascending axis is the western one.
  const ordered = runs.length === 2 && ascending ? [runs[1]!, runs[0]!] : runs
  return { parts: stepped(ordered, range.step), single: false }
}

function runOf(name: string, range: ValueRange, within: readonly boolean[], there: string): Found {
  const runs = runsOf(within)
  if (runs.length === 0) throw invalid(name, textOf(range), there)
  if (runs.length > 1)
    throw invalid(
      name,
      textOf(range),
      `the axis is in no order, so that is ${runs.length} separate pieces: select by index, such as ${name}=#${runs[0]![0]}:${runs[0]![1]}`,
    )
  return { parts: stepped(runs, range.by === 'values' ? range.step : 1), single: false }
}

/** `[start, end)` of each stretch of true. */
function runsOf(within: readonly boolean[]): (readonly [number, number])[] {
  const runs: (readonly [number, number])[] = []
  for (let at = 0; at < within.length; at++) {
    if (!within[at]) continue
    const start = at
    while (within[at + 1]) at++
    runs.push([start, at + 1])
  }
  return runs
}

/** Every so many indices, counted on from one run to the next. */
function stepped(runs: readonly (readonly [number, number])[], step: number): readonly IndexRange[] {
  let skip = 0
  return runs.flatMap(([start, end]) => {
    const from = start + skip
    if (from >= end) {
      skip -= end - start
      return []
    }
    const count = Math.ceil((end - from) / step)
    skip = from + count * step - end
    return [{ start: from, end, step }]
  })
}

function one(at: number): Found {
  return { parts: [{ start: at, end: at + 1, step: 1 }], single: true }
}

/** Undefined where the nearest value is more than half a step away. */
function nearestNumber(numbers: readonly number[], wanted: number): number | undefined {
  let best = -1
  for (let at = 0; at < numbers.length; at++)
    if (best < 0 || Math.abs(numbers[at]! - wanted) < Math.abs(numbers[best]! - wanted)) best = at
  if (best < 0) return undefined
  const value = numbers[best]!
  const steps = [numbers[best - 1], numbers[best + 1]]
    .filter(other => other !== undefined)
    .map(other => Math.abs(other - value))
  const tolerance = steps.length === 0 ? Math.abs(value) * 1e-6 + 1e-9 : (Math.max(...steps) / 2) * (1 + 1e-6)
  return Math.abs(value - wanted) <= tolerance ? best : undefined
}

function smallestStep(numbers: readonly number[]): number {
  let least = Number.POSITIVE_INFINITY
  for (let at = 1; at < numbers.length; at++) {
    const step = Math.abs(numbers[at]! - numbers[at - 1]!)
    if (step > 0 && step < least) least = step
  }
  return Number.isFinite(least) ? least : Math.abs(numbers[0] ?? 0) * 1e-2
}
