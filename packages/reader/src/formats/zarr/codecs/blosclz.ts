import { corrupt } from './codec.ts'
import { copyMatch } from './lz4.ts'

const MAX_DISTANCE = 8191

/**
 * One BloscLZ stream into exactly the bytes of `target` (c-blosc, blosclz: FastLZ with far matches).
 * @throws {ReaderError} `Corrupt` where it would leave either side.
 */
export function decodeBloscLz(source: Uint8Array, target: Uint8Array): void {
  const end = source.length
  const size = target.length
  const next = () => {
    if (at >= end) throw corrupt('blosclz', 'it ends within an instruction')
    return source[at++]!
  }
  let at = 0
  let to = 0
  let control = next() & 31
  for (;;) {
    if (control >= 32) {
      let length = (control >> 5) - 1
      let distance = (control & 31) << 8
      if (length === 6) {
        let more = 255
        while (more === 255) {
          more = next()
          length += more
        }
      }
      const low = next()
      length += 3
      if (low === 255 && distance === 31 << 8) {
        distance = next() << 8
        distance += next() + MAX_DISTANCE
      } else {
        distance += low
      }
      distance += 1
      if (distance > to || to + length > size) throw corrupt('blosclz', 'a match beyond the block')
      to = copyMatch(target, to, distance, length)
    } else {
      const literals = control + 1
      if (at + literals > end || to + literals > size) throw corrupt('blosclz', 'literals beyond the block')
      for (let i = 0; i < literals; i++) target[to + i] = source[at + i]!
      at += literals
      to += literals
    }
    if (at >= end) break
    control = source[at++]!
  }
  if (to !== size) throw corrupt('blosclz', `${to} bytes instead of the ${size} that are declared`)
}
