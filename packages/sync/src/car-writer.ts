/** Writing CAR version 1. https://ipld.io/specs/transport/car/carv1/ */
import type { BinaryCid } from './cid.ts'

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left])
    bytes.push((left % 128) | 128)
  }
}

/** `{roots: [root], version: 1}` as DAG-CBOR. */
function header(root: BinaryCid): Buffer {
  return Buffer.concat([
    Buffer.from('a265726f6f747381d82a582500', 'hex'),
    Buffer.from(root, 'latin1'),
    Buffer.from('6776657273696f6e01', 'hex'),
  ])
}

/** A CAR of blocks in the order in which they are given. */
export function writeCar(root: BinaryCid, blocks: Iterable<readonly [BinaryCid, Uint8Array]>): Buffer {
  const head = header(root)
  const parts: Uint8Array[] = [varint(head.length), head]
  for (const [cid, block] of blocks)
    parts.push(varint(cid.length + block.length), Buffer.from(cid, 'latin1'), block)
  return Buffer.concat(parts)
}
