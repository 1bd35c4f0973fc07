/** Blocks of repositories as tables hold them. */
import { nsid } from '@frost/lexicon'
import { keysWith } from '@frost/sync'
import { type BinaryCid, cidOfBlock } from '@frost/sync/cid'

/** Keys of all records under FROST's authority. */
export const FROST_KEYS = keysWith(nsid(''))

/** Blocks one after another, each behind its length. */
export function packed(blocks: Iterable<Uint8Array>): Buffer {
  return Buffer.concat(
    [...blocks].flatMap(block => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(block.length)
      return [length, block]
    }),
  )
}

export function unpacked(bytes: Uint8Array): Map<BinaryCid, Uint8Array> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const blocks = new Map<BinaryCid, Uint8Array>()
  for (let at = 0; at < buffer.length; ) {
    const end = at + 4 + buffer.readUInt32BE(at)
    const block = buffer.subarray(at + 4, end)
    blocks.set(cidOfBlock(block), block)
    at = end
  }
  return blocks
}
