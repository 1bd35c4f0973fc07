import { dateOf, momentOf, momentText, nanosOf, type TimeUnit, unitsOf } from '../../table/moments.ts'

/**
 * What columns of text are, by a sample of their cells. A type is only given where every cell says it and nothing of any cell is
 * lost by it: leading zeros stay text, whole numbers beyond 64 bits too.
 */
export interface CellType {
  /** By Arrow's name. */
  readonly type: string
  /** The value; undefined where the cell is not of the type. */
  parse(cell: string): unknown
}

const INTEGER = /^-?(0|[1-9]\d{0,19})$/
const NUMBER = /^-?(0|[1-9]\d*)?(\.\d+|\.)?([eE][+-]?\d{1,3})?$/
const NOT_FINITE = /^(nan|[+-]?inf(inity)?)$/i
const BOOLEAN = /^(true|false)$/i
const DATE = /^\d{4}-\d\d-\d\d$/
const MOMENT = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d(:?\d\d)?)?$/i
/** In columns of numbers, dates and booleans, what stands for no value. */
const MISSING = /^(na|n\/a|null|none|-|--|\\n)$/i

const INT64 = [-(2n ** 63n), 2n ** 63n - 1n] as const
const UINT64_MAX = 2n ** 64n - 1n

const TEXT: CellType = { type: 'utf8', parse: cell => cell }

const CANDIDATES: readonly CellType[] = [
  { type: 'bool', parse: cell => (BOOLEAN.test(cell) ? cell.toLowerCase() === 'true' : undefined) },
  { type: 'int64', parse: cell => wholeNumber(cell, INT64[0], INT64[1]) },
  { type: 'uint64', parse: cell => wholeNumber(cell, 0n, UINT64_MAX) },
  { type: 'double', parse: floating },
  { type: 'date32', parse: cell => (DATE.test(cell) ? dated(cell) : undefined) },
  ...(['ms', 'us', 'ns'] as const).flatMap(unit => [moments(unit, false), moments(unit, true)]),
]

/** The narrowest type that all cells have. @param cells those that are not empty. */
export function cellTypeOf(cells: readonly string[]): CellType {
  const told = cells.filter(cell => !MISSING.test(cell))
  if (told.length === 0) return TEXT
  const found = CANDIDATES.find(({ parse }) => told.every(cell => parse(cell) !== undefined))
  if (found === undefined) return TEXT
  return { type: found.type, parse: cell => found.parse(cell) ?? (MISSING.test(cell) ? null : undefined) }
}

function wholeNumber(cell: string, least: bigint, greatest: bigint): bigint | undefined {
  if (!INTEGER.test(cell) || cell === '-0') return undefined
  const value = BigInt(cell)
  if (cell.length < 19) return value >= least ? value : undefined
  return value >= least && value <= greatest ? value : undefined
}

/** A number; whole ones only as far as doubles hold them exactly. */
function floating(cell: string): number | undefined {
  if (NOT_FINITE.test(cell))
    return /nan/i.test(cell) ? Number.NaN : cell.startsWith('-') ? -Infinity : Infinity
  if (!NUMBER.test(cell) || !/\d/.test(cell)) return undefined
  const value = Number(cell)
  if (INTEGER.test(cell) && !Number.isSafeInteger(value)) return undefined
  return Number.isFinite(value) ? value : undefined
}

function dated(cell: string): unknown {
  const nanos = nanosOf(cell)
  return nanos === undefined ? undefined : dateOf(Number(nanos / 86_400_000_000_000n))
}

function moments(unit: TimeUnit, zoned: boolean): CellType {
  return {
    type: zoned ? `timestamp[${unit}, UTC]` : `timestamp[${unit}]`,
    parse(cell) {
      if (!MOMENT.test(cell) && (zoned || !DATE.test(cell))) return undefined
      if (!DATE.test(cell) && /(Z|[+-]\d\d(:?\d\d)?)$/i.test(cell.slice(11)) !== zoned) return undefined
      const nanos = nanosOf(cell)
      if (nanos === undefined) return undefined
      const { units, exact } = unitsOf(nanos, unit)
      if (!exact) return undefined
      return unit === 'ms' ? momentOf(units, unit, zoned) : momentText(units, unit, zoned)
    },
  }
}
