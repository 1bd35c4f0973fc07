import { ReaderError } from '../../errors.ts'
import type { Physical, Raw } from './logical.ts'
import { Pieces } from './pieces.ts'

/**
 * Parquet's encodings (Encodings.md). Nothing is allocated by what the bytes claim: counts come from the page, whose number of
 * values is bounded, and every run is cut at the count.
 */
export class Bytes {
  readonly bytes: Uint8Array
  readonly view: DataView
  at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = at
  }

  byte(): number {
    if (this.at >= this.bytes.length) throw short()
    return this.bytes[this.at++]!
  }

  skip(length: number): void {
    if (length < 0 || this.at + length > this.bytes.length) throw short()
    this.at += length
  }

  /** The next so many bytes, as a view. */
  take(length: number): Uint8Array {
    this.skip(length)
    return this.bytes.subarray(this.at - length, this.at)
  }

  uint32(): number {
    if (this.at + 4 > this.bytes.length) throw short()
    this.at += 4
    return this.view.getUint32(this.at - 4, true)
  }

  /** Unsigned LEB128 of at most 32 bits. */
  varint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const part = this.byte()
      value += (part & 0x7f) * 2 ** shift
      if (part < 0x80) return value
    }
    throw new ReaderError('Corrupt', 'a number in a Parquet page has more than 32 bits')
  }

  zigzag64(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const part = this.byte()
      value |= BigInt(part & 0x7f) << shift
      if (part < 0x80) return (value >> 1n) ^ -(value & 1n)
    }
    throw new ReaderError('Corrupt', 'a number in a Parquet page has more than 64 bits')
  }
}

function short(): ReaderError {
  return new ReaderError('Corrupt', 'a Parquet page ends before its values do')
}

/** RLE / bit-packing hybrid of values of `width` bits (at most 32), into `count` numbers. */
export function readHybrid<T extends Uint8Array | Uint32Array>(source: Bytes, width: number, into: T): T {
  if (width > 32) throw new ReaderError('Corrupt', `Parquet levels or indices of ${width} bits`)
  const count = into.length
  const valueBytes = (width + 7) >> 3
  let done = 0
  while (done < count) {
    const header = source.varint()
    if (header % 2 === 1) {
      done = readPacked(source, Math.floor(header / 2) * 8, width, into, done)
    } else {
      const run = Math.min(header / 2, count - done)
      if (run === 0 && width === 0) throw short()
      let value = 0
      for (let i = 0; i < valueBytes; i++) value += source.byte() * 2 ** (8 * i)
      into.fill(value, done, done + run)
      done += run
    }
  }
  return into
}

/** Values packed from the least significant bit on; the last group may be cut off where its values are not needed. */
function readPacked(
  source: Bytes,
  packed: number,
  width: number,
  into: Uint8Array | Uint32Array,
  from: number,
): number {
  const wanted = Math.min(packed, into.length - from)
  if (width === 0) {
    into.fill(0, from, from + wanted)
    return from + wanted
  }
  const needed = Math.ceil((wanted * width) / 8)
  const { bytes } = source
  if (source.at + needed > bytes.length) throw short()
  let bit = 0
  let at = source.at
  for (let i = 0; i < wanted; i++) {
    let value = 0
    let got = 0
    while (got < width) {
      const taken = Math.min(8 - bit, width - got)
      value += ((bytes[at]! >> bit) & ((1 << taken) - 1)) * 2 ** got
      got += taken
      bit += taken
      if (bit === 8) {
        bit = 0
        at++
      }
    }
    into[from + i] = value
  }
  source.at = Math.min(bytes.length, source.at + Math.ceil(packed / 8) * width)
  return from + wanted
}

export function readPlain(source: Bytes, physical: Physical, count: number, width: number): Raw | Pieces {
  switch (physical) {
    case 'BOOLEAN': {
      const bits = source.take(Math.ceil(count / 8))
      return Uint8Array.from({ length: count }, (_, i) => (bits[i >> 3]! >> (i & 7)) & 1)
    }
    case 'INT32':
      return new Int32Array(aligned(source.take(count * 4)))
    case 'INT64':
      return new BigInt64Array(aligned(source.take(count * 8)))
    case 'FLOAT':
      return new Float32Array(aligned(source.take(count * 4)))
    case 'DOUBLE':
      return new Float64Array(aligned(source.take(count * 8)))
    case 'INT96':
      return Pieces.ofWidth(source.take(count * 12), 12, count)
    case 'FIXED_LEN_BYTE_ARRAY':
      return Pieces.ofWidth(source.take(count * width), width, count)
    case 'BYTE_ARRAY': {
      if (count * 4 > source.bytes.length - source.at) throw short()
      return consecutive(source, count, () => source.uint32())
    }
  }
}

function aligned(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}

/** Strings that follow each other, each after what tells its length. */
function consecutive(source: Bytes, count: number, lengthAt: (index: number) => number): Pieces {
  const starts = new Uint32Array(count)
  const ends = new Uint32Array(count)
  for (let at = 0; at < count; at++) {
    const length = lengthAt(at)
    starts[at] = source.at
    ends[at] = source.at + length
    source.skip(length)
  }
  return new Pieces(source.bytes, starts, ends)
}

/** BYTE_STREAM_SPLIT: the first bytes of all values, then the second bytes of all, and so on. */
export function readByteStreamSplit(
  source: Bytes,
  physical: Physical,
  count: number,
  width: number,
): Raw | Pieces {
  const size =
    physical === 'FIXED_LEN_BYTE_ARRAY' ? width : physical === 'INT32' || physical === 'FLOAT' ? 4 : 8
  const streams = source.take(count * size)
  const bytes = new Uint8Array(count * size)
  for (let byte = 0; byte < size; byte++)
    for (let i = 0; i < count; i++) bytes[i * size + byte] = streams[byte * count + i]!
  return readPlain(new Bytes(bytes), physical, count, width)
}

const MAX_MINIBLOCKS = 1 << 16

/** DELTA_BINARY_PACKED; sums wrap around as the specification says. */
export function readDeltas(source: Bytes, count: number, physical: Physical): Int32Array | BigInt64Array {
  const values = physical === 'INT32' ? new Int32Array(count) : new BigInt64Array(count)
  const blockSize = source.varint()
  const miniblocks = source.varint()
  const total = source.varint()
  const first = source.zigzag64()
  if (count === 0) return values
  if (total < count)
    throw new ReaderError('Corrupt', `a Parquet page says ${count} values, its delta encoding ${total}`)
  if (
    miniblocks === 0 ||
    miniblocks > MAX_MINIBLOCKS ||
    blockSize % miniblocks !== 0 ||
    (blockSize / miniblocks) % 8 !== 0
  )
    throw new ReaderError(
      'Corrupt',
      `a Parquet delta block of ${blockSize} values in ${miniblocks} miniblocks`,
    )
  const perMiniblock = blockSize / miniblocks
  return values instanceof Int32Array
    ? deltas32(source, values, first, miniblocks, perMiniblock)
    : deltas64(source, values, first, miniblocks, perMiniblock)
}

function deltas32(
  source: Bytes,
  values: Int32Array,
  first: bigint,
  miniblocks: number,
  size: number,
): Int32Array {
  const packed = new Uint32Array(Math.min(size, values.length))
  let value = Number(BigInt.asIntN(32, first))
  let done = 1
  values[0] = value
  while (done < values.length) {
    const least = Number(BigInt.asIntN(32, source.zigzag64()))
    const widths = Uint8Array.from(source.take(miniblocks))
    for (let m = 0; m < miniblocks && done < values.length; m++) {
      const width = widths[m]!
      const wanted = Math.min(size, values.length - done)
      if (width > 32) throw new ReaderError('Corrupt', `a Parquet delta of ${width} bits for a 32-bit column`)
      const start = source.at
      readPacked(source, wanted, width, packed.subarray(0, wanted), 0)
      for (let i = 0; i < wanted; i++) {
        value = (value + least + packed[i]!) | 0
        values[done++] = value
      }
      source.at = Math.min(source.bytes.length, start + (size * width) / 8)
    }
  }
  return values
}

function deltas64(
  source: Bytes,
  values: BigInt64Array,
  first: bigint,
  miniblocks: number,
  size: number,
): BigInt64Array {
  const low = new Uint32Array(Math.min(size, values.length))
  let value = BigInt.asIntN(64, first)
  let done = 1
  values[0] = value
  while (done < values.length) {
    const least = source.zigzag64()
    const widths = Uint8Array.from(source.take(miniblocks))
    for (let m = 0; m < miniblocks && done < values.length; m++) {
      const width = widths[m]!
      const wanted = Math.min(size, values.length - done)
      if (width > 64) throw new ReaderError('Corrupt', `a Parquet delta of ${width} bits`)
      const start = source.at
      if (width <= 32) readPacked(source, wanted, width, low.subarray(0, wanted), 0)
      else if (start + Math.ceil((wanted * width) / 8) > source.bytes.length) throw short()
      for (let i = 0; i < wanted; i++) {
        const residual = width <= 32 ? BigInt(low[i]!) : wideBits(source.bytes, start, i * width, width)
        value = BigInt.asIntN(64, value + least + residual)
        values[done++] = value
      }
      source.at = Math.min(source.bytes.length, start + (size * width) / 8)
    }
  }
  return values
}

function wideBits(bytes: Uint8Array, start: number, bit: number, width: number): bigint {
  const first = start + (bit >> 3)
  const last = start + ((bit + width + 7) >> 3)
  let value = 0n
  for (let at = last - 1; at >= first; at--) value = (value << 8n) | BigInt(bytes[at]!)
  return (value >> BigInt(bit & 7)) & ((1n << BigInt(width)) - 1n)
}

export function readDeltaLengths(source: Bytes, count: number): Pieces {
  const lengths = readDeltas(source, count, 'INT32') as Int32Array
  return consecutive(source, count, at => lengths[at]!)
}

/** Of what is an object of its own for each value. */
const MAX_OBJECTS = 2 * 1024 * 1024

/** @throws {ReaderError} `Unsupported` */
export function checkObjects(count: number): void {
  if (count > MAX_OBJECTS)
    throw new ReaderError('Unsupported', `${count} texts at once in a Parquet page; ${MAX_OBJECTS} are read`)
}

/** DELTA_BYTE_ARRAY; prefixes repeat bytes, so what they amount to is bounded by `limit`. */
export function readDeltaBytes(source: Bytes, count: number, limit: number): Uint8Array[] {
  checkObjects(count)
  const prefixes = readDeltas(source, count, 'INT32') as Int32Array
  const suffixes = readDeltaLengths(source, count).slice(0, count)
  let previous: Uint8Array = new Uint8Array(0)
  let total = 0
  return suffixes.map((suffix, i) => {
    const prefix = prefixes[i]!
    if (prefix < 0 || prefix > previous.length)
      throw new ReaderError(
        'Corrupt',
        `a Parquet value repeats ${prefix} bytes of a value that has ${previous.length}`,
      )
    total += prefix
    if (total > limit)
      throw new ReaderError('Unsupported', `one Parquet page holds more than ${limit} bytes of text`)
    if (prefix === 0) {
      previous = suffix
      return suffix
    }
    const value = new Uint8Array(prefix + suffix.length)
    value.set(previous.subarray(0, prefix))
    value.set(suffix, prefix)
    previous = value
    return value
  })
}
