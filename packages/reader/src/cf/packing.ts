import { isUtf8 } from 'node:buffer'
import type { Values } from '../dataset.ts'
import type { Variable } from '../model.ts'
import { decodeTime, type Instant, numpyTimeUnits, parseTimeUnits, type TimeUnits } from './time.ts'

/**
 * How stored numbers become physical ones (CF conventions, sections 2.5.1 and 8.1; NetCDF's `_Unsigned`): what is missing, then
 * scale and offset, then time.
 */
export interface Packing {
  readonly dtype: string
  /** 8, 16, 32 or 64 where `_Unsigned` turns the sign of the stored integers. */
  readonly turnSign?: { readonly bits: number; readonly to: 'signed' | 'unsigned' }
  readonly missing: readonly (number | bigint | string)[]
  /** In stored units; outside is missing. */
  readonly least?: number | bigint
  readonly greatest?: number | bigint
  readonly scale: number
  readonly offset: number
  readonly packed: boolean
  readonly time?: TimeUnits
}

/** A value as people read it: int64 exact, null where missing; times still as numbers. */
export type Cell = number | bigint | string | boolean | null

/** Formats whose fill value merely stands for chunks that were never written: zero then is a number like any other. */
const ZERO_IS_A_DEFAULT = new Set([
  'zarr',
  'icechunk',
  'kerchunk',
  'hdf5',
  'netcdf',
  'netcdf3',
  'netcdf4',
  'ome-zarr',
])

/** How that variable's values are to be read. `format` is the description's. */
export function packingOf(variable: Variable, format = ''): Packing {
  const { attributes, dtype } = variable
  const turnSign = turnOf(dtype, attributes._Unsigned)
  const turned = (value: number | bigint | string): number | bigint | string =>
    turnSign === undefined || typeof value === 'string' ? value : turn(value, turnSign)
  const declared = attributes._FillValue ?? (isDefaultZero(variable, format) ? undefined : variable.fill)
  const missing = [declared, attributes.missing_value]
    .flat()
    .map(value => attributeValue(value, dtype))
    .filter(value => value !== undefined)
    .map(turned)
  const range = Array.isArray(attributes.valid_range) ? attributes.valid_range : []
  const least = bound(attributes.valid_min ?? range[0], dtype)
  const greatest = bound(attributes.valid_max ?? range[1], dtype)
  const scale = variable.scale ?? numberOf(attributes.scale_factor) ?? 1
  const offset = variable.offset ?? numberOf(attributes.add_offset) ?? 0
  return {
    dtype,
    turnSign,
    missing,
    least: least === undefined ? undefined : (turned(least) as number | bigint),
    greatest: greatest === undefined ? undefined : (turned(greatest) as number | bigint),
    scale,
    offset,
    packed: scale !== 1 || offset !== 0,
    time: numpyTimeUnits(dtype) ?? parseTimeUnits(variable.units ?? attributes.units, attributes.calendar),
  }
}

/** One stored value → what it says, before time is read. Complex numbers are not unpacked. */
export function unpack(stored: unknown, packing: Packing): Cell {
  if (typeof stored === 'number' || typeof stored === 'bigint') {
    if (packing.dtype === 'bool') return Boolean(stored)
    const value = packing.turnSign === undefined ? stored : turn(stored, packing.turnSign)
    if (isMissing(value, packing)) return null
    return packing.packed ? Number(value) * packing.scale + packing.offset : value
  }
  if (typeof stored === 'string') return packing.missing.includes(stored) && stored !== '' ? null : stored
  if (typeof stored === 'boolean') return stored
  if (stored instanceof Uint8Array) return bytesText(stored)
  return null
}

/** The instant of one stored value of a time coordinate. */
export function unpackTime(stored: unknown, packing: Packing): Instant | undefined {
  const value = unpack(stored, packing)
  if (packing.time === undefined || (typeof value !== 'number' && typeof value !== 'bigint')) return undefined
  return decodeTime(value, packing.time)
}

/** Physical numbers with NaN where missing, for pictures and statistics; strings become NaN. */
export function unpackNumbers(values: Values, packing: Packing): Float64Array {
  const numbers = new Float64Array(values.length)
  for (let at = 0; at < values.length; at++) {
    const value = unpack(values[at], packing)
    numbers[at] = value === null || typeof value === 'string' ? Number.NaN : Number(value)
  }
  return numbers
}

function isMissing(value: number | bigint, { missing, least, greatest }: Packing): boolean {
  if (typeof value === 'number' && Number.isNaN(value)) return true
  if (least !== undefined && value < least) return true
  if (greatest !== undefined && value > greatest) return true
  return missing.includes(value)
}

/** An attribute (JSON) as a value of the variable's type: `"NaN"`, decimal strings of int64, xarray's base64 of floats in Zarr v3. */
function attributeValue(value: unknown, dtype: string): number | bigint | string | undefined {
  if (value === null || value === undefined || typeof value === 'boolean' || typeof value === 'object')
    return undefined
  if (dtype === 'string' || dtype === 'bytes') return String(value)
  if (dtype === 'int64' || dtype === 'uint64' || dtype.startsWith('datetime64')) {
    const text = String(value)
    return /^-?\d+$/.test(text)
      ? BigInt(text)
      : typeof value === 'number' && Number.isInteger(value)
        ? BigInt(value)
        : undefined
  }
  const number = typeof value === 'number' ? value : textNumber(String(value), dtype)
  if (number === undefined) return undefined
  return dtype === 'float32' || dtype === 'float16' || dtype === 'complex64' ? Math.fround(number) : number
}

function textNumber(text: string, dtype: string): number | undefined {
  if (/^(nan|[+-]?inf(inity)?)$/i.test(text))
    return /nan/i.test(text)
      ? Number.NaN
      : text.startsWith('-')
        ? Number.NEGATIVE_INFINITY
        : Number.POSITIVE_INFINITY
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text)
  if (dtype.startsWith('float') && /^[A-Za-z0-9+/]{11}=$/.test(text))
    return Buffer.from(text, 'base64').readDoubleLE(0)
  return undefined
}

function bound(value: unknown, dtype: string): number | bigint | undefined {
  const known = attributeValue(value, dtype)
  return typeof known === 'string' ? undefined : known
}

function numberOf(value: unknown): number | undefined {
  const first = Array.isArray(value) && value.length === 1 ? value[0] : value
  const number =
    typeof first === 'number'
      ? first
      : typeof first === 'string' && first.trim() !== ''
        ? Number(first)
        : Number.NaN
  return Number.isFinite(number) ? number : undefined
}

function turnOf(dtype: string, unsigned: unknown): Packing['turnSign'] {
  const bits = Number(/^u?int(8|16|32|64)$/.exec(dtype)?.[1])
  if (!bits || unsigned === undefined) return undefined
  const wanted = String(unsigned).toLowerCase()
  if (wanted === 'true' && !dtype.startsWith('u')) return { bits, to: 'unsigned' }
  return wanted === 'false' && dtype.startsWith('u') ? { bits, to: 'signed' } : undefined
}

function turn(value: number | bigint, { bits, to }: NonNullable<Packing['turnSign']>): number | bigint {
  if (typeof value === 'bigint')
    return to === 'unsigned' ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value)
  const size = 2 ** bits
  return to === 'unsigned' ? (value < 0 ? value + size : value) : value >= size / 2 ? value - size : value
}

function isDefaultZero({ fill }: Variable, format: string): boolean {
  return ZERO_IS_A_DEFAULT.has(format) && (fill === 0 || fill === '0' || fill === false || fill === '')
}

/** Text where the bytes are UTF-8 that can stand in a text file (trailing zeros are padding), hexadecimal where not. */
export function bytesText(bytes: Uint8Array): string {
  const end = bytes.findLastIndex(byte => byte !== 0) + 1
  const part = bytes.subarray(0, end)
  const isText = isUtf8(part) && !part.some(byte => byte < 32 && byte !== 9 && byte !== 10 && byte !== 13)
  return isText ? Buffer.from(part).toString('utf8') : `0x${Buffer.from(bytes).toString('hex')}`
}

export interface Flag {
  readonly meaning: string
  readonly value?: number | string
  readonly mask?: number | string
}

/** What the values of a status variable mean (CF conventions, section 3.5). */
export function flagsOf({ attributes }: Variable): readonly Flag[] | undefined {
  const meanings =
    typeof attributes.flag_meanings === 'string' ? attributes.flag_meanings.trim().split(/\s+/) : []
  const values = list(attributes.flag_values)
  const masks = list(attributes.flag_masks)
  if (meanings.length === 0 || (values.length === 0 && masks.length === 0)) return undefined
  return meanings.slice(0, 256).map((meaning, at) => ({ meaning, value: values[at], mask: masks[at] }))
}

/** An attribute of several numbers, whatever way it was written: a list, one number, or NCL's `"1b, 2b"`. */
function list(value: unknown): readonly (number | string)[] {
  if (typeof value === 'number') return [value]
  if (typeof value === 'string')
    return value
      .split(/[\s,]+/)
      .filter(Boolean)
      .map(text => text.replace(/[bs]$/i, ''))
  return Array.isArray(value)
    ? value.filter(item => typeof item === 'number' || typeof item === 'string')
    : []
}
