/**
 * FlatBuffers (flatbuffers.dev, internals), read with every offset checked: the format's own runtime reads beyond the end
 * of hostile bytes as zeros, and follows them.
 */
import { ReaderError } from '../../errors.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export class FlatBuffer {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly what: string

  constructor(bytes: Uint8Array, what: string) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.what = what
  }

  /** @throws {ReaderError} `Corrupt` where that many bytes are not there. */
  check(at: number, length: number): number {
    if (at < 0 || at + length > this.bytes.length)
      throw new ReaderError(
        'Corrupt',
        `${this.what}: an offset leads to byte ${at} of ${this.bytes.length}`,
        { at },
      )
    return at
  }

  root(): Table {
    return new Table(this, this.check(0, 4) + this.view.getUint32(0, true))
  }
}

/** A table: its fields are found through a table of offsets that comes with it. */
export class Table {
  readonly #buffer: FlatBuffer
  readonly #at: number
  readonly #fields: number
  readonly #size: number

  constructor(buffer: FlatBuffer, at: number) {
    this.#buffer = buffer
    this.#at = buffer.check(at, 4)
    this.#fields = buffer.check(at - buffer.view.getInt32(at, true), 4)
    this.#size = buffer.view.getUint16(this.#fields, true)
    buffer.check(this.#fields, this.#size)
  }

  /** Where a field's value lies; 0 where it is absent. `id` counts fields in the order of the schema. */
  #field(id: number, length: number): number {
    const entry = 4 + 2 * id
    const offset = entry + 2 > this.#size ? 0 : this.#buffer.view.getUint16(this.#fields + entry, true)
    return offset === 0 ? 0 : this.#buffer.check(this.#at + offset, length)
  }

  has(id: number): boolean {
    return this.#field(id, 1) !== 0
  }

  uint8(id: number, otherwise = 0): number {
    const at = this.#field(id, 1)
    return at === 0 ? otherwise : this.#buffer.view.getUint8(at)
  }

  uint32(id: number): number {
    const at = this.#field(id, 4)
    return at === 0 ? 0 : this.#buffer.view.getUint32(at, true)
  }

  int32(id: number): number {
    const at = this.#field(id, 4)
    return at === 0 ? 0 : this.#buffer.view.getInt32(at, true)
  }

  uint64(id: number): bigint {
    const at = this.#field(id, 8)
    return at === 0 ? 0n : this.#buffer.view.getBigUint64(at, true)
  }

  /** A length or an offset: `Corrupt` beyond 2^53. */
  size(id: number): number {
    const value = Number(this.uint64(id))
    if (Number.isSafeInteger(value)) return value
    throw new ReaderError('Corrupt', `${this.#buffer.what}: ${value} is no number of bytes`)
  }

  /** A structure of fixed size, such as an id. */
  struct(id: number, length: number): Uint8Array | undefined {
    const at = this.#field(id, length)
    return at === 0 ? undefined : this.#buffer.bytes.subarray(at, at + length)
  }

  table(id: number): Table | undefined {
    const at = this.#field(id, 4)
    return at === 0 ? undefined : new Table(this.#buffer, at + this.#buffer.view.getUint32(at, true))
  }

  string(id: number): string | undefined {
    const bytes = this.bytes(id)
    if (bytes === undefined) return undefined
    try {
      return utf8.decode(bytes)
    } catch {
      throw new ReaderError('Corrupt', `${this.#buffer.what}: a string is not UTF-8`)
    }
  }

  bytes(id: number): Uint8Array | undefined {
    const vector = this.vector(id, 1)
    return vector && this.#buffer.bytes.subarray(vector.at, vector.at + vector.length)
  }

  /** Elements of that many bytes each; empty where the field is absent. */
  vector(id: number, itemBytes: number): Vector | undefined {
    const field = this.#field(id, 4)
    if (field === 0) return undefined
    const at = this.#buffer.check(field + this.#buffer.view.getUint32(field, true), 4)
    const length = this.#buffer.view.getUint32(at, true)
    this.#buffer.check(at + 4, length * itemBytes)
    return new Vector(this.#buffer, at + 4, length, itemBytes)
  }

  tables(id: number): Vector {
    return this.vector(id, 4) ?? new Vector(this.#buffer, 0, 0, 4)
  }
}

/** Its whole length is checked, so its elements lie within the buffer. */
export class Vector {
  readonly #buffer: FlatBuffer
  readonly at: number
  readonly length: number
  readonly #itemBytes: number

  constructor(buffer: FlatBuffer, at: number, length: number, itemBytes: number) {
    this.#buffer = buffer
    this.at = at
    this.length = length
    this.#itemBytes = itemBytes
  }

  table(index: number): Table {
    const at = this.#place(index)
    return new Table(this.#buffer, at + this.#buffer.view.getUint32(at, true))
  }

  *eachTable(): Generator<Table> {
    for (let i = 0; i < this.length; i++) yield this.table(i)
  }

  struct(index: number): Uint8Array {
    const at = this.#place(index)
    return this.#buffer.bytes.subarray(at, at + this.#itemBytes)
  }

  *eachStruct(): Generator<Uint8Array> {
    for (let i = 0; i < this.length; i++) yield this.struct(i)
  }

  string(index: number): string {
    const at = this.#place(index)
    const start = this.#buffer.check(at + this.#buffer.view.getUint32(at, true), 4)
    const length = this.#buffer.view.getUint32(start, true)
    this.#buffer.check(start + 4, length)
    return utf8.decode(this.#buffer.bytes.subarray(start + 4, start + 4 + length))
  }

  uint32(index: number): number {
    return this.#buffer.view.getUint32(this.#place(index), true)
  }

  #place(index: number): number {
    if (index < 0 || index >= this.length)
      throw new ReaderError('Corrupt', `${this.#buffer.what}: element ${index} of ${this.length}`)
    return this.at + index * this.#itemBytes
  }
}

export function rootOf(bytes: Uint8Array, what: string): Table {
  return new FlatBuffer(bytes, what).root()
}
