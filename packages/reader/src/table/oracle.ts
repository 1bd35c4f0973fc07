/** For tests: what DuckDB reads of a file, in a form in which its values and ours can be compared exactly. */
import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  DuckDBUUIDValue,
} from '@duckdb/node-api'
import type { RowSelection, TableDataset } from '../dataset.ts'
import type { Format } from '../format.ts'
import { localObjects } from '../objects/local.ts'
import { meteredObjects } from '../objects/metered.ts'
import type { Objects, ReadOptions } from '../objects.ts'
import { probeObjects } from '../probe.ts'
import { clockNanosOf, nanosOf } from './moments.ts'

export interface Judged {
  readonly names: readonly string[]
  /** Canonical text of each value, row by row. */
  readonly rows: readonly (readonly string[])[]
}

export async function duckdb(query: string): Promise<Judged> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  try {
    const result = await connection.runAndReadAll(query)
    return { names: result.columnNames(), rows: result.getRows().map(row => row.map(canonical)) }
  } finally {
    connection.closeSync()
  }
}

export async function readAll(dataset: TableDataset, selection: RowSelection = {}): Promise<Judged> {
  const rows: string[][] = []
  let names: readonly string[] = []
  for await (const batch of dataset.read(selection)) {
    if (batch.start !== rows.length)
      throw new Error(`batch starts at ${batch.start}, ${rows.length} rows came before`)
    names = [...batch.columns.keys()]
    for (const [name, values] of batch.columns)
      if (values.length !== batch.rows)
        throw new Error(`'${name}' has ${values.length} of ${batch.rows} rows`)
    const columns = [...batch.columns.values()]
    for (let row = 0; row < batch.rows; row++) rows.push(columns.map(values => canonical(values[row])))
  }
  return { names, rows }
}

/**
 * Text that is equal exactly when the values are: floats by their bits (every NaN the same), int64 apart from numbers, moments in
 * nanoseconds, bytes in hexadecimal.
 */
export function canonical(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value === 'string') return textOf(value)
  if (value instanceof Date) return `t${BigInt(value.getTime()) * 1_000_000n}`
  if (value instanceof Uint8Array) return `x${Buffer.from(value).toString('hex')}`
  if (value instanceof DuckDBBlobValue) return `x${Buffer.from(value.bytes).toString('hex')}`
  if (value instanceof DuckDBDecimalValue) return textOf(value.toString())
  if (value instanceof DuckDBUUIDValue) return textOf(value.toString())
  if (value instanceof DuckDBDateValue) return `t${BigInt(value.days) * 86_400_000_000_000n}`
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue)
    return `t${value.micros * 1000n}`
  if (value instanceof DuckDBTimestampNanosecondsValue) return `t${value.nanos}`
  if (value instanceof DuckDBTimestampMillisecondsValue) return `t${value.millis * 1_000_000n}`
  if (value instanceof DuckDBTimestampSecondsValue) return `t${value.seconds * 1_000_000_000n}`
  if (value instanceof DuckDBTimeValue) return `c${value.micros * 1000n}`
  if (value instanceof DuckDBListValue) return `[${value.items.map(canonical).join(',')}]`
  if (value instanceof DuckDBMapValue)
    return `[${value.entries.map(entry => `[${canonical(entry.key)},${canonical(entry.value)}]`).join(',')}]`
  if (value instanceof DuckDBStructValue) return structText(value.entries)
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return `[${Array.from(value as number[], canonical).join(',')}]`
  return structText(value as Record<string, unknown>)
}

function structText(fields: Readonly<Record<string, unknown>>): string {
  return `{${Object.entries(fields)
    .map(([name, value]) => `${name}:${canonical(value)}`)
    .join(',')}}`
}

function textOf(text: string): string {
  if (/T\d\d:\d\d/.test(text)) {
    const nanos = nanosOf(text)
    if (nanos !== undefined) return `t${nanos}`
  }
  const clock = /^\d\d:\d\d:\d\d\.\d+$/.test(text) ? clockNanosOf(text) : undefined
  return clock === undefined ? JSON.stringify(text) : `c${clock}`
}

export async function openLocal(format: Format, location: string): Promise<TableDataset> {
  return openWith(format, localObjects(location))
}

/** As the reader opens it; fails where the format does not recognise the bytes. */
export async function openWith(
  format: Format,
  store: Objects,
  options: ReadOptions & { pin?: string } = {},
): Promise<TableDataset> {
  const { probe, objects } = await probeObjects(store)
  if (!(await format.recognises(probe))) throw new Error(`'${store.name}' is not recognised as ${format.id}`)
  return (await format.open(objects, probe, options)) as TableDataset
}

/** Objects that lie in memory, by path. */
export function memoryObjects(files: Readonly<Record<string, Uint8Array>>, name = 'memory'): Objects {
  const getRange: Objects['getRange'] = async (path, start, end) => {
    const whole = files[path]
    if (whole === undefined) return undefined
    const from = start < 0 ? Math.max(0, whole.length + start) : start
    return { bytes: whole.subarray(from, start < 0 ? undefined : end), size: whole.length, etag: undefined }
  }
  return {
    name,
    getRange,
    get: async path => files[path],
    async list(path) {
      const below = Object.keys(files).filter(key => key.startsWith(path))
      return [...new Set(below.map(key => key.slice(path.length).replace(/\/.*/, '/')))].sort()
    },
  }
}

/** The same objects and what was asked of them. */
export function watched(store: Objects) {
  const seen = { requests: 0, bytes: 0 }
  const meter = {
    request() {
      seen.requests++
    },
    received(bytes: number) {
      seen.bytes += bytes
    },
  }
  return { objects: meteredObjects(store, meter), seen }
}
