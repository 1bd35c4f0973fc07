/** What Arrow's names of types say, taken apart. */

import { ReaderError } from '../errors.ts'
import { nanosOf } from '../table/moments.ts'

export interface TimestampName {
  readonly unit: 's' | 'ms' | 'us' | 'ns'
  readonly zone: string | undefined
}

export function timestampOf(type: string): TimestampName | undefined {
  const match = /^timestamp\[(s|ms|us|ns)(?:, (.+))?\]$/.exec(type)
  return match === null ? undefined : { unit: match[1] as TimestampName['unit'], zone: match[2] }
}

const NANOS_PER = { s: 1_000_000_000n, ms: 1_000_000n, us: 1_000n, ns: 1n }

/**
 * A time, as a table holds it, in units since 1970.
 * @throws {ReaderError} `Unsupported` where 64 bits do not hold it: in nanoseconds those from 1677 to 2262
 */
export function unitsOfTime(value: unknown, unit: TimestampName['unit']): bigint {
  const nanos = value instanceof Date ? BigInt(value.getTime()) * 1_000_000n : (nanosOf(String(value)) ?? 0n)
  const units = nanos / NANOS_PER[unit]
  if (BigInt.asIntN(64, units) !== units)
    throw new ReaderError(
      'Unsupported',
      `the time ${value instanceof Date ? value.toISOString() : value} lies outside of what timestamp[${unit}] holds: leave its column out with columns=, or export CSV or NDJSON`,
    )
  return units
}

/** The unit of a time of day. */
export function clockUnits(type: string): 's' | 'ms' | 'us' | 'ns' | undefined {
  return /^time(?:32|64)\[(s|ms|us|ns)\]$/.exec(type)?.[1] as 's' | undefined
}

export function decimalOf(type: string): { readonly precision: number; readonly scale: number } | undefined {
  const match = /^decimal(?:32|64|128|256)?\((\d+), ?(-?\d+)\)$/.exec(type)
  return match === null ? undefined : { precision: Number(match[1]), scale: Number(match[2]) }
}

/** `-1.23` at scale 2 → −123. */
export function unscaled(text: string, scale: number): bigint {
  const negative = text.startsWith('-')
  const [whole = '0', fraction = ''] = text.replace(/^[+-]/, '').split('.')
  const digits = BigInt(
    `${whole || '0'}${fraction.padEnd(Math.max(0, scale), '0').slice(0, Math.max(0, scale))}`,
  )
  const value = scale < 0 ? digits / 10n ** BigInt(-scale) : digits
  return negative ? -value : value
}

/** Parts of `struct<a: int32, b: list<utf8>>`: its fields; of `list<T>`, `map<K, V>`: their types. */
export function innerTypes(type: string): readonly string[] | undefined {
  const match = /^(?:list|large_list|struct|map|fixed_size_list)<(.*)>(?:\[\d+\])?$/s.exec(type)
  if (match === null) return undefined
  const parts: string[] = []
  let [depth, from] = [0, 0]
  const inner = match[1]!
  for (let at = 0; at <= inner.length; at++) {
    const char = inner[at]
    if (char === '<' || char === '[' || char === '(') depth++
    else if (char === '>' || char === ']' || char === ')') depth--
    else if ((char === ',' && depth === 0) || char === undefined) {
      if (at > from) parts.push(inner.slice(from, at).trim())
      from = at + 1
    }
  }
  return parts
}
