import { ReaderError } from '../../errors.ts'

/** A table of FlatBuffers (flatbuffers.dev, internals), read in place; every place is held against the bytes. */
export class FlatTable {
  readonly #view: DataView
  readonly #at: number
  readonly #fields: number
  readonly #fieldBytes: number

  private constructor(view: DataView, at: number) {
    this.#view = view
    this.#at = at
    this.#fields = at - view.getInt32(at, true)
    this.#fieldBytes = view.getUint16(this.#fields, true)
  }

  static root(bytes: Uint8Array): FlatTable {
    return guarded(() => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      return new FlatTable(view, view.getUint32(0, true))
    })
  }

  #place(field: number): number | undefined {
    const slot = 4 + 2 * field
    if (slot + 2 > this.#fieldBytes) return undefined
    const offset = this.#view.getUint16(this.#fields + slot, true)
    return offset === 0 ? undefined : this.#at + offset
  }

  uint8(field: number, otherwise: number): number {
    return guarded(() => {
      const place = this.#place(field)
      return place === undefined ? otherwise : this.#view.getUint8(place)
    })
  }

  /** A length or a place: a whole number that is exact and not negative. */
  length(field: number): number {
    return guarded(() => {
      const place = this.#place(field)
      return place === undefined ? 0 : lengthOf(this.#view.getBigInt64(place, true))
    })
  }

  table(field: number): FlatTable | undefined {
    return guarded(() => {
      const place = this.#place(field)
      return place === undefined
        ? undefined
        : new FlatTable(this.#view, place + this.#view.getUint32(place, true))
    })
  }

  /** Structures of so many bytes each. */
  structs<T>(field: number, size: number, read: (view: DataView, at: number) => T): readonly T[] {
    return guarded(() => {
      const { start, count } = this.items(field, size)
      return Array.from({ length: count }, (_, i) => read(this.#view, start + i * size))
    })
  }

  /** The tables that a list refers to, one after the other. */
  *tables(field: number): Generator<FlatTable> {
    const { start, count } = this.items(field, 4)
    for (let i = 0; i < count; i++) {
      const place = start + i * 4
      yield guarded(() => new FlatTable(this.#view, place + this.#view.getUint32(place, true)))
    }
  }

  /** Where a list begins and how many items it has, all of them within the bytes; none where the field is absent. */
  items(field: number, size: number): { readonly start: number; readonly count: number } {
    return guarded(() => {
      const place = this.#place(field)
      if (place === undefined) return { start: 0, count: 0 }
      const at = place + this.#view.getUint32(place, true)
      const count = this.#view.getUint32(at, true)
      if (at + 4 + count * size > this.#view.byteLength) throw corrupt()
      return { start: at + 4, count }
    })
  }

  /** Bytes of a text, all of them there. */
  textBytes(field: number): number {
    return this.items(field, 1).count
  }
}

export function lengthOf(value: bigint): number {
  if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) throw corrupt()
  return Number(value)
}

function guarded<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof RangeError ? corrupt() : error
  }
}

function corrupt(): ReaderError {
  return new ReaderError('Corrupt', 'the metadata of the Arrow data points outside itself')
}
