import { clockTextOf, dateOf, momentOf, momentText, type TimeUnit } from '../../table/moments.ts'
import { decimalText, decimalTypeName, kindOf, timestampType } from '../../table/types.ts'
import { structField, type ThriftStruct } from './thrift.ts'

export type Physical =
  | 'BOOLEAN'
  | 'INT32'
  | 'INT64'
  | 'INT96'
  | 'FLOAT'
  | 'DOUBLE'
  | 'BYTE_ARRAY'
  | 'FIXED_LEN_BYTE_ARRAY'

/** Values as a page holds them: numbers in typed arrays; booleans as 0 and 1; byte arrays (and INT96) one by one. */
export type Raw =
  | Uint8Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | readonly Uint8Array[]

export interface LeafType {
  /** By Arrow's name. */
  readonly type: string
  /** Bytes of one value, of a FIXED_LEN_BYTE_ARRAY. */
  readonly width: number
  /** Values as `table/types.ts` describes them. */
  convert(raw: Raw): ArrayLike<unknown>
  /** Whether the order of the physical values is that of the type, so that even the deprecated statistics hold. */
  readonly signedOrder: boolean
}

export interface Leaf extends LeafType {
  readonly physical: Physical
  /** Which column chunk of each row group. */
  readonly index: number
  readonly path: readonly string[]
  readonly defined: number
  readonly repeated: number
}

type Converter = (raw: Raw) => ArrayLike<unknown>

const same: Converter = raw => raw
const each =
  <T>(convert: (value: T) => unknown): Converter =>
  raw => {
    const from = raw as unknown as ArrayLike<T>
    const values: unknown[] = []
    for (let i = 0; i < from.length; i++) values.push(convert(from[i]!))
    return values
  }

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const utf8 = each((bytes: Uint8Array) => decoder.decode(bytes))

/** ConvertedType of parquet.thrift. */
const CONVERTED = {
  UTF8: 0,
  ENUM: 4,
  DECIMAL: 5,
  DATE: 6,
  TIME_MILLIS: 7,
  TIME_MICROS: 8,
  TIMESTAMP_MILLIS: 9,
  TIMESTAMP_MICROS: 10,
  UINT_8: 11,
  UINT_64: 14,
  INT_8: 15,
  INT_64: 18,
  JSON: 19,
  INTERVAL: 21,
} as const
/** Fields of the LogicalType union of parquet.thrift. */
const LOGICAL = {
  STRING: 1,
  ENUM: 4,
  DECIMAL: 5,
  DATE: 6,
  TIME: 7,
  TIMESTAMP: 8,
  INTEGER: 10,
  UNKNOWN: 11,
  JSON: 12,
  UUID: 14,
  FLOAT16: 15,
} as const

/** What a leaf's values are, from its SchemaElement; an annotation that is unknown or does not fit leaves the physical type. */
export function leafTypeOf(element: ThriftStruct, physical: Physical): LeafType {
  const width = Number(element[2] ?? 0)
  const made = annotated(element, physical, width) ?? plain(physical, width)
  const signedOrder = ['integer', 'float', 'boolean', 'date', 'timestamp', 'time'].includes(kindOf(made.type))
  return { ...made, width, signedOrder: signedOrder && !made.type.startsWith('uint') && physical !== 'INT96' }
}

type Made = Pick<LeafType, 'type' | 'convert'>

function plain(physical: Physical, width: number): Made {
  switch (physical) {
    case 'BOOLEAN':
      return { type: 'bool', convert: each((value: number) => value !== 0) }
    case 'INT32':
      return { type: 'int32', convert: same }
    case 'INT64':
      return { type: 'int64', convert: same }
    case 'INT96':
      return { type: 'timestamp[ns]', convert: each(int96Text) }
    case 'FLOAT':
      return { type: 'float', convert: same }
    case 'DOUBLE':
      return { type: 'double', convert: same }
    case 'BYTE_ARRAY':
      return { type: 'binary', convert: same }
    case 'FIXED_LEN_BYTE_ARRAY':
      return { type: `fixed_size_binary[${width}]`, convert: same }
  }
}

function annotated(element: ThriftStruct, physical: Physical, width: number): Made | undefined {
  const logical = structField(element[10]) ?? {}
  const converted = element[6]
  const says = (id: number) => structField(logical[id])
  const isBytes = physical === 'BYTE_ARRAY' || physical === 'FIXED_LEN_BYTE_ARRAY'
  if (says(LOGICAL.UNKNOWN)) return { type: 'null', convert: same }
  const decimal = says(LOGICAL.DECIMAL)
  if (decimal !== undefined || converted === CONVERTED.DECIMAL)
    return decimalOf(
      Number(decimal?.[2] ?? element[8] ?? 0),
      Number(decimal?.[1] ?? element[7] ?? 0),
      physical,
    )
  if (isBytes) return bytesOf(says, converted, physical, width)
  if (physical === 'INT32') return int32Of(says, converted)
  if (physical === 'INT64') return int64Of(says, converted)
  return undefined
}

type Says = (id: number) => ThriftStruct | undefined

function bytesOf(says: Says, converted: unknown, physical: Physical, width: number): Made | undefined {
  if (
    says(LOGICAL.STRING) ||
    says(LOGICAL.ENUM) ||
    converted === CONVERTED.UTF8 ||
    converted === CONVERTED.ENUM
  )
    return { type: 'utf8', convert: utf8 }
  if (says(LOGICAL.JSON) || converted === CONVERTED.JSON) return { type: 'json', convert: utf8 }
  if (physical !== 'FIXED_LEN_BYTE_ARRAY') return undefined
  if (says(LOGICAL.UUID) && width === 16) return { type: 'uuid', convert: each(uuidText) }
  if (says(LOGICAL.FLOAT16) && width === 2) return { type: 'halffloat', convert: each(float16) }
  if (converted === CONVERTED.INTERVAL && width === 12)
    return { type: 'month_day_nano_interval', convert: each(intervalText) }
  return undefined
}

function int32Of(says: Says, converted: unknown): Made | undefined {
  const integer = says(LOGICAL.INTEGER)
  const [bits, signed] = integer ? [Number(integer[1]), integer[2] !== false] : convertedInteger(converted)
  if (bits !== undefined && bits <= 32)
    return { type: `${signed ? '' : 'u'}int${bits}`, convert: signed ? same : unsigned32(bits) }
  if (says(LOGICAL.DATE) || converted === CONVERTED.DATE) return { type: 'date32', convert: each(dateOf) }
  if (says(LOGICAL.TIME) || converted === CONVERTED.TIME_MILLIS)
    return { type: 'time32[ms]', convert: each((value: number) => clockTextOf(BigInt(value), 'ms')) }
  return undefined
}

function int64Of(says: Says, converted: unknown): Made | undefined {
  const integer = says(LOGICAL.INTEGER)
  const [bits, signed] = integer ? [Number(integer[1]), integer[2] !== false] : convertedInteger(converted)
  if (bits === 64) return signed ? { type: 'int64', convert: same } : { type: 'uint64', convert: unsigned64 }
  const timestamp = says(LOGICAL.TIMESTAMP)
  if (
    timestamp !== undefined ||
    converted === CONVERTED.TIMESTAMP_MILLIS ||
    converted === CONVERTED.TIMESTAMP_MICROS
  ) {
    const unit = timestamp ? unitOf(timestamp[2]) : converted === CONVERTED.TIMESTAMP_MILLIS ? 'ms' : 'us'
    // The converted types are in UTC by definition; the logical type says so itself.
    const utc = timestamp ? timestamp[1] === true : true
    return {
      type: timestampType(unit, utc ? 'UTC' : undefined),
      convert: each((value: bigint) => momentOf(value, unit, utc)),
    }
  }
  const time = says(LOGICAL.TIME)
  if (time !== undefined || converted === CONVERTED.TIME_MICROS) {
    const unit = time ? unitOf(time[2]) : 'us'
    return { type: `time64[${unit}]`, convert: each((value: bigint) => clockTextOf(value, unit)) }
  }
  return undefined
}

function unitOf(unit: unknown): TimeUnit {
  const fields = structField(unit as ThriftStruct | undefined)
  if (fields?.[1] !== undefined) return 'ms'
  return fields?.[2] !== undefined ? 'us' : 'ns'
}

function convertedInteger(converted: unknown): [number | undefined, boolean] {
  if (typeof converted !== 'number' || converted < CONVERTED.UINT_8 || converted > CONVERTED.INT_64)
    return [undefined, true]
  const signed = converted >= CONVERTED.INT_8
  return [8 << (converted - (signed ? CONVERTED.INT_8 : CONVERTED.UINT_8)), signed]
}

function decimalOf(precision: number, scale: number, physical: Physical): Made | undefined {
  if (!(precision >= 1 && precision <= 1000 && Math.abs(scale) <= 1000)) return undefined
  const type = decimalTypeName({ precision, scale })
  if (physical === 'INT32')
    return { type, convert: each((value: number) => decimalText(BigInt(value), scale)) }
  if (physical === 'INT64') return { type, convert: each((value: bigint) => decimalText(value, scale)) }
  if (physical === 'BYTE_ARRAY' || physical === 'FIXED_LEN_BYTE_ARRAY')
    return { type, convert: each((bytes: Uint8Array) => decimalText(signedBigEndian(bytes), scale)) }
  return undefined
}

function signedBigEndian(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n
  return BigInt.asIntN(
    bytes.length * 8,
    BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`),
  )
}

function unsigned32(bits: number): Converter {
  const mask = bits === 32 ? 0xffffffff : 2 ** bits - 1
  return raw => {
    if (bits === 32 && raw instanceof Int32Array)
      return new Uint32Array(raw.buffer, raw.byteOffset, raw.length)
    return Array.from(raw as ArrayLike<number>, value => (value & mask) >>> 0)
  }
}

const unsigned64: Converter = raw => {
  const words = raw as BigInt64Array
  return new BigUint64Array(words.buffer, words.byteOffset, words.length)
}

function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

function float16(bytes: Uint8Array): number {
  const bits = bytes[0]! | (bytes[1]! << 8)
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** INT96: nanoseconds of the day, then the Julian day, both little-endian (as Impala and Spark write it). */
function int96Text(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 12)
  const days = BigInt(view.getInt32(8, true)) - 2_440_588n
  return momentText(days * 86_400_000_000_000n + view.getBigInt64(0, true), 'ns', false)
}

/** Months, days and milliseconds, each unsigned and little-endian. */
function intervalText(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 12)
  const [months, days, ms] = [view.getUint32(0, true), view.getUint32(4, true), view.getUint32(8, true)]
  return `P${months}M${days}DT${decimalText(BigInt(ms), 3)}S`
}
