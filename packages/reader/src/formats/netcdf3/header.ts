import { ReaderError } from '../../errors.ts'
import { type Attributes, jsonValue } from '../arrays/attributes.ts'
import { textOf } from '../arrays/text.ts'
import { CHAR, EXTERNAL_TYPES, type ExternalType, fromBigEndian } from './types.ts'

/** Of a NetCDF classic file: CDF-1, CDF-2 (64-bit offset) or CDF-5 (64-bit data). */
export interface Header {
  readonly version: 1 | 2 | 5
  readonly dimensions: readonly HeaderDimension[]
  readonly attributes: Attributes
  readonly variables: readonly HeaderVariable[]
  /** Bytes from one record to the next. */
  readonly recordBytes: number
  readonly warnings: readonly string[]
}

export interface HeaderDimension {
  readonly name: string
  readonly size: number
  readonly unlimited: boolean
}

export interface HeaderVariable {
  readonly name: string
  readonly type: ExternalType
  readonly char: boolean
  readonly dimensions: readonly HeaderDimension[]
  readonly attributes: Attributes
  /** Offset of the first byte. */
  readonly begin: number
  /** In bytes from one index to the next, per dimension. */
  readonly strides: readonly number[]
}

/** The header goes on beyond the bytes at hand, at least to `needed`. */
export class HeaderGoesOn {
  readonly needed: number
  constructor(needed: number) {
    this.needed = needed
  }
}

export const MAX_HEADER_BYTES = 16 * 1024 * 1024
const MAX_RANK = 1024
const [DIMENSION, VARIABLE, ATTRIBUTE] = [10, 11, 12]

/**
 * Parses a header after the grammar of the "NetCDF Classic Format Specification" and its CDF-5 extension.
 * @param size of the file in bytes: nothing may be claimed that is larger
 * @throws {HeaderGoesOn} where `bytes` end before the header
 * @throws {ReaderError} `Corrupt`
 */
export function parseHeader(bytes: Uint8Array, size: number): Header {
  const cursor = new Cursor(bytes, size)
  cursor.skip(3)
  const version = cursor.byte()
  if (version !== 1 && version !== 2 && version !== 5)
    throw new ReaderError(
      'Unsupported',
      `version ${version} of the classic format is not known: it has 1, 2 and 5`,
    )
  cursor.version = version
  const claimed = cursor.records()
  const lengths = cursor.list('dimension', DIMENSION, 8, () => ({
    name: cursor.name(),
    size: cursor.count(),
  }))
  const unlimitedAt = lengths.findIndex(({ size }) => size === 0)
  if (lengths.filter(({ size }) => size === 0).length > 1)
    throw corrupt('more than one dimension is unlimited')
  const attributes = cursor.attributes()
  const raw = cursor.list('variable', VARIABLE, 24, () => cursor.variable(lengths))
  unique(lengths, 'dimension')
  unique(raw, 'variable')

  const isRecord = (variable: RawVariable) => unlimitedAt >= 0 && variable.dimensionIds[0] === unlimitedAt
  const bytesOf = (variable: RawVariable) =>
    variable.dimensionIds.reduce(
      (product, id) => product * (id === unlimitedAt ? 1 : lengths[id]!.size),
      variable.type.bytes,
    )
  const inRecords = raw.filter(isRecord)
  // A single record variable of a small type is not padded to four bytes.
  const recordBytes =
    inRecords.length === 1
      ? bytesOf(inRecords[0]!)
      : inRecords.reduce((sum, variable) => sum + padded(bytesOf(variable)), 0)
  const firstRecord = Math.min(...inRecords.map(variable => variable.begin))
  const fits = recordBytes > 0 ? Math.max(0, Math.ceil((size - firstRecord) / recordBytes)) : 0
  const records = claimed ?? fits
  const warnings =
    recordBytes > 0 && records > fits
      ? [`the header counts ${records} records, the file of ${size} bytes ends after ${fits}`]
      : []
  const dimensions = lengths.map(({ name, size: length }, at) =>
    at === unlimitedAt ? { name, size: records, unlimited: true } : { name, size: length, unlimited: false },
  )
  const variables = raw.map((variable): HeaderVariable => {
    const strides: number[] = []
    let stride: number = variable.type.bytes
    for (let axis = variable.dimensionIds.length - 1; axis >= 0; axis--) {
      const id = variable.dimensionIds[axis]!
      if (id === unlimitedAt && axis > 0)
        throw corrupt(`variable '${variable.name}' has the unlimited dimension elsewhere than first`)
      strides[axis] = id === unlimitedAt ? recordBytes : stride
      stride *= id === unlimitedAt ? records : lengths[id]!.size
      if (!Number.isSafeInteger(stride) || !Number.isSafeInteger(recordBytes * records))
        throw corrupt(`variable '${variable.name}' claims more than 2^53 bytes`)
    }
    return {
      name: variable.name,
      type: variable.type,
      char: variable.char,
      dimensions: variable.dimensionIds.map(id => dimensions[id]!),
      attributes: variable.attributes,
      begin: variable.begin,
      strides,
    }
  })
  return { version, dimensions, attributes, variables, recordBytes, warnings }
}

interface RawVariable {
  readonly name: string
  readonly dimensionIds: readonly number[]
  readonly attributes: Attributes
  readonly type: ExternalType
  readonly char: boolean
  readonly begin: number
}

class Cursor {
  version: 1 | 2 | 5 = 1
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #size: number
  #at = 0

  constructor(bytes: Uint8Array, size: number) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#size = size
  }

  skip(length: number): void {
    this.#take(length)
  }

  byte(): number {
    return this.#bytes[this.#take(1)]!
  }

  /** Number of records; undefined while the file is being streamed. */
  records(): number | undefined {
    if (this.version !== 5) {
      const records = this.#u32()
      return records === 0xffff_ffff ? undefined : records
    }
    const records = this.#view.getBigUint64(this.#take(8))
    return records === 0xffff_ffff_ffff_ffffn ? undefined : safe(records, 'number of records')
  }

  count(): number {
    return this.version === 5 ? safe(this.#view.getBigUint64(this.#take(8)), 'count') : this.#u32()
  }

  /** A list with its tag; each element takes at least `least` bytes, which bounds how many there can be. */
  list<T>(what: string, tag: number, least: number, element: () => T): T[] {
    const found = this.#u32()
    const count = this.count()
    if (found === 0 && count === 0) return []
    if (found !== tag) throw corrupt(`the list of ${what}s has the tag ${found} instead of ${tag}`)
    this.#bound(count * least, `${count} ${what}s`)
    return Array.from({ length: count }, element)
  }

  name(): string {
    return this.#padded(this.count(), 'name', textOf)
  }

  attributes(): Attributes {
    return Object.fromEntries(
      this.list('attribute', ATTRIBUTE, 12, () => {
        const name = this.name()
        const code = this.#u32()
        const type = this.#type(code, name)
        const count = this.count()
        const value = this.#padded(count * type.bytes, `attribute '${name}'`, bytes =>
          code === CHAR ? textOf(bytes) : jsonValue(fromBigEndian(type, Uint8Array.from(bytes))),
        )
        return [name, value]
      }),
    )
  }

  variable(dimensions: readonly unknown[]): RawVariable {
    const name = this.name()
    const rank = this.count()
    if (rank > MAX_RANK)
      throw corrupt(`variable '${name}' claims ${rank} dimensions; at most ${MAX_RANK} are read`)
    const dimensionIds = Array.from({ length: rank }, () => {
      const id = this.count()
      if (id >= dimensions.length)
        throw corrupt(`variable '${name}' names dimension ${id}, of ${dimensions.length}`)
      return id
    })
    const attributes = this.attributes()
    const code = this.#u32()
    const type = this.#type(code, name)
    // `vsize` is redundant, and wrong by design in large files: it is computed from the shape.
    this.count()
    const begin = this.version === 1 ? this.#u32() : safe(this.#view.getBigUint64(this.#take(8)), 'offset')
    return { name, dimensionIds, attributes, type, char: code === CHAR, begin }
  }

  #type(code: number, name: string): ExternalType {
    const type = EXTERNAL_TYPES.get(code)
    if (type === undefined || (code > 6 && this.version !== 5))
      throw corrupt(`'${name}' has type ${code}, which CDF-${this.version} does not know`)
    return type
  }

  #padded<T>(length: number, what: string, read: (bytes: Uint8Array) => T): T {
    this.#bound(length, what)
    const at = this.#take(padded(length))
    return read(this.#bytes.subarray(at, at + length))
  }

  #u32(): number {
    return this.#view.getUint32(this.#take(4))
  }

  #bound(length: number, what: string): void {
    if (this.#at + length > this.#size)
      throw corrupt(
        `${what} would end at byte ${this.#at + length} of a file of ${this.#size}: it is cut or damaged`,
      )
    if (this.#at + length > MAX_HEADER_BYTES)
      throw new ReaderError('Unsupported', `${what} makes the header larger than ${MAX_HEADER_BYTES} bytes`)
  }

  #take(length: number): number {
    const at = this.#at
    if (at + length > this.#bytes.length) {
      this.#bound(length, 'the header')
      throw new HeaderGoesOn(at + length)
    }
    this.#at += length
    return at
  }
}

function padded(length: number): number {
  return Math.ceil(length / 4) * 4
}

function safe(value: bigint, what: string): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw corrupt(`the ${what} ${value} is larger than 2^53`)
  return number
}

function unique(named: readonly { readonly name: string }[], what: string): void {
  const seen = new Set<string>()
  for (const { name } of named) {
    if (seen.has(name)) throw corrupt(`${what} '${name}' is defined twice`)
    seen.add(name)
  }
}

function corrupt(message: string): ReaderError {
  return new ReaderError('Corrupt', `NetCDF header: ${message}`)
}
