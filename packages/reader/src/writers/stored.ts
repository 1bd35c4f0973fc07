import { type Packing, packingOf } from '../cf/packing.ts'
import type { Values } from '../dataset.ts'
import { ReaderError } from '../errors.ts'
import type { Variable } from '../model.ts'

/** A variable as an array store is to hold it: the values as they were stored, with what says how to read them. */
export interface Stored {
  /** `int8` … `uint64`, `float16` … `float64`, `bool`, `string`, `bytes`, `complex64`, `complex128`. */
  readonly dtype: string
  /** Without `_FillValue`. */
  readonly attributes: Readonly<Record<string, unknown>>
  /** What missing elements hold, where the data says so. */
  readonly fill?: number | bigint | string
}

/** NumPy's datetimes become numbers with CF units; a fill value of the format becomes one of the conventions. */
export function storedOf(variable: Variable, format: string): Stored {
  const { _FillValue, ...attributes } = variable.attributes
  const packing = packingOf(variable, format)
  const fill = fillOf(variable, packing)
  const base = {
    attributes: withUnits(attributes, variable, packing),
    ...(fill === undefined ? {} : { fill }),
  }
  const dtype =
    variable.dtype.startsWith('datetime64') || variable.dtype.startsWith('timedelta64')
      ? 'int64'
      : variable.dtype
  if (!DTYPES.has(dtype))
    throw new ReaderError(
      'Unsupported',
      `'${variable.name}' has the type ${variable.dtype}, which no export format holds`,
      {
        variable: variable.name,
      },
    )
  return { ...base, dtype }
}

const DTYPES = new Set([
  ...['int', 'uint'].flatMap(kind => [8, 16, 32, 64].map(bits => `${kind}${bits}`)),
  ...['float16', 'float32', 'float64', 'complex64', 'complex128', 'bool', 'string', 'bytes'],
])

/** What marks missing elements, as stored: of all that does, the first that the type can hold. */
function fillOf(variable: Variable, { missing, turnSign }: Packing): number | bigint | string | undefined {
  const hasOwn = variable.attributes._FillValue !== undefined
  if (!hasOwn && (variable.fill === undefined || variable.fill === null)) return undefined
  if (!hasOwn && variable.attributes.missing_value !== undefined && missing.length < 2) return undefined
  return missing
    .map(value => (turnSign === undefined ? value : turnedBack(value, turnSign)))
    .find(value => holds(variable.dtype, value))
}

/** To the sign under which it is stored. */
function turnedBack(
  value: number | bigint | string,
  { bits, to }: NonNullable<Packing['turnSign']>,
): number | bigint | string {
  if (typeof value === 'string') return value
  if (typeof value === 'bigint')
    return to === 'unsigned' ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value)
  const size = 2 ** bits
  if (to === 'unsigned') return value >= size / 2 ? value - size : value
  return value < 0 ? value + size : value
}

/** Whether elements of that type can have that value: integers are whole and within their range. */
export function holds(dtype: string, value: number | bigint | string): boolean {
  const [, unsigned, width] = /^(u?)int(\d+)$/.exec(dtype) ?? []
  if (width === undefined) return dtype === 'string' || dtype === 'bytes' || typeof value !== 'string'
  if (typeof value === 'string' || (typeof value === 'number' && !Number.isInteger(value))) return false
  const whole = BigInt(value)
  const bits = Number(width)
  return whole === (unsigned ? BigInt.asUintN(bits, whole) : BigInt.asIntN(bits, whole))
}

function withUnits(
  attributes: Readonly<Record<string, unknown>>,
  { dtype, units, scale, offset }: Variable,
  { time }: Packing,
): Readonly<Record<string, unknown>> {
  const numpy =
    dtype.startsWith('datetime64') && time !== undefined
      ? { units: `${unitName(time.unit)} since 1970-01-01`, calendar: 'proleptic_gregorian' }
      : {}
  return {
    ...(units !== undefined && attributes.units === undefined ? { units } : {}),
    ...(scale !== undefined && attributes.scale_factor === undefined ? { scale_factor: scale } : {}),
    ...(offset !== undefined && attributes.add_offset === undefined ? { add_offset: offset } : {}),
    ...attributes,
    ...numpy,
  }
}

const UNIT_NAMES: readonly (readonly [bigint, string])[] = [
  [86_400_000_000_000n, 'days'],
  [3_600_000_000_000n, 'hours'],
  [60_000_000_000n, 'minutes'],
  [1_000_000_000n, 'seconds'],
  [1_000_000n, 'milliseconds'],
  [1_000n, 'microseconds'],
  [1n, 'nanoseconds'],
]

function unitName(unit: bigint): string {
  const name = UNIT_NAMES.find(([length]) => length === unit)?.[1]
  if (name === undefined)
    throw new ReaderError(
      'Unsupported',
      `times in units of ${unit} nanoseconds have no name in the CF conventions`,
    )
  return name
}

/** Bytes of one element, 0 where their number varies. */
export function bytesPerElement(dtype: string): number {
  if (dtype === 'bool') return 1
  const bits = Number(/\d+$/.exec(dtype)?.[0] ?? 0)
  return bits / 8
}

/** Elements of a fixed-size type, little-endian. Float16 comes as float32. */
export function littleEndian(values: Values, dtype: string): Uint8Array {
  if (dtype === 'float16') return bytesOf(new Float16(values as Float32Array))
  if (dtype === 'bool') return Uint8Array.from(values as ArrayLike<unknown>, value => (value ? 1 : 0))
  if (!ArrayBuffer.isView(values)) throw new ReaderError('Corrupt', `values of type ${dtype} came as a list`)
  return bytesOf(values)
}

const Float16 = (globalThis as unknown as { Float16Array: new (values: Float32Array) => ArrayBufferView })
  .Float16Array

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}

/** Variable-length texts or bytes as Zarr's `vlen-utf8` and `vlen-bytes` lay them out: a count, then length and bytes of each. */
export function variableLength(values: ArrayLike<unknown>): Uint8Array {
  const items = Array.from(values, value =>
    value instanceof Uint8Array ? value : new TextEncoder().encode(String(value ?? '')),
  )
  const result = Buffer.alloc(items.reduce((sum, item) => sum + 4 + item.length, 4))
  result.writeUInt32LE(items.length, 0)
  let at = 4
  for (const item of items) {
    result.writeUInt32LE(item.length, at)
    result.set(item, at + 4)
    at += 4 + item.length
  }
  return result
}
