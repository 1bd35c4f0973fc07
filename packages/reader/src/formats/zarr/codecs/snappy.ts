import { corrupt } from './codec.ts'
import { copyMatch } from './lz4.ts'

/**
 * A raw Snappy block into exactly the bytes of `target` (snappy/format_description.txt).
 * @throws {ReaderError} `Corrupt` where it would leave either side, or declares another size.
 */
export function decodeSnappy(source: Uint8Array, target: Uint8Array): void {
  const end = source.length
  const size = target.length
  let at = 0
  const next = () => {
    if (at >= end) throw corrupt('snappy', 'it ends within an instruction')
    return source[at++]!
  }
  let declared = 0
  for (let shift = 0; ; shift += 7) {
    const byte = next()
    declared += (byte & 127) * 2 ** shift
    if (byte < 128) break
    if (shift > 28) throw corrupt('snappy', 'its size is no 32-bit number')
  }
  if (declared !== size) throw corrupt('snappy', `${declared} bytes declared instead of ${size}`)
  let to = 0
  while (at < end) {
    const tag = next()
    const kind = tag & 3
    if (kind === 0) {
      let length = (tag >> 2) + 1
      if (length > 60) {
        const digits = length - 60
        length = 1
        for (let i = 0; i < digits; i++) length += next() * 2 ** (8 * i)
      }
      if (at + length > end || to + length > size) throw corrupt('snappy', 'literals beyond the block')
      target.set(source.subarray(at, at + length), to)
      at += length
      to += length
      continue
    }
    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1
    let distance = kind === 1 ? ((tag >> 5) << 8) + next() : next() + (next() << 8)
    if (kind === 3) distance += next() * 2 ** 16 + next() * 2 ** 24
    if (distance === 0 || distance > to || to + length > size)
      throw corrupt('snappy', 'a match beyond the block')
    to = copyMatch(target, to, distance, length)
  }
  if (to !== size) throw corrupt('snappy', `${to} bytes instead of the ${size} that are declared`)
}
