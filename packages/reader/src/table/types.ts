/**
 * Types of columns go by Arrow's names, and what their values are in JavaScript follows from the name:
 *
 * | type | value |
 * |---|---|
 * | `null` | null |
 * | `bool` | boolean |
 * | `int8` … `int32`, `uint8` … `uint32`, `halffloat`, `float`, `double` | number |
 * | `int64`, `uint64` | bigint |
 * | `decimal128(precision, scale)`, `decimal256(…)` | string with exactly `scale` decimals |
 * | `utf8`, `uuid`, `json` | string |
 * | `binary`, `fixed_size_binary[n]` | Uint8Array |
 * | `date32`, `date64`, `timestamp[s]`, `timestamp[ms]` (also `[ms, UTC]`) | Date; ISO 8601 text where no Date reaches |
 * | `timestamp[us]`, `timestamp[ns]` | ISO 8601 text with 6 or 9 decimals, Z when in UTC |
 * | `time32[s]`, `time32[ms]`, `time64[us]`, `time64[ns]` | text `HH:MM:SS.…` |
 * | `duration[unit]` | bigint of the unit |
 * | `month_day_nano_interval` | ISO 8601 duration text |
 * | `list<T>` | array |
 * | `struct<name: T, …>` | object |
 * | `map<K, V>` | array of [key, value] pairs |
 *
 * A missing value is null in all of them.
 */
export type Kind =
  | 'null'
  | 'boolean'
  | 'integer'
  | 'float'
  | 'decimal'
  | 'text'
  | 'bytes'
  | 'date'
  | 'timestamp'
  | 'time'
  | 'nested'

const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/^u?int(8|16|32|64)$|^duration\[/, 'integer'],
  [/^(halffloat|float|double)$/, 'float'],
  [/^(utf8|uuid|json|month_day_nano_interval)$/, 'text'],
  [/^(binary|fixed_size_binary\[\d+\])$/, 'bytes'],
  [/^decimal(32|64|128|256)\(/, 'decimal'],
  [/^timestamp\[/, 'timestamp'],
  [/^date(32|64)$/, 'date'],
  [/^time(32|64)\[/, 'time'],
  [/^bool$/, 'boolean'],
  [/^null$/, 'null'],
]

export function kindOf(type: string): Kind {
  return KINDS.find(([pattern]) => pattern.test(type))?.[1] ?? 'nested'
}

export interface DecimalType {
  readonly precision: number
  readonly scale: number
}

export function decimalTypeName({ precision, scale }: DecimalType): string {
  return `decimal${precision > 38 ? 256 : 128}(${precision}, ${scale})`
}

/** An unscaled whole number as text: `-123`, scale 2 → `-1.23`. */
export function decimalText(unscaled: bigint, scale: number): string {
  if (scale <= 0) return String(unscaled * 10n ** BigInt(-scale))
  const negative = unscaled < 0n
  const digits = String(negative ? -unscaled : unscaled).padStart(scale + 1, '0')
  return `${negative ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

export function listType(element: string): string {
  return `list<${element}>`
}

export function structType(fields: readonly (readonly [string, string])[]): string {
  return `struct<${fields.map(([name, type]) => `${name}: ${type}`).join(', ')}>`
}

export function mapType(key: string, value: string): string {
  return `map<${key}, ${value}>`
}

export function timestampType(unit: string, zone: string | undefined): string {
  return zone === undefined ? `timestamp[${unit}]` : `timestamp[${unit}, ${zone}]`
}
