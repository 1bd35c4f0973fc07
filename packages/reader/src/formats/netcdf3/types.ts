import type { TypedArray } from '../../dataset.ts'

/** External types of the classic formats, by their number (NetCDF file format specifications, "nc_type"). */
export interface ExternalType {
  readonly dtype: string
  readonly bytes: 1 | 2 | 4 | 8
  /** Over bytes in the machine's order. */
  readonly view: (buffer: ArrayBuffer) => TypedArray
}

export const CHAR = 2

/** 7 and above exist in CDF-5 only. */
export const EXTERNAL_TYPES: ReadonlyMap<number, ExternalType> = new Map<number, ExternalType>([
  [1, { dtype: 'int8', bytes: 1, view: buffer => new Int8Array(buffer) }],
  [CHAR, { dtype: 'string', bytes: 1, view: buffer => new Uint8Array(buffer) }],
  [3, { dtype: 'int16', bytes: 2, view: buffer => new Int16Array(buffer) }],
  [4, { dtype: 'int32', bytes: 4, view: buffer => new Int32Array(buffer) }],
  [5, { dtype: 'float32', bytes: 4, view: buffer => new Float32Array(buffer) }],
  [6, { dtype: 'float64', bytes: 8, view: buffer => new Float64Array(buffer) }],
  [7, { dtype: 'uint8', bytes: 1, view: buffer => new Uint8Array(buffer) }],
  [8, { dtype: 'uint16', bytes: 2, view: buffer => new Uint16Array(buffer) }],
  [9, { dtype: 'uint32', bytes: 4, view: buffer => new Uint32Array(buffer) }],
  [10, { dtype: 'int64', bytes: 8, view: buffer => new BigInt64Array(buffer) }],
  [11, { dtype: 'uint64', bytes: 8, view: buffer => new BigUint64Array(buffer) }],
])

/** Big-endian bytes, which this turns round in place, as numbers of a type. `bytes` owns its whole buffer. */
export function fromBigEndian(type: ExternalType, bytes: Uint8Array<ArrayBuffer>): TypedArray {
  const buffer = Buffer.from(bytes.buffer)
  if (type.bytes === 2) buffer.swap16()
  if (type.bytes === 4) buffer.swap32()
  if (type.bytes === 8) buffer.swap64()
  return type.view(bytes.buffer)
}
