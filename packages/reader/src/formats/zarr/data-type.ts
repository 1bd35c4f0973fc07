import type { TypedArray, Values } from '../../dataset.ts'
import { ReaderError } from '../../errors.ts'
import { isObject } from './json.ts'

export type NumberArrayConstructor =
  | Int8ArrayConstructor
  | Uint8ArrayConstructor
  | Int16ArrayConstructor
  | Uint16ArrayConstructor
  | Int32ArrayConstructor
  | Uint32ArrayConstructor
  | BigInt64ArrayConstructor
  | BigUint64ArrayConstructor
  | Float32ArrayConstructor
  | Float64ArrayConstructor

/** Elements as they are decoded: one typed array, or a plain one of strings or bytes. */
export type Elements = TypedArray | Array<string | Uint8Array | boolean | null>

/** How the elements of an array are stored and what they become. */
export interface DataType {
  /** As `Variable.dtype` says it. */
  readonly name: string
  /**
   * - `number`: as stored; `complex` two of them an element
   * - `half`: float16, becomes float32; `boolean`: one byte
   * - `text`: UCS-4 of fixed length (`<U`); `bytes`: of fixed length; both padded with NULs
   * - `string`, `blob`: of any length, by a codec of their own (vlen-utf8, vlen-bytes)
   */
  readonly kind: 'number' | 'complex' | 'half' | 'boolean' | 'text' | 'bytes' | 'raw' | 'string' | 'blob'
  /** Bytes an element takes; 0 where that differs. */
  readonly itemSize: number
  /** Bytes that are swapped together where the order is foreign. */
  readonly wordSize: number
  /** Of the stored words, for kinds that have them. */
  readonly words?: NumberArrayConstructor
}

const NUMBERS: Readonly<Record<string, NumberArrayConstructor>> = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
}

const STRING: DataType = { name: 'string', kind: 'string', itemSize: 0, wordSize: 1 }
const BLOB: DataType = { name: 'bytes', kind: 'blob', itemSize: 0, wordSize: 1 }
const MAX_ITEM_BYTES = 1 << 20

function number(name: string): DataType {
  const words = NUMBERS[name]!
  return { name, kind: 'number', itemSize: words.BYTES_PER_ELEMENT, wordSize: words.BYTES_PER_ELEMENT, words }
}

function time(kind: string, unit: string): DataType {
  return { ...number('int64'), name: `${kind}[${unit}]` }
}

function plain(name: string): DataType | undefined {
  if (Object.hasOwn(NUMBERS, name)) return number(name)
  if (name === 'bool') return { name, kind: 'boolean', itemSize: 1, wordSize: 1, words: Uint8Array }
  if (name === 'float16') return { name, kind: 'half', itemSize: 2, wordSize: 2, words: Uint16Array }
  if (name === 'complex64') return { name, kind: 'complex', itemSize: 8, wordSize: 4, words: Float32Array }
  if (name === 'complex128') return { name, kind: 'complex', itemSize: 16, wordSize: 8, words: Float64Array }
  return undefined
}

function fixed(kind: 'text' | 'bytes' | 'raw', length: number, what: string): DataType {
  const itemSize = kind === 'text' ? length * 4 : length
  if (!Number.isInteger(itemSize) || itemSize < 1 || itemSize > MAX_ITEM_BYTES)
    throw new ReaderError(
      'Unsupported',
      `data type ${what}: elements of 1 to ${MAX_ITEM_BYTES} bytes are read`,
    )
  return { name: kind === 'text' ? 'string' : 'bytes', kind, itemSize, wordSize: kind === 'text' ? 4 : 1 }
}

const V2_LETTERS: Readonly<Record<string, string>> = { i: 'int', u: 'uint', f: 'float', c: 'complex' }

/**
 * A NumPy type string (`<f4`, `|S10`, `>M8[ns]`): the type, and whether its bytes are big-endian.
 * @throws {ReaderError} `Unsupported`, `Corrupt`.
 */
export function dataTypeV2(dtype: unknown, filters: readonly unknown[]): { type: DataType; big: boolean } {
  if (Array.isArray(dtype))
    throw new ReaderError('Unsupported', `structured data type ${shown(dtype)}: records are not read`)
  const [, order, letter = '', digits = '', unit] =
    /^([<>|=]?)([a-zA-Z])(\d*)(?:\[([\w]+)\])?$/.exec(typeof dtype === 'string' ? dtype : '') ?? []
  const big = order === '>'
  const size = Number(digits)
  const known = plain(letter === 'b' ? 'bool' : `${V2_LETTERS[letter]}${size * 8}`)
  if (known !== undefined && unit === undefined) return { type: known, big }
  if ((letter === 'M' || letter === 'm') && size === 8)
    return { type: time(letter === 'M' ? 'datetime64' : 'timedelta64', unit ?? 'generic'), big }
  if (letter === 'U') return { type: fixed('text', size, shown(dtype)), big }
  if (letter === 'S' || letter === 'a') return { type: fixed('bytes', size, shown(dtype)), big }
  if (letter === 'V') return { type: fixed('raw', size, shown(dtype)), big }
  if (letter === 'O') {
    const ids = filters.map(filter => (isObject(filter) ? filter.id : undefined))
    if (ids.includes('vlen-utf8')) return { type: STRING, big }
    if (ids.includes('vlen-bytes')) return { type: BLOB, big }
    throw new ReaderError(
      'Unsupported',
      `objects encoded by ${shown(ids)}: only vlen-utf8 and vlen-bytes are read`,
    )
  }
  throw new ReaderError('Unsupported', `data type ${shown(dtype)} is not read`)
}

/**
 * A Zarr v3 `data_type`, as a name or as `{name, configuration}`.
 * @throws {ReaderError} `Unsupported`, `Corrupt`.
 */
export function dataTypeV3(value: unknown): DataType {
  const name = isObject(value) ? value.name : value
  const configuration = isObject(value) && isObject(value.configuration) ? value.configuration : {}
  if (typeof name === 'string') {
    const known = plain(name)
    if (known !== undefined) return known
    if (name === 'string') return STRING
    if (name === 'bytes' || name === 'variable_length_bytes') return BLOB
    const length = Number(configuration.length_bytes)
    if (name === 'fixed_length_utf32') return fixed('text', length / 4, shown(value))
    if (name === 'null_terminated_bytes') return fixed('bytes', length, shown(value))
    if (name === 'raw_bytes') return fixed('raw', length, shown(value))
    const raw = /^r(\d+)$/.exec(name)
    if (raw !== null) return fixed('raw', Number(raw[1]) / 8, shown(value))
    if (name === 'numpy.datetime64' || name === 'numpy.timedelta64') {
      const { unit, scale_factor: factor = 1 } = configuration
      if (typeof unit === 'string' && Number.isInteger(factor))
        return time(name.slice('numpy.'.length), factor === 1 ? unit : `${factor}${unit}`)
    }
  }
  throw new ReaderError('Unsupported', `data type ${shown(value)} is not read`)
}

/** Bytes that one element takes in memory once decoded, for budgets. */
export function decodedItemSize(type: DataType): number {
  if (type.kind === 'string' || type.kind === 'blob') return 32
  if (type.kind === 'text' || type.kind === 'bytes' || type.kind === 'raw') return 32 + type.itemSize
  return type.kind === 'half' ? 4 : type.kind === 'boolean' ? 8 : type.itemSize
}

/** Numbers an element consists of. */
export function componentsOf(type: DataType): number {
  return type.kind === 'complex' ? 2 : 1
}

export function emptyElements(type: DataType, length: number): Elements {
  if (type.kind === 'half') return new Float32Array(length)
  return type.words === undefined
    ? new Array<null>(length).fill(null)
    : new type.words(length * componentsOf(type))
}

/** What a reader is given: booleans leave the bytes they were stored in only here. */
export function valuesOf(type: DataType, elements: Elements): Values {
  return type.kind === 'boolean' ? Array.from(elements as Uint8Array, byte => byte !== 0) : elements
}

let halves: Float32Array | undefined

/** IEEE 754 binary16 as float32, exactly. */
export function floatsOf(stored: Uint16Array): Float32Array {
  halves ??= Float32Array.from({ length: 65536 }, (_, bits) => {
    const sign = bits & 0x8000 ? -1 : 1
    const exponent = (bits >> 10) & 31
    const fraction = bits & 1023
    if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
  })
  const floats = new Float32Array(stored.length)
  for (let i = 0; i < stored.length; i++) floats[i] = halves[stored[i]!]!
  return floats
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 200) ?? String(value)
}
