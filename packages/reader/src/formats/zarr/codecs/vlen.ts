import { corrupt } from './codec.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * numcodecs' vlen-utf8 and vlen-bytes: the number of items as uint32, then each one's length and bytes.
 * @throws {ReaderError} `Corrupt` where there are other than `count`, or they leave the chunk.
 */
export function decodeVariableLength(
  bytes: Uint8Array,
  count: number,
  text: boolean,
): (string | Uint8Array)[] {
  const name = text ? 'vlen-utf8' : 'vlen-bytes'
  if (bytes.length < 4) throw corrupt(name, 'shorter than its header')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const declared = view.getUint32(0, true)
  if (declared !== count) throw corrupt(name, `${declared} items in a chunk of ${count}`)
  if (count * 4 > bytes.length) throw corrupt(name, 'it ends before its items')
  const items: (string | Uint8Array)[] = new Array(count)
  let at = 4
  for (let i = 0; i < count; i++) {
    if (at + 4 > bytes.length) throw corrupt(name, 'it ends before its items')
    const length = view.getUint32(at, true)
    at += 4
    if (at + length > bytes.length) throw corrupt(name, `an item of ${length} bytes beyond the chunk`)
    const item = bytes.subarray(at, at + length)
    try {
      items[i] = text ? utf8.decode(item) : Uint8Array.from(item)
    } catch {
      throw corrupt(name, `item ${i} is not UTF-8`)
    }
    at += length
  }
  return items
}
