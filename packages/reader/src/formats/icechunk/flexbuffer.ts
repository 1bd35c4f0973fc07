/** FlexBuffers (flatbuffers.dev, "FlexBuffers"): maps and strings, read lazily and with every offset checked. */
import { ReaderError } from '../../errors.ts'

const MAP = 9
const STRING = 5
const KEY = 4
const MAX_ENTRIES = 10_000

export type FlexValue = string | FlexMap | undefined

function corrupt(): ReaderError {
  return new ReaderError('Corrupt', 'the configuration of the repository is not FlexBuffers')
}

export class FlexMap {
  readonly #bytes: Uint8Array
  readonly #at: number
  readonly #width: number

  constructor(bytes: Uint8Array, at: number, width: number) {
    this.#bytes = bytes
    this.#at = at
    this.#width = width
  }

  /** Values that are neither maps nor strings are undefined. */
  *entries(): Generator<readonly [string, FlexValue]> {
    const width = this.#width
    const keysField = this.#at - 3 * width
    const keys = keysField - unsigned(this.#bytes, keysField, width)
    const keyWidth = unsigned(this.#bytes, this.#at - 2 * width, width)
    const length = unsigned(this.#bytes, this.#at - width, width)
    if (length > MAX_ENTRIES) throw corrupt()
    for (let i = 0; i < length; i++) {
      const key = keys + i * keyWidth
      const type = unsigned(this.#bytes, this.#at + length * width + i, 1)
      yield [
        text(this.#bytes, key - unsigned(this.#bytes, key, keyWidth)),
        valueAt(this.#bytes, this.#at + i * width, width, type),
      ]
    }
  }

  get(name: string): FlexValue {
    for (const [key, value] of this.entries()) if (key === name) return value
    return undefined
  }
}

/** @throws {ReaderError} `Corrupt`. */
export function flexRoot(bytes: Uint8Array): FlexValue {
  const width = unsigned(bytes, bytes.length - 1, 1)
  return valueAt(bytes, bytes.length - 2 - width, width, unsigned(bytes, bytes.length - 2, 1))
}

function valueAt(bytes: Uint8Array, at: number, width: number, packed: number): FlexValue {
  const type = packed >> 2
  if (type !== MAP && type !== STRING && type !== KEY) return undefined
  const target = at - unsigned(bytes, at, width)
  const own = 1 << (packed & 3)
  if (type === MAP) return new FlexMap(bytes, target, own)
  if (type === KEY) return text(bytes, target)
  const length = unsigned(bytes, target - own, own)
  if (target + length > bytes.length) throw corrupt()
  return Buffer.from(bytes.buffer, bytes.byteOffset + target, length).toString('utf8')
}

function text(bytes: Uint8Array, at: number): string {
  const end = at < 0 ? -1 : bytes.indexOf(0, at)
  if (end < 0) throw corrupt()
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at).toString('utf8')
}

function unsigned(bytes: Uint8Array, at: number, width: number): number {
  if (at < 0 || at + width > bytes.length || ![1, 2, 4, 8].includes(width)) throw corrupt()
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return width === 8 ? Number(buffer.readBigUInt64LE(at)) : buffer.readUIntLE(at, width)
}
