import type { TypedArray } from '../../dataset.ts'

const VIEWS: Readonly<Record<string, (buffer: ArrayBuffer) => TypedArray>> = {
  int8: buffer => new Int8Array(buffer),
  uint8: buffer => new Uint8Array(buffer),
  int16: buffer => new Int16Array(buffer),
  uint16: buffer => new Uint16Array(buffer),
  int32: buffer => new Int32Array(buffer),
  uint32: buffer => new Uint32Array(buffer),
  int64: buffer => new BigInt64Array(buffer),
  uint64: buffer => new BigUint64Array(buffer),
  float16: buffer => new Float32Array(buffer),
  float32: buffer => new Float32Array(buffer),
  float64: buffer => new Float64Array(buffer),
  complex64: buffer => new Float32Array(buffer),
  complex128: buffer => new Float64Array(buffer),
}

/** Values of a type of numbers over a buffer that holds them as `Values` has them: float16 as float32, complex ones as pairs. */
export function arrayOver(dtype: string, buffer: ArrayBuffer): TypedArray {
  return VIEWS[dtype]!(buffer)
}
