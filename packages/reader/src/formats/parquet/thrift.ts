import { ReaderError } from '../../errors.ts'

/**
 * Thrift's compact protocol, as Parquet's footers, page headers and indexes are written in (thrift-compact-protocol.md). Every
 * length is held against the bytes that are there before anything is allocated, and nesting is bounded.
 */
export type Thrift = boolean | number | bigint | Uint8Array | readonly Thrift[] | ThriftStruct

/** Fields by their ids. */
export interface ThriftStruct {
  readonly [id: number]: Thrift
}

/** The bytes end before the structure does: a longer read may hold it. */
export class ThriftTruncated extends Error {}

const MAX_DEPTH = 32
const [TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, STRUCT] = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12,
]

/** The structure at an offset, and where it ends. @throws {ThriftTruncated} @throws {ReaderError} `Corrupt`. */
export function readThrift(
  bytes: Uint8Array,
  offset = 0,
): { readonly value: ThriftStruct; readonly end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = offset

  function byte(): number {
    if (at >= bytes.length) throw new ThriftTruncated()
    return bytes[at++]!
  }

  function varint(): bigint | number {
    let low = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const part = byte()
      low += (part & 0x7f) * 2 ** shift
      if (part < 0x80) return low
    }
    let value = BigInt(low)
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const part = byte()
      value |= BigInt(part & 0x7f) << shift
      if (part < 0x80) return BigInt.asUintN(64, value)
    }
    throw corrupt('a number has more than 64 bits')
  }

  function integer(): number | bigint {
    const folded = varint()
    if (typeof folded === 'number') return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2
    const value = (folded >> 1n) ^ -(folded & 1n)
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value
  }

  function length(what: string): number {
    const count = Number(varint())
    if (count > 0x7fffffff) throw corrupt(`a ${what} claims ${count} elements`)
    if (at + count > bytes.length) throw new ThriftTruncated()
    return count
  }

  function element(type: number, depth: number): Thrift {
    switch (type) {
      case TRUE:
        return true
      case FALSE:
        return false
      case BYTE:
        return (byte() << 24) >> 24
      case I16:
      case I32:
      case I64:
        return integer()
      case DOUBLE:
        if (at + 8 > bytes.length) throw new ThriftTruncated()
        at += 8
        return view.getFloat64(at - 8, true)
      case BINARY: {
        const count = length('text')
        at += count
        return bytes.subarray(at - count, at)
      }
      case LIST:
      case SET:
        return list(depth + 1)
      case STRUCT:
        return struct(depth + 1)
      default:
        throw corrupt(`type ${type} does not occur in Parquet`)
    }
  }

  function list(depth: number): readonly Thrift[] {
    if (depth > MAX_DEPTH) throw corrupt('structures nest too deep')
    const header = byte()
    const type = header & 0x0f
    const count = header >> 4 === 15 ? length('list') : header >> 4
    const values: Thrift[] = []
    for (let i = 0; i < count; i++)
      values.push(type === TRUE || type === FALSE ? byte() === TRUE : element(type, depth))
    return values
  }

  function struct(depth: number): ThriftStruct {
    if (depth > MAX_DEPTH) throw corrupt('structures nest too deep')
    const fields: Record<number, Thrift> = {}
    let id = 0
    for (;;) {
      const header = byte()
      if (header === 0) return fields
      id = header >> 4 === 0 ? Number(integer()) : id + (header >> 4)
      fields[id] = element(header & 0x0f, depth)
    }
  }

  const value = struct(0)
  return { value, end: at }
}

function corrupt(why: string): ReaderError {
  return new ReaderError('Corrupt', `Parquet metadata: ${why}`)
}

const text = new TextDecoder()

export function textField(value: Thrift | undefined): string | undefined {
  return value instanceof Uint8Array ? text.decode(value) : undefined
}

export function bytesField(value: Thrift | undefined): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined
}

export function listField(value: Thrift | undefined): readonly Thrift[] {
  return Array.isArray(value) ? (value as readonly Thrift[]) : []
}

export function structField(value: Thrift | undefined): ThriftStruct | undefined {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array)
    ? (value as ThriftStruct)
    : undefined
}

/** A whole number that counts or measures something: not negative, exact. @throws {ReaderError} `Corrupt` names the field. */
export function countField(value: Thrift | undefined, field: string): number {
  const count = optionalCount(value, field)
  if (count === undefined) throw corrupt(`'${field}' is missing`)
  return count
}

export function optionalCount(value: Thrift | undefined, field: string): number | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw corrupt(`'${field}' is ${typeof value === 'object' ? 'no number' : value}: it must be a count`)
  return value
}
