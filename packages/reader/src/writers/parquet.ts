import { zstdCompressSync } from 'node:zlib'
import { ByteWriter, type ColumnSource, ParquetWriter, type SchemaElement } from 'hyparquet-writer'
import type { Column } from '../model.ts'
import { nanosOf } from '../table/moments.ts'
import { jsonValueOf } from '../table-values.ts'
import { type RowGroup, rowGroups } from './row-groups.ts'
import { clockUnits, decimalOf, timestampOf, unitsOfTime, unscaled } from './type-names.ts'
import type { RowStream } from './types.ts'

const GROUP = { rows: 65_536, bytes: 16_000_000 }

/** Parquet with Zstandard, a row group at a time; int64, unsigned and half floats keep their types, nested values are JSON. */
export async function* parquetBytes({
  columns,
  batches,
  metadata = {},
}: RowStream): AsyncGenerator<Uint8Array> {
  const sink = new ByteWriter()
  const kinds = columns.map(column => ({ column, ...writingOf(column) }))
  const schema: SchemaElement[] = [
    { name: 'root', num_children: columns.length },
    ...kinds.map(({ element }) => element),
  ]
  const writer = new ParquetWriter({
    writer: sink,
    schema,
    codec: 'ZSTD',
    compressors: { ZSTD: input => zstdCompressSync(input) },
    kvMetadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    createdBy: 'frost',
  })
  const names = columns.map(({ name }) => name)
  for await (const group of rowGroups(batches, names, GROUP)) {
    const columnData = kinds.map(
      ({ column, convert }): ColumnSource => ({ name: column.name, data: dataOf(group, column, convert) }),
    )
    await writer.write({ columnData, rowGroupSize: group.rows })
    yield drained(sink)
  }
  await writer.finish()
  yield drained(sink)
}

function drained(sink: ByteWriter): Uint8Array {
  const bytes = sink.getBytes().slice()
  sink.index = 0
  return bytes
}

function dataOf(
  { columns, rows }: RowGroup,
  { name }: Column,
  convert: ((value: unknown) => unknown) | undefined,
) {
  const values = columns.get(name)!
  if (convert === undefined)
    return (Array.isArray(values) || ArrayBuffer.isView(values) ? values : Array.from(values)) as unknown[]
  const converted = new Array<unknown>(rows)
  let [lastIn, lastOut]: [unknown, unknown] = [undefined, undefined]
  for (let at = 0; at < rows; at++) {
    const value = values[at]
    if (value !== lastIn) {
      lastIn = value
      lastOut = value === null || value === undefined ? null : convert(value)
    }
    converted[at] = lastOut ?? null
  }
  return converted
}

interface Writing {
  readonly element: SchemaElement
  readonly convert?: (value: unknown) => unknown
}

const INTEGERS: Readonly<Record<string, SchemaElement['converted_type']>> = {
  int8: 'INT_8',
  int16: 'INT_16',
  uint8: 'UINT_8',
  uint16: 'UINT_16',
  uint32: 'UINT_32',
}

function writingOf({ name, type, nullable }: Column): Writing {
  const base = { name, repetition_type: nullable === false ? ('REQUIRED' as const) : ('OPTIONAL' as const) }
  if (Object.hasOwn(INTEGERS, type))
    return { element: { ...base, type: 'INT32', converted_type: INTEGERS[type] } }
  if (type === 'int32') return { element: { ...base, type: 'INT32' } }
  if (type === 'int64' || type.startsWith('duration[')) return { element: { ...base, type: 'INT64' } }
  if (type === 'uint64')
    return {
      element: { ...base, type: 'INT64', converted_type: 'UINT_64' },
      convert: value => BigInt(value as bigint),
    }
  if (type === 'float') return { element: { ...base, type: 'FLOAT' } }
  if (type === 'double') return { element: { ...base, type: 'DOUBLE' } }
  if (type === 'halffloat')
    return {
      element: { ...base, type: 'FIXED_LEN_BYTE_ARRAY', type_length: 2, logical_type: { type: 'FLOAT16' } },
    }
  if (type === 'bool') return { element: { ...base, type: 'BOOLEAN' } }
  if (type === 'binary') return { element: { ...base, type: 'BYTE_ARRAY' } }
  if (/^date/.test(type))
    return { element: { ...base, type: 'INT32', converted_type: 'DATE' }, convert: days }
  const timestamp = timestampOf(type)
  if (timestamp !== undefined) return timestampWriting(base, timestamp)
  const clock = clockUnits(type)
  if (clock !== undefined)
    return { element: { ...base, type: 'BYTE_ARRAY', converted_type: 'UTF8' }, convert: String }
  const decimal = decimalOf(type)
  if (decimal !== undefined) {
    const { precision, scale } = decimal
    return {
      element: {
        ...base,
        type: 'FIXED_LEN_BYTE_ARRAY',
        type_length: precision > 38 ? 32 : 16,
        converted_type: 'DECIMAL',
        precision,
        scale,
      },
      convert: value => unscaled(String(value), scale),
    }
  }
  if (/^fixed_size_binary/.test(type)) return { element: { ...base, type: 'BYTE_ARRAY' } }
  if (/^(utf8|uuid|month_day_nano_interval|null)$/.test(type))
    return { element: { ...base, type: 'BYTE_ARRAY', converted_type: 'UTF8' }, convert: String }
  return { element: { ...base, type: 'BYTE_ARRAY', converted_type: 'UTF8' }, convert: jsonText }
}

/** A JSON column that is text already stays as it is; other nested values become JSON. */
function jsonText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(jsonValueOf(value))
}

function days(value: unknown): number {
  const ms = value instanceof Date ? value.getTime() : Number((nanosOf(String(value)) ?? 0n) / 1_000_000n)
  return Math.floor(ms / 86_400_000)
}

const PARQUET_UNITS = { s: 'MILLIS', ms: 'MILLIS', us: 'MICROS', ns: 'NANOS' } as const
const UNITS = { MILLIS: 'ms', MICROS: 'us', NANOS: 'ns' } as const

function timestampWriting(
  base: Pick<SchemaElement, 'name' | 'repetition_type'>,
  { unit, zone }: { readonly unit: 's' | 'ms' | 'us' | 'ns'; readonly zone: string | undefined },
): Writing {
  const own = PARQUET_UNITS[unit]
  return {
    element: {
      ...base,
      type: 'INT64',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: zone !== undefined, unit: own },
    },
    convert: value => (value instanceof Date ? value : unitsOfTime(value, UNITS[own])),
  }
}
