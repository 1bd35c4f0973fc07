import { ReaderError } from '../../errors.ts'

/** An LZ4 frame (lz4_Frame_format.md) of which the length before compression is known. @throws {ReaderError} `Corrupt`. */
export function readLz4Frame(bytes: Uint8Array, length: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 7 || view.getUint32(0, true) !== 0x184d2204)
    throw corrupt('does not begin as a frame does')
  if (length > bytes.length * 260 + 64) throw corrupt(`cannot hold ${length} bytes`)
  const flags = bytes[4]!
  const [hasBlockSum, hasSize, hasDictionary] = [flags & 0x10, flags & 0x08, flags & 0x01]
  const output = new Uint8Array(length)
  let at = 7 + (hasSize ? 8 : 0) + (hasDictionary ? 4 : 0)
  let done = 0
  for (;;) {
    if (at + 4 > bytes.length) throw corrupt('does not end')
    const word = view.getUint32(at, true)
    at += 4
    if (word === 0) break
    const size = word & 0x7fffffff
    if (at + size > bytes.length) throw corrupt('ends within a block')
    const block = bytes.subarray(at, at + size)
    if (word >= 0x80000000) {
      if (done + size > length) throw corrupt(`holds more than ${length} bytes`)
      output.set(block, done)
      done += size
    } else done = readBlock(block, output, done)
    at += size + (hasBlockSum ? 4 : 0)
  }
  if (done !== length) throw corrupt(`holds ${done} bytes where ${length} are said`)
  return output
}

/** One block, which may refer to what earlier ones left in the output (lz4_Block_format.md). */
function readBlock(block: Uint8Array, output: Uint8Array, from: number): number {
  let done = from
  let at = 0
  const more = (length: number): number => {
    if (length !== 15) return length
    let sum = length
    for (;;) {
      if (at >= block.length) throw corrupt('ends within a length')
      const byte = block[at++]!
      sum += byte
      if (byte !== 255) return sum
    }
  }
  while (at < block.length) {
    const token = block[at++]!
    const literals = more(token >> 4)
    if (at + literals > block.length || done + literals > output.length)
      throw corrupt('has literals beyond its end')
    output.set(block.subarray(at, at + literals), done)
    at += literals
    done += literals
    if (at >= block.length) break
    const offset = block[at]! | (block[at + 1]! << 8)
    at += 2
    const length = more(token & 15) + 4
    if (offset === 0 || offset > done || done + length > output.length)
      throw corrupt('repeats what is not there')
    if (offset >= length) output.copyWithin(done, done - offset, done - offset + length)
    else for (let i = 0; i < length; i++) output[done + i] = output[done + i - offset]!
    done += length
  }
  return done
}

function corrupt(why: string): ReaderError {
  return new ReaderError('Corrupt', `an LZ4 buffer of the Arrow data ${why}`)
}
