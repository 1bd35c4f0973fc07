/** numcodecs' numeric filters. Their own `dtype` and `astype` say what their bytes hold. */

import type { TypedArray } from '../../../dataset.ts'
import { ReaderError } from '../../../errors.ts'
import { type DataType, dataTypeV2, dataTypeV3 } from '../data-type.ts'
import { elementsOfBytes } from '../elements.ts'
import type { JsonObject } from '../json.ts'
import { type Codec, corrupt } from './codec.ts'
import { unshuffle } from './shuffle.ts'

interface Numbers {
  readonly type: DataType
  readonly big: boolean
}

export function filterCodec(name: string, configuration: JsonObject): Codec | undefined {
  if (name === 'delta')
    return delta(numbers(configuration, 'dtype'), numbers(configuration, 'astype', 'dtype'))
  if (name === 'fixedscaleoffset') return fixedScaleOffset(configuration)
  if (name === 'shuffle') return shuffle(Number(configuration.elementsize ?? 4))
  if (name === 'packbits') return PACK_BITS
  if (name === 'bitround') return unchanged(name)
  if (name === 'quantize' && (configuration.astype ?? configuration.dtype) === configuration.dtype)
    return unchanged(name)
  if (name === 'astype')
    return asType(numbers(configuration, 'decode_dtype'), numbers(configuration, 'encode_dtype'))
  return undefined
}

function numbers(configuration: JsonObject, ...keys: readonly string[]): Numbers {
  const dtype = keys.map(key => configuration[key]).find(value => value !== undefined && value !== null)
  const isName = typeof dtype === 'string' && /^(u?int|float)\d+$/.test(dtype)
  const { type, big } = isName ? { type: dataTypeV3(dtype), big: false } : dataTypeV2(dtype, [])
  if (type.kind !== 'number')
    throw new ReaderError('Unsupported', `a filter of ${type.name} values is not read`)
  return { type, big }
}

function viewOf(name: string, bytes: Uint8Array, { type, big }: Numbers): TypedArray {
  if (bytes.length % type.itemSize !== 0)
    throw corrupt(name, `${bytes.length} bytes are no whole number of ${type.name}`)
  return elementsOfBytes(bytes, type, big) as TypedArray
}

/** The bytes of values in the machine's order become those of the declared one. */
function bytesOf(values: TypedArray, { type, big }: Numbers): Uint8Array {
  const bytes = new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength)
  if (!big) return bytes
  const swapped = elementsOfBytes(bytes, type, true) as TypedArray
  return new Uint8Array(swapped.buffer as ArrayBuffer, swapped.byteOffset, swapped.byteLength)
}

function scaled(name: string, to: Numbers, from: Numbers, decode: Codec['decode']): Codec {
  const ratio = from.type.itemSize / to.type.itemSize
  return { name, compresses: false, encodedSize: decoded => decoded * ratio, decode }
}

function delta(to: Numbers, from: Numbers): Codec {
  const convert = converter(to.type)
  return scaled('delta', to, from, bytes => {
    const steps = viewOf('delta', bytes, from)
    const values = new to.type.words!(steps.length) as Float64Array
    if (steps.length > 0) values[0] = convert(steps[0]!)
    // Typed arrays wrap and round as NumPy's cumulative sum does; bigints add to bigints.
    for (let i = 1; i < steps.length; i++) values[i] = values[i - 1]! + convert(steps[i]!)
    return bytesOf(values, to)
  })
}

/** From what one typed array holds to what another takes: bigints where it has 64-bit integers, whole numbers in integers. */
function converter({ name }: DataType): (value: number | bigint) => number {
  if (/int64/.test(name))
    return value => (typeof value === 'bigint' ? value : BigInt(Math.trunc(value))) as unknown as number
  return value => Number(value)
}

function fixedScaleOffset(configuration: JsonObject): Codec {
  const to = numbers(configuration, 'dtype')
  const from = numbers(configuration, 'astype', 'dtype')
  const scale = Number(configuration.scale)
  const offset = Number(configuration.offset)
  if (!Number.isFinite(scale) || !Number.isFinite(offset) || to.type.itemSize + from.type.itemSize < 2)
    throw new ReaderError(
      'Corrupt',
      `fixedscaleoffset: scale ${configuration.scale}, offset ${configuration.offset}`,
    )
  const single = from.type.name === 'float32'
  const convert = converter(to.type)
  return scaled('fixedscaleoffset', to, from, bytes => {
    const stored = viewOf('fixedscaleoffset', bytes, from)
    const values = new to.type.words!(stored.length) as Float64Array
    for (let i = 0; i < stored.length; i++) {
      const quotient = Number(stored[i]) / scale
      values[i] = convert(
        single ? Math.fround(Math.fround(quotient) + Math.fround(offset)) : quotient + offset,
      )
    }
    return bytesOf(values, to)
  })
}

function asType(to: Numbers, from: Numbers): Codec {
  const convert = converter(to.type)
  return scaled('astype', to, from, bytes => {
    const stored = viewOf('astype', bytes, from)
    const values = new to.type.words!(stored.length) as Float64Array
    for (let i = 0; i < stored.length; i++) values[i] = convert(stored[i]!)
    return bytesOf(values, to)
  })
}

function shuffle(itemSize: number): Codec {
  if (!Number.isInteger(itemSize) || itemSize < 1 || itemSize > 1024)
    throw new ReaderError('Corrupt', `shuffle: elementsize ${itemSize}`)
  return {
    name: 'shuffle',
    compresses: false,
    encodedSize: decoded => decoded,
    decode(bytes) {
      const target = new Uint8Array(bytes.length)
      unshuffle(bytes, target, itemSize)
      return target
    },
  }
}

function unchanged(name: string): Codec {
  return { name, compresses: false, encodedSize: decoded => decoded, decode: bytes => bytes }
}

/** Booleans as bits, the first the highest; the first byte counts the bits that pad the last. */
const PACK_BITS: Codec = {
  name: 'packbits',
  compresses: false,
  encodedSize: decoded => 1 + Math.ceil(decoded / 8),
  decode(bytes, limit) {
    const padding = bytes[0] ?? 0
    const size = Math.max(0, (bytes.length - 1) * 8 - padding)
    if (padding > 7 || size > limit)
      throw corrupt('packbits', `${size} values, more than the ${limit} of the chunk`)
    return Uint8Array.from({ length: size }, (_, i) => (bytes[1 + (i >> 3)]! >> (7 - (i & 7))) & 1)
  },
}
