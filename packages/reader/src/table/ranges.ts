import type { Column, Coverage } from '../model.ts'
import { kindOf } from './types.ts'

/** A bound as descriptions give it; undefined for what has no order that people read (bytes, nested values, booleans). */
export function rangeValue(value: unknown): number | string | undefined {
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : String(value)
  }
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : String(value)
  return typeof value === 'string' ? value : undefined
}

/** Longer text bounds nothing that people would read. */
const MAX_TEXT = 200

/** A `range` that fits the type: dates without a time of day. */
export function rangeOf(type: string, min: unknown, max: unknown): Column['range'] {
  const kind = kindOf(type)
  if (kind === 'bytes' || kind === 'nested' || kind === 'boolean') return undefined
  const ends = [rangeValue(min), rangeValue(max)].map(end =>
    kind === 'date' && typeof end === 'string' ? end.replace(/T00:00:00.*$/, '') : end,
  )
  if (ends[0] === undefined || ends[1] === undefined) return undefined
  return ends.some(end => typeof end === 'string' && end.length > MAX_TEXT) ? undefined : [ends[0], ends[1]]
}

const TIME_NAME =
  /^(time|date|datetime|timestamp|day|month|year_month|observed(_at|_on)?|obs_?time|sample_?(time|date)|event_?(time|date)|(valid|start)_?time)$/i

/** Time that a table covers: of its only column of moments, or of the one whose name says so. */
export function timeCoverage(columns: readonly Column[]): Coverage['time'] {
  const moments = columns.filter(({ type, range }) => range && ['date', 'timestamp'].includes(kindOf(type)))
  const named = moments.filter(({ name }) => TIME_NAME.test(name))
  const chosen = named.length === 1 ? named[0] : moments.length === 1 ? moments[0] : undefined
  const [start, end] = chosen?.range ?? []
  return typeof start === 'string' && typeof end === 'string' ? { start, end } : undefined
}
