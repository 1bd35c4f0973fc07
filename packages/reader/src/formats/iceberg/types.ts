import { ReaderError } from '../../errors.ts'
import { clockTextOf, dateOf, momentOf, momentText } from '../../table/moments.ts'
import { decimalText, decimalTypeName, listType, mapType, structType } from '../../table/types.ts'
import type { FieldType } from './metadata.ts'

const PRIMITIVES: Readonly<Record<string, string>> = {
  unknown: 'null',
  boolean: 'bool',
  int: 'int32',
  long: 'int64',
  float: 'float',
  double: 'double',
  date: 'date32',
  time: 'time64[us]',
  timestamp: 'timestamp[us]',
  timestamptz: 'timestamp[us, UTC]',
  timestamp_ns: 'timestamp[ns]',
  timestamptz_ns: 'timestamp[ns, UTC]',
  string: 'utf8',
  uuid: 'uuid',
  binary: 'binary',
}

/** Arrow's name of an Iceberg type (Iceberg Table Spec, "Schemas and Data Types"). @throws {ReaderError} `Unsupported`. */
export function arrowTypeOf(type: FieldType): string {
  if (typeof type !== 'string') {
    if (type.kind === 'struct')
      return structType(type.fields.map(field => [field.name, arrowTypeOf(field.type)]))
    if (type.kind === 'list') return listType(arrowTypeOf(type.element.type))
    return mapType(arrowTypeOf(type.key.type), arrowTypeOf(type.value.type))
  }
  const decimal = decimalOf(type)
  if (decimal !== undefined) return decimalTypeName(decimal)
  const fixed = /^fixed\[(\d+)\]$/.exec(type)
  const known = fixed ? `fixed_size_binary[${fixed[1]}]` : PRIMITIVES[type]
  if (known === undefined) throw new ReaderError('Unsupported', `Iceberg type '${type}' is not read`)
  return known
}

function decimalOf(type: string) {
  const parts = /^decimal\(\s*(\d+)\s*,\s*(-?\d+)\s*\)$/.exec(type)
  return parts === null ? undefined : { precision: Number(parts[1]), scale: Number(parts[2]) }
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A bound in its binary single-value form (Iceberg Table Spec, Appendix D); undefined where it is of another length. */
export function boundOf(type: FieldType, bytes: Uint8Array | undefined): unknown {
  if (bytes === undefined || typeof type !== 'string') return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const decimal = decimalOf(type)
  if (decimal !== undefined) return decimalText(signedBigEndian(bytes), decimal.scale)
  const integer = () =>
    bytes.length === 8
      ? view.getBigInt64(0, true)
      : bytes.length === 4
        ? BigInt(view.getInt32(0, true))
        : undefined
  switch (type) {
    case 'boolean':
      return bytes.length === 1 ? bytes[0] !== 0 : undefined
    case 'int':
      return bytes.length === 4 ? view.getInt32(0, true) : undefined
    case 'float':
    case 'double': {
      const value =
        bytes.length === 8
          ? view.getFloat64(0, true)
          : bytes.length === 4
            ? view.getFloat32(0, true)
            : Number.NaN
      return Number.isNaN(value) ? undefined : value
    }
    case 'string':
      try {
        return strict.decode(bytes)
      } catch {
        return undefined
      }
    case 'binary':
      return bytes
    default: {
      const value = integer()
      return value === undefined ? undefined : integerValue(type, value)
    }
  }
}

/** What a whole number stands for in the type; undefined for types that are none. */
export function integerValue(type: string, value: bigint): unknown {
  switch (type) {
    case 'int':
      return Number(value)
    case 'long':
      return value
    case 'date':
      return dateOf(Number(value))
    case 'time':
      return clockTextOf(value, 'us')
    case 'timestamp':
      return momentText(value, 'us', false)
    case 'timestamptz':
      return momentText(value, 'us', true)
    case 'timestamp_ns':
      return momentOf(value, 'ns', false)
    case 'timestamptz_ns':
      return momentOf(value, 'ns', true)
    default:
      return undefined
  }
}

function signedBigEndian(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`))
}
