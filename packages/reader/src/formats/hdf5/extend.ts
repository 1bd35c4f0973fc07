import type { Values } from '../../dataset.ts'
import type { Attributes } from '../arrays/attributes.ts'

/** NetCDF's default fill values (netcdf.h, NC_FILL_*). */
const DEFAULTS: Readonly<Record<string, number | bigint>> = {
  int8: -127,
  uint8: 255,
  int16: -32767,
  uint16: 65535,
  int32: -2147483647,
  uint32: 4294967295,
  int64: -9223372036854775806n,
  uint64: 18446744073709551614n,
  float16: 9.969209968386869e36,
  float32: 9.969209968386869e36,
  float64: 9.969209968386869e36,
}

/** Values of a stored part, at the beginning of a larger shape whose other elements are fill values. */
export function extend(
  values: Values,
  from: readonly number[],
  to: readonly number[],
  dtype: string,
  attributes: Attributes,
): Values {
  const size = to.reduce((product, length) => product * length, 1)
  const filled = filledLike(values, size, dtype, attributes)
  const source = values as ArrayLike<unknown>
  const target = filled as unknown[]
  const row = from.at(-1) ?? 1
  for (let start = 0; start < source.length; start += row) {
    let [rest, at, stride] = [start / row, 0, to.at(-1) ?? 1]
    for (let axis = from.length - 2; axis >= 0; axis--) {
      at += (rest % from[axis]!) * stride
      rest = Math.floor(rest / from[axis]!)
      stride *= to[axis]!
    }
    for (let column = 0; column < row; column++) target[at + column] = source[start + column]
  }
  return filled
}

function filledLike(values: Values, size: number, dtype: string, { _FillValue }: Attributes): Values {
  if (!ArrayBuffer.isView(values)) {
    const fill = dtype === 'bool' ? false : typeof _FillValue === 'string' ? _FillValue : ''
    return new Array<string | boolean>(size).fill(fill)
  }
  const fill =
    typeof _FillValue === 'number' || typeof _FillValue === 'string' ? _FillValue : DEFAULTS[dtype]!
  if (values instanceof BigInt64Array) return new BigInt64Array(size).fill(BigInt(fill))
  if (values instanceof BigUint64Array) return new BigUint64Array(size).fill(BigInt(fill))
  const numbers = new (values.constructor as Float64ArrayConstructor)(size)
  return numbers.fill(Number(fill))
}
