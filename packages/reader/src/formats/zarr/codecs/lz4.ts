import { type Codec, compressedBound, corrupt } from './codec.ts'

/**
 * One LZ4 block into exactly the bytes of `target` (LZ4 block format 1.0: tokens of literals and matches).
 * @throws {ReaderError} `Corrupt` where it would leave either side.
 */
export function decodeLz4Block(source: Uint8Array, target: Uint8Array): void {
  const end = source.length
  const size = target.length
  let at = 0
  let to = 0
  while (at < end) {
    const token = source[at++]!
    let literals = token >> 4
    if (literals === 15) {
      let more = 255
      while (more === 255 && at < end) {
        more = source[at++]!
        literals += more
      }
    }
    if (literals > 0) {
      if (at + literals > end || to + literals > size) throw corrupt('lz4', 'literals beyond the block')
      if (literals > 24) target.set(source.subarray(at, at + literals), to)
      else for (let i = 0; i < literals; i++) target[to + i] = source[at + i]!
      at += literals
      to += literals
    }
    if (at >= end) break
    if (at + 2 > end) throw corrupt('lz4', 'a match without an offset')
    const distance = source[at]! | (source[at + 1]! << 8)
    at += 2
    let length = (token & 15) + 4
    if (length === 19) {
      let more = 255
      while (more === 255 && at < end) {
        more = source[at++]!
        length += more
      }
    }
    if (distance === 0 || distance > to || to + length > size)
      throw corrupt('lz4', 'a match beyond the block')
    to = copyMatch(target, to, distance, length)
  }
  if (to !== size) throw corrupt('lz4', `${to} bytes instead of the ${size} that are declared`)
}

/** Repeats what lies `distance` before, which may overlap; the new end. Bounds are the caller's. */
export function copyMatch(target: Uint8Array, to: number, distance: number, length: number): number {
  if (distance === 1) target.fill(target[to - 1]!, to, to + length)
  else if (length > 32 && distance >= length) target.copyWithin(to, to - distance, to - distance + length)
  else for (let i = 0; i < length; i++) target[to + i] = target[to + i - distance]!
  return to + length
}

/** numcodecs' LZ4: the decoded size as int32, then one block. */
export const lz4: Codec = {
  name: 'lz4',
  compresses: true,
  encodedSize: compressedBound,
  decode(bytes, limit) {
    if (bytes.length < 4) throw corrupt('lz4', 'shorter than its header')
    const size = Buffer.from(bytes.buffer, bytes.byteOffset, 4).readUInt32LE()
    if (size > limit)
      throw corrupt('lz4', `${size} bytes declared, more than the ${limit} of the array's chunk`)
    const target = new Uint8Array(size)
    decodeLz4Block(bytes.subarray(4), target)
    return target
  },
}
