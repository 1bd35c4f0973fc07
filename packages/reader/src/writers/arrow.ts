import {
  type Column as ArrowColumn,
  binary,
  bool,
  columnFromArray,
  type DataType,
  dateDay,
  decimal128,
  decimal256,
  duration,
  Endianness,
  Column as FlechetteColumn,
  field,
  float16,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  list,
  nullType,
  struct,
  Table,
  TimeUnit,
  Type,
  tableToIPC,
  timestamp,
  uint8,
  uint16,
  uint32,
  uint64,
  utf8,
  Version,
} from '@uwdata/flechette'
import { nanosOf } from '../table/moments.ts'
import { jsonValueOf } from '../table-values.ts'
import { rowGroups } from './row-groups.ts'
import { decimalOf, innerTypes, timestampOf, unitsOfTime, unscaled } from './type-names.ts'
import type { RowStream } from './types.ts'

const GROUP = { rows: 65_536, bytes: 16_000_000 }

/** An Arrow IPC stream: the schema, then a record batch at a time (Arrow columnar format, "IPC streaming format"). */
export async function* arrowBytes({
  columns,
  batches,
  metadata = {},
}: RowStream): AsyncGenerator<Uint8Array> {
  const names = columns.map(({ name }) => name)
  const writings = columns.map(column => writingOf(column.type))
  const encode = (rows: number, values: (name: string) => ArrayLike<unknown>): Uint8Array => {
    const encoded = columns.map((column, at) => columnOf(values(column.name), rows, writings[at]!))
    const schema = {
      version: Version.V5,
      endianness: Endianness.Little,
      fields: columns.map((column, at) => field(column.name, writings[at]!.type, column.nullable !== false)),
      metadata: new Map(Object.entries(metadata)),
    }
    return tableToIPC(new Table(schema, encoded), { format: 'stream' })!
  }
  const empty = encode(0, () => [])
  const schemaLength = messageLength(empty)
  yield empty.subarray(0, schemaLength)
  for await (const group of rowGroups(batches, names, GROUP)) {
    const stream = encode(group.rows, name => group.columns.get(name)!)
    yield stream.subarray(schemaLength, stream.length - END.length)
  }
  yield END
}

/** The end of a stream: a continuation and a length of zero. */
const END = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0)

/** Of the first message, which is the schema and has no body. */
function messageLength(stream: Uint8Array): number {
  return 8 + new DataView(stream.buffer, stream.byteOffset).getInt32(4, true)
}

interface Writing {
  readonly type: DataType
  /** As which the values are laid out, where the library's own way would lose digits. */
  readonly stored?: DataType
  readonly convert?: (value: unknown) => unknown
}

function columnOf(
  values: ArrayLike<unknown>,
  rows: number,
  { type, stored, convert }: Writing,
): ArrowColumn<unknown> {
  if (convert === undefined && rows > 0 && isLaidOutAs(values, type))
    return columnFromArray(values) as ArrowColumn<unknown>
  let [lastIn, lastOut]: [unknown, unknown] = [undefined, null]
  const list = Array.from({ length: rows }, (_, at) => {
    const value = values[at]
    if (convert === undefined) return value ?? null
    if (value !== lastIn) {
      lastIn = value
      lastOut = value === null || value === undefined ? null : convert(value)
    }
    return lastOut
  })
  const column = columnFromArray(list, stored ?? type) as ArrowColumn<unknown>
  if (stored === undefined) return column
  const retyped = column.data.map(batch => Object.assign(batch, { type }))
  return new FlechetteColumn(retyped, type)
}

/** Numbers that are in memory as Arrow has them. Half floats are not, they come as float32. */
function isLaidOutAs(values: ArrayLike<unknown>, type: DataType): values is Float64Array {
  return (
    (type.typeId === Type.Int || type.typeId === Type.Float) &&
    ArrayBuffer.isView(values) &&
    values.constructor === type.values
  )
}

const PLAIN: Readonly<Record<string, () => DataType>> = {
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  halffloat: float16,
  float: float32,
  double: float64,
  bool,
  binary,
  null: nullType,
}

const UNITS = {
  s: TimeUnit.SECOND,
  ms: TimeUnit.MILLISECOND,
  us: TimeUnit.MICROSECOND,
  ns: TimeUnit.NANOSECOND,
}

function writingOf(type: string): Writing {
  if (Object.hasOwn(PLAIN, type)) return { type: PLAIN[type]!() }
  if (type.startsWith('date'))
    return { type: dateDay(), convert: value => Number(nanosOfMoment(value) / 1_000_000n) }
  const moment = timestampOf(type)
  if (moment !== undefined)
    return {
      type: timestamp(UNITS[moment.unit], moment.zone ?? null),
      stored: int64(),
      convert: value => unitsOfTime(value, moment.unit),
    }
  const unit = /^duration\[(s|ms|us|ns)\]$/.exec(type)?.[1] as keyof typeof UNITS | undefined
  if (unit !== undefined) return { type: duration(UNITS[unit]) }
  const decimal = decimalOf(type)
  if (decimal !== undefined) {
    const make = decimal.precision > 38 ? decimal256 : decimal128
    return {
      type: make(decimal.precision, decimal.scale),
      convert: value => unscaled(String(value), decimal.scale),
    }
  }
  if (type.startsWith('fixed_size_binary')) return { type: binary() }
  return (
    nestedOf(type) ?? {
      type: utf8(),
      convert: value => (typeof value === 'string' ? value : JSON.stringify(jsonValueOf(value))),
    }
  )
}

/** Lists and structs of plain values keep their types; what the library cannot nest without loss is JSON text. */
function nestedOf(type: string): Writing | undefined {
  const inner = innerTypes(type)
  if (inner === undefined || type.startsWith('map') || type.startsWith('fixed')) return undefined
  if (type.startsWith('list') || type.startsWith('large_list')) {
    const child = writingOf(inner[0] ?? 'null')
    if (child.stored !== undefined) return undefined
    const { convert } = child
    return {
      type: list(child.type),
      convert: value =>
        Array.from(value as ArrayLike<unknown>, item =>
          item === null || item === undefined ? null : convert === undefined ? item : convert(item),
        ),
    }
  }
  const fields = inner.map(part => {
    const at = part.indexOf(': ')
    return { name: part.slice(0, at), ...writingOf(part.slice(at + 2)) }
  })
  if (fields.some(({ stored, name }) => stored !== undefined || name === '')) return undefined
  return {
    type: struct(fields.map(({ name, type: own }) => field(name, own))),
    convert: value =>
      Object.fromEntries(
        fields.map(({ name, convert }) => {
          const item = (value as Record<string, unknown>)[name]
          return [
            name,
            item === null || item === undefined ? null : convert === undefined ? item : convert(item),
          ]
        }),
      ),
  }
}

function nanosOfMoment(value: unknown): bigint {
  return value instanceof Date ? BigInt(value.getTime()) * 1_000_000n : (nanosOf(String(value)) ?? 0n)
}
