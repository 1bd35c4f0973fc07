import type { Values } from '../../dataset.ts'
import { arrayOver } from '../arrays/array-over.ts'
import { halves } from '../arrays/half.ts'
import { textOf } from '../arrays/text.ts'
import type { ElementType } from './element-type.ts'

const MAX_TEXT = 16 * 1024 * 1024

/**
 * Elements as the library left them in memory, as values.
 * @param bytes a copy whose buffer is its own
 * @param heap the library's memory, where texts of variable length lie
 */
export function decode(type: ElementType, bytes: Uint8Array<ArrayBuffer>, heap: Uint8Array): Values {
  const { buffer } = bytes
  switch (type.kind) {
    case 'numbers':
      if (type.swap) swap(bytes, type.bytes)
      return arrayOver(type.dtype, buffer)
    case 'complex':
      return type.dtype === 'complex64' ? new Float32Array(buffer) : new Float64Array(buffer)
    case 'half':
      return halves(buffer)
    case 'bool':
      return Array.from(bytes, value => value !== 0)
    case 'text':
      return elements(bytes, type.bytes, textOf)
    case 'bytes':
      return elements(bytes, type.bytes, element => element.slice())
    case 'texts':
      return Array.from(new Uint32Array(buffer), pointer => textAt(heap, pointer))
    case undefined:
      throw new Error(`elements of type ${type.dtype} cannot be read`)
  }
}

function elements<T>(bytes: Uint8Array, size: number, element: (bytes: Uint8Array) => T): T[] {
  return Array.from({ length: bytes.length / size }, (_, at) =>
    element(bytes.subarray(at * size, (at + 1) * size)),
  )
}

function textAt(heap: Uint8Array, pointer: number): string {
  if (pointer === 0) return ''
  const end = heap.indexOf(0, pointer)
  if (end < 0 || end - pointer > MAX_TEXT) throw new Error('a text has no end')
  return textOf(heap.subarray(pointer, end))
}

function swap(bytes: Uint8Array, size: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (size === 2) buffer.swap16()
  if (size === 4) buffer.swap32()
  if (size === 8) buffer.swap64()
}
