import type { Predicate } from '../dataset.ts'
import { ReaderError } from '../errors.ts'
import { clockNanosOf, momentText, nanosOf, type TimeUnit, unitsOf } from './moments.ts'
import { type Kind, kindOf } from './types.ts'

/** A predicate held against the column's type: what is asked of every row, and of statistics before any row is read. */
export interface Test {
  readonly column: string
  /** Whether a value of the column, in the form that `types.ts` gives it, fulfils the predicate. */
  accepts(value: unknown): boolean
  /** Whether statistics prove that no row fulfils it. Bounds may be wider than the values, never narrower. */
  rulesOut(bounds: Bounds): boolean
}

export interface Bounds {
  readonly min?: unknown
  readonly max?: unknown
  readonly nulls?: number
  readonly rows?: number
}

type Key = number | bigint | string | boolean | Uint8Array

/**
 * Each of the predicates as tests. Nulls fulfil only `= null`, and only they; NaN fulfils only `!=`. Text is ordered by its
 * UTF-8 bytes, as Parquet, Iceberg and SQL's binary collation order it.
 * @throws {ReaderError} `InvalidSelection` when a column is unknown or a value cannot be one of its type.
 */
export function testsOf(where: readonly Predicate[], types: ReadonlyMap<string, string>): readonly Test[] {
  return where.map(predicate => {
    const type = types.get(predicate.column)
    if (type === undefined) throw unknownColumn(predicate.column, [...types.keys()])
    return predicate.value === null ? nullTest(predicate) : valueTest(predicate, type)
  })
}

export function unknownColumn(name: string, known: readonly string[]): ReaderError {
  const shown = known.slice(0, 30).join(', ') + (known.length > 30 ? `, … (${known.length} in all)` : '')
  return new ReaderError('InvalidSelection', `no column '${name}'; there are: ${shown}`, { column: name })
}

function nullTest({ column, op }: Predicate): Test {
  if (op !== '=' && op !== '!=')
    throw new ReaderError('InvalidSelection', `'${column} ${op} null' is never true: use = null or != null`, {
      column,
    })
  const wanted = op === '='
  return {
    column,
    accepts: value => (value === null || value === undefined) === wanted,
    rulesOut: ({ nulls, rows }) => nulls !== undefined && (wanted ? nulls === 0 : nulls === rows),
  }
}

function valueTest({ column, op, value }: Predicate, type: string): Test {
  const kind = kindOf(type)
  const target = keyOf(kind, value)
  if (target === undefined)
    throw new ReaderError(
      'InvalidSelection',
      `column '${column}' is ${type}: it cannot be compared with ${typeof value === 'string' ? `'${value}'` : String(value)}${hintOf(kind)}`,
      { column, type },
    )
  const holds = HOLDS[op]
  const against = comparerOf(kind, type, target)
  return {
    column,
    accepts(candidate) {
      if (candidate === null || candidate === undefined) return false
      const order = against(candidate)
      return order === undefined ? op === '!=' : holds(order)
    },
    rulesOut({ min, max, nulls, rows }) {
      if (nulls !== undefined && rows !== undefined && nulls === rows) return true
      const low = min === undefined || min === null ? undefined : keyOf(kind, min)
      const high = max === undefined || max === null ? undefined : keyOf(kind, max)
      if (low === undefined || high === undefined) return false
      const [fromLow, fromHigh] = [compare(low, target), compare(high, target)]
      if (fromLow === undefined || fromHigh === undefined) return false
      if (op === '=') return fromLow > 0 || fromHigh < 0
      if (op === '<') return fromLow >= 0
      if (op === '<=') return fromLow > 0
      if (op === '>') return fromHigh <= 0
      if (op === '>=') return fromHigh < 0
      return kind === 'integer' && fromLow === 0 && fromHigh === 0
    },
  }
}

/** How values of the column are ordered against the target; undefined where they are not (NaN). */
function comparerOf(kind: Kind, type: string, target: Key): (value: unknown) => number | undefined {
  const slowly = (value: unknown) => {
    const key = keyOf(kind, value)
    return key === undefined ? undefined : compare(key, target)
  }
  if (kind === 'integer' || kind === 'float') return value => compare(value as number, target)
  if (typeof target !== 'bigint' || (kind !== 'timestamp' && kind !== 'date')) return slowly
  const unit = /\[(s|ms|us|ns)\b/.exec(type)?.[1] as TimeUnit | undefined
  const { units, exact } = unitsOf(target, unit ?? 'ms')
  if (unit === 'us' || unit === 'ns') {
    const text = momentText(units, unit, type.includes(','))
    const plainYear = /^\d/.test(text)
    return value =>
      plainYear && typeof value === 'string' && value.length === text.length
        ? ordered(value, text, exact)
        : slowly(value)
  }
  const ms = Number(units) * (unit === 's' ? 1000 : 1)
  return value => (value instanceof Date ? ordered(value.getTime(), ms, exact) : slowly(value))
}

/** The order of a value against a target of which only the whole units are given: more follows unless it is exact. */
function ordered<T extends string | number>(value: T, target: T, exact: boolean): number {
  if (value === target) return exact ? 0 : -1
  return value < target ? -1 : 1
}

const HOLDS: Readonly<Record<Predicate['op'], (order: number) => boolean>> = {
  '=': order => order === 0,
  '!=': order => order !== 0,
  '<': order => order < 0,
  '<=': order => order <= 0,
  '>': order => order > 0,
  '>=': order => order >= 0,
}

function hintOf(kind: Kind): string {
  if (kind === 'date' || kind === 'timestamp')
    return ': give ISO 8601, such as 2020-01-31 or 2020-01-31T12:00:00Z'
  if (kind === 'time') return ': give HH:MM:SS'
  if (kind === 'nested') return '; lists, structs and maps can only be compared with null'
  return ''
}

/** What values of a kind are compared by; undefined when the value cannot be of that kind. */
function keyOf(kind: Kind, value: unknown): Key | undefined {
  switch (kind) {
    case 'integer':
    case 'float':
      return numberOf(value)
    case 'decimal':
      return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
        ? decimalKey(String(value))
        : undefined
    case 'boolean':
      if (value === 'true' || value === 'false') return value === 'true'
      return typeof value === 'boolean' ? value : undefined
    case 'text':
      return typeof value === 'object' ? undefined : String(value)
    case 'bytes':
      if (value instanceof Uint8Array) return value
      return typeof value === 'object' ? undefined : new TextEncoder().encode(String(value))
    case 'date':
    case 'timestamp':
      if (value instanceof Date) return BigInt(value.getTime()) * 1_000_000n
      return typeof value === 'string' ? nanosOf(value) : undefined
    case 'time':
      return typeof value === 'string' ? clockNanosOf(value) : undefined
    default:
      return undefined
  }
}

function numberOf(value: unknown): number | bigint | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  if (typeof value !== 'string') return undefined
  if (/^[+-]?\d+$/.test(value)) {
    const exact = BigInt(value.replace('+', ''))
    return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact
  }
  const number = value.trim() === '' ? Number.NaN : Number(value)
  return Number.isNaN(number) && !/^nan$/i.test(value) ? undefined : number
}

/** Decimals are compared as whole numbers of 10^-DECIMAL_PLACES; digits beyond make no difference to any Parquet decimal. */
const DECIMAL_PLACES = 80

function decimalKey(text: string): bigint | undefined {
  const parts = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,3}))?$/i.exec(text)
  if (parts === null || (parts[2] === '' && (parts[3] ?? '') === '')) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts
  const places = DECIMAL_PLACES + Number(exponent) - fraction.length
  const digits = BigInt(`${whole}${fraction}`)
  const scaled = places >= 0 ? digits * 10n ** BigInt(places) : digits / 10n ** BigInt(-places)
  return sign === '-' ? -scaled : scaled
}

function compare(a: Key, b: Key): number | undefined {
  if (a instanceof Uint8Array || b instanceof Uint8Array)
    return a instanceof Uint8Array && b instanceof Uint8Array ? Buffer.compare(a, b) : undefined
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  if (a < b) return -1
  if (a > b) return 1
  // biome-ignore lint/suspicious/noDoubleEquals: a bigint and a number of the same value are equal
  return a == b ? 0 : undefined
}

/** The order of UTF-8 bytes: that of code points, which differs from that of UTF-16 units above U+FFFF. */
function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)]
    if (x !== y) return surrogateLast(x) - surrogateLast(y)
  }
  return a.length - b.length
}

function surrogateLast(unit: number): number {
  if (unit < 0xd800) return unit
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000
}
