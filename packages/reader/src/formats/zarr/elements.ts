import { ReaderError } from '../../errors.ts'
import { type DataType, type Elements, floatsOf } from './data-type.ts'

const NATIVE_BIG = new Uint8Array(new Uint16Array([1]).buffer)[0] === 0

/** Elements of a fixed size from their bytes; these may be swapped in place and shared with the answer. */
export function elementsOfBytes(bytes: Uint8Array, type: DataType, big: boolean): Elements {
  if (type.kind === 'raw' || type.kind === 'bytes') return slices(bytes, type)
  const data = big !== NATIVE_BIG && type.wordSize > 1 ? swapped(bytes, type.wordSize) : bytes
  if (type.kind === 'text') return texts(aligned(data, 4), type)
  const words = type.words!
  const source = aligned(data, words.BYTES_PER_ELEMENT)
  const view = new words(
    source.buffer as ArrayBuffer,
    source.byteOffset,
    source.length / words.BYTES_PER_ELEMENT,
  )
  return type.kind === 'half' ? floatsOf(view as Uint16Array) : view
}

function aligned(bytes: Uint8Array, wordSize: number): Uint8Array {
  return bytes.byteOffset % wordSize === 0 ? bytes : Uint8Array.from(bytes)
}

function swapped(bytes: Uint8Array, wordSize: number): Uint8Array {
  const copy = Buffer.from(bytes)
  if (wordSize === 2) return copy.swap16()
  if (wordSize === 4) return copy.swap32()
  return copy.swap64()
}

/** NumPy drops trailing NULs of bytes (`S`); void and raw bits (`V`, `r*`) keep them. */
function slices(bytes: Uint8Array, { kind, itemSize }: DataType): Uint8Array[] {
  const count = itemSize === 0 ? 0 : bytes.length / itemSize
  const items: Uint8Array[] = new Array(count)
  for (let i = 0; i < count; i++) {
    let end = (i + 1) * itemSize
    if (kind === 'bytes') while (end > i * itemSize && bytes[end - 1] === 0) end--
    items[i] = bytes.slice(i * itemSize, end)
  }
  return items
}

function texts(bytes: Uint8Array, { itemSize }: DataType): string[] {
  const points = new Uint32Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length / 4)
  const length = itemSize / 4
  const count = length === 0 ? 0 : points.length / length
  const items: string[] = new Array(count)
  for (let i = 0; i < count; i++) {
    let end = (i + 1) * length
    while (end > i * length && points[end - 1] === 0) end--
    let text = ''
    for (let at = i * length; at < end; at++) {
      if (points[at]! > 0x10ffff)
        throw new ReaderError(
          'Corrupt',
          `code point ${points[at]} in a string of fixed length is beyond Unicode`,
        )
      text += String.fromCodePoint(points[at]!)
    }
    items[i] = text
  }
  return items
}
