import { ReaderError } from '../../errors.ts'
import { type DataType, type Elements, emptyElements, floatsOf } from './data-type.ts'
import { elementsOfBytes } from './elements.ts'

const NAMED: Readonly<Record<string, number>> = { NaN: NaN, Infinity: Infinity, '-Infinity': -Infinity }

/**
 * One element from a `fill_value` of either version; zero, empty or false where it is null or absent.
 * @throws {ReaderError} `Corrupt` where it is no value of the type.
 */
export function fillOf(type: DataType, value: unknown, path: string): Elements {
  const fill = emptyElements(type, 1)
  const refuse = () =>
    new ReaderError(
      'Corrupt',
      `'${path}': 'fill_value' ${JSON.stringify(value)?.slice(0, 100)} is no ${type.name}`,
      {
        path,
        field: 'fill_value',
      },
    )
  const absent = value === null || value === undefined
  switch (type.kind) {
    case 'string':
    case 'text':
      return [absent || value === 0 ? '' : typeof value === 'string' ? value : String(value)]
    case 'blob':
    case 'bytes':
    case 'raw':
      return [
        absent || value === 0
          ? new Uint8Array(type.kind === 'raw' ? type.itemSize : 0)
          : bytesOf(value, type, refuse),
      ]
    case 'boolean':
      if (absent) return fill
      if (value !== true && value !== false && value !== 0 && value !== 1) throw refuse()
      fill[0] = value ? 1 : 0
      return fill
    case 'complex': {
      if (absent) return fill
      const pair = Array.isArray(value) ? value : (packedPair(value, type) ?? [value, 0])
      if (pair.length !== 2) throw refuse()
      pair.forEach((part, i) => {
        fill[i] = floatOf(part, type.wordSize, refuse)
      })
      return fill
    }
    case 'half':
      if (!absent) fill[0] = floatOf(value, 2, refuse)
      return fill
    case 'number':
      if (absent) return fill
      if (/^(datetime|timedelta)/.test(type.name) && value === 'NaT') fill[0] = -(2n ** 63n)
      else if (/float/.test(type.name)) fill[0] = floatOf(value, type.itemSize, refuse)
      else fill[0] = integerOf(value, fill, type, refuse)
      return fill
  }
}

function integerOf(value: unknown, like: Elements, type: DataType, refuse: () => Error): number | bigint {
  let integer: bigint
  try {
    // NumPy's writers state some integers as floats (`0.0`).
    integer = BigInt(value as string | number)
  } catch {
    // zarr-python 2 wrote NaN for integers in some versions; nothing else that is no integer is taken.
    throw refuse()
  }
  const bits = type.itemSize * 8
  const fits = /uint/.test(type.name) ? BigInt.asUintN(bits, integer) : BigInt.asIntN(bits, integer)
  if (fits !== integer) throw refuse()
  return like instanceof BigInt64Array || like instanceof BigUint64Array ? integer : Number(integer)
}

function floatOf(value: unknown, size: number, refuse: () => Error): number {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') throw refuse()
  if (Object.hasOwn(NAMED, value)) return NAMED[value]!
  // Zarr v3: the bits of the number, for a NaN with a payload.
  if (/^0x[0-9a-fA-F]+$/.test(value)) {
    const bits = BigInt.asUintN(64, BigInt(value))
    if (size === 2) return floatsOf(Uint16Array.of(Number(bits & 0xffffn)))[0]!
    const words = new DataView(new ArrayBuffer(8))
    if (size === 4) {
      words.setUint32(0, Number(bits & 0xffffffffn))
      return words.getFloat32(0)
    }
    words.setBigUint64(0, bits)
    return words.getFloat64(0)
  }
  const number = value.trim() === '' ? NaN : Number(value)
  if (Number.isNaN(number)) throw refuse()
  return number
}

/** Zarr v2 writes bytes as base64; v3's raw bits are a list of bytes. */
function bytesOf(value: unknown, type: DataType, refuse: () => Error): Uint8Array {
  if (Array.isArray(value) && value.every(byte => Number.isInteger(byte) && byte >= 0 && byte < 256))
    return Uint8Array.from(value)
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) throw refuse()
  const bytes = Uint8Array.from(Buffer.from(value, 'base64'))
  if (type.kind === 'blob') return bytes
  const whole = new Uint8Array(type.itemSize)
  whole.set(bytes.subarray(0, type.itemSize))
  return elementsOfBytes(whole, type, false)[0] as Uint8Array
}

/** Zarr v2 writes complex numbers as base64 of their bytes. */
function packedPair(value: unknown, type: DataType): number[] | undefined {
  if (typeof value !== 'string') return undefined
  const bytes = Uint8Array.from(Buffer.from(value, 'base64'))
  return bytes.length === type.itemSize
    ? Array.from(elementsOfBytes(bytes, type, false) as Float64Array)
    : undefined
}

/** As JSON holds it: an int64 as a decimal string, NaN by name. */
export function fillLabel(type: DataType, fill: Elements): number | string | boolean | null {
  const [first] = fill
  if (typeof first === 'bigint') return String(first)
  if (typeof first === 'number') {
    if (type.kind === 'boolean') return first !== 0
    return Number.isFinite(first) ? first : String(first)
  }
  return typeof first === 'string' ? first : null
}
