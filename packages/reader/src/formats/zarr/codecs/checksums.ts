import { crc32 } from 'node:zlib'
import { type Codec, corrupt } from './codec.ts'

/** CRC-32C (Castagnoli, RFC 3720 appendix B.4), eight bytes a step. */
export function crc32c(bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = castagnoli()
  let crc = 0xffffffff
  let at = 0
  for (const end = bytes.length - 7; at < end; at += 8) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    crc =
      t7![crc & 255]! ^
      t6![(crc >>> 8) & 255]! ^
      t5![(crc >>> 16) & 255]! ^
      t4![crc >>> 24]! ^
      t3![bytes[at + 4]!]! ^
      t2![bytes[at + 5]!]! ^
      t1![bytes[at + 6]!]! ^
      t0![bytes[at + 7]!]!
  }
  for (; at < bytes.length; at++) crc = t0![(crc ^ bytes[at]!) & 255]! ^ (crc >>> 8)
  return ~crc >>> 0
}

let tables: Int32Array[] | undefined

function castagnoli(): Int32Array[] {
  if (tables !== undefined) return tables
  tables = Array.from({ length: 8 }, () => new Int32Array(256))
  for (let i = 0; i < 256; i++) {
    let crc = i
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
    tables[0]![i] = crc
  }
  for (let slice = 1; slice < 8; slice++)
    for (let i = 0; i < 256; i++) {
      const previous = tables[slice - 1]![i]!
      tables[slice]![i] = tables[0]![previous & 255]! ^ (previous >>> 8)
    }
  return tables
}

function adler32(bytes: Uint8Array): number {
  let a = 1
  let b = 0
  for (let at = 0; at < bytes.length; ) {
    for (const end = Math.min(bytes.length, at + 3800); at < end; at++) {
      a += bytes[at]!
      b += a
    }
    a %= 65521
    b %= 65521
  }
  return ((b << 16) | a) >>> 0
}

function checksum(name: string, sum: (bytes: Uint8Array) => number, place: 'start' | 'end'): Codec {
  return {
    name,
    compresses: false,
    encodedSize: decoded => decoded + 4,
    decode(bytes) {
      if (bytes.length < 4) throw corrupt(name, 'shorter than a checksum')
      const at = place === 'start' ? 0 : bytes.length - 4
      const stored = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true)
      const data = place === 'start' ? bytes.subarray(4) : bytes.subarray(0, at)
      const actual = sum(data)
      if (actual !== stored)
        throw corrupt(name, `the checksum is ${hex(stored)}, that of the data ${hex(actual)}`)
      return data
    },
  }
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0')
}

/** Zarr v3's `crc32c` lies at the end; numcodecs' checksums lie where their `location` says, by default at the start. */
export function checksumCodec(name: string, location: unknown): Codec | undefined {
  const place = location === 'start' || location === 'end' ? location : name === 'crc32c' ? 'end' : 'start'
  if (name === 'crc32c') return checksum(name, crc32c, place)
  if (name === 'crc32') return checksum(name, bytes => crc32(bytes), place)
  if (name === 'adler32') return checksum(name, adler32, place)
  return undefined
}
