import { DuckDBInstance } from '@duckdb/node-api'
import { tableFromIPC } from '@uwdata/flechette'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { globe } from '../globe.fixture.ts'
import { memoryTable } from '../memory.ts'
import type { Column } from '../model.ts'
import { openDataset, opened } from '../open.ts'
import { momentText } from '../table/moments.ts'
import { anyText, joined, saved } from './saved.fixture.ts'

async function duck(query: string): Promise<readonly (readonly unknown[])[]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(query)).getRows()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

const rowCount = fc.integer({ min: 0, max: 60 })
const nullable = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
const COLUMN_VALUES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  int8: fc.integer({ min: -128, max: 127 }),
  uint8: fc.integer({ min: 0, max: 255 }),
  int16: fc.integer({ min: -32768, max: 32767 }),
  uint16: fc.integer({ min: 0, max: 65535 }),
  int32: fc.integer(),
  uint32: fc.integer({ min: 0, max: 4294967295 }),
  int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  uint64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  float: fc.float({ noNaN: true, noDefaultInfinity: true }),
  double: fc.double({ noNaN: true, noDefaultInfinity: true }),
  bool: fc.boolean(),
  utf8: fc.oneof(anyText, fc.constantFrom('', ' ', 'a,b', '"', 'x\r\ny', 'null', '0')),
  date32: fc.integer({ min: -100_000, max: 100_000 }).map(days => new Date(days * 86_400_000)),
  'timestamp[ms]': fc.integer({ min: -1e12, max: 4e12 }).map(ms => new Date(ms)),
  'timestamp[us, UTC]': fc
    .bigInt({ min: -(10n ** 15n), max: 4n * 10n ** 15n })
    .map(value => momentText(value, 'us', true)),
  'timestamp[ns]': fc
    .bigInt({ min: -(10n ** 18n), max: 4n * 10n ** 18n })
    .map(value => momentText(value, 'ns', false)),
  'decimal128(20, 3)': fc.bigInt({ min: -(10n ** 19n), max: 10n ** 19n }).map(value => {
    const digits = String(value < 0n ? -value : value).padStart(4, '0')
    return `${value < 0n ? '-' : ''}${digits.slice(0, -3)}.${digits.slice(-3)}`
  }),
}

const anyTable = rowCount.chain(rows =>
  fc
    .tuple(
      ...Object.entries(COLUMN_VALUES).map(([type, value]) =>
        fc
          .array(nullable(value), { minLength: rows, maxLength: rows })
          .map(values => ({ name: `c ${type}`, type, values }) satisfies Column & { values: unknown[] }),
      ),
    )
    .map(columns => columns),
)

/** What DuckDB's cast to text makes of a value. */
function asText(value: unknown, type: string): string | null {
  if (value === null) return null
  if (value instanceof Date) {
    const iso = value.toISOString()
    return type === 'date32'
      ? iso.slice(0, 10)
      : iso
          .replace('T', ' ')
          .replace('Z', '')
          .replace(/\.?0+$/, match => (match.startsWith('.') ? '' : match.includes('.') ? '' : match))
  }
  return String(value)
}

describe('tables come back equal', () => {
  it('through Parquet, by DuckDB', async () => {
    await fc.assert(
      fc.asyncProperty(anyTable, async columns => {
        const path = await saved(opened('memory', 'memory', memoryTable(columns, 7)), 'parquet')
        const select = columns
          .map(({ name, type }) => {
            if (type === 'timestamp[us, UTC]') return `epoch_us("${name}")::varchar`
            if (type === 'timestamp[ns]') return `epoch_ns("${name}")::varchar`
            if (type === 'timestamp[ms]') return `epoch_ms("${name}")::varchar`
            if (type === 'float' || type === 'double') return `"${name}"`
            return `"${name}"::varchar`
          })
          .join(', ')
        const rows = await duck(`select ${select} from read_parquet('${path}')`)
        const expected = Array.from({ length: columns[0]!.values.length }, (_, row) =>
          columns.map(({ type, values }) => {
            const value = values[row]
            if (value === null || value === undefined) return null
            if (type === 'timestamp[ms]') return String((value as Date).getTime())
            if (type.startsWith('timestamp')) return epochText(String(value))
            return type === 'float' || type === 'double' ? value : asText(value, type)
          }),
        )
        expect(rows).toEqual(expected)
      }),
      { numRuns: 25 },
    )
  }, 120_000)

  it('through Parquet, by our own reader, and again', async () => {
    await fc.assert(
      fc.asyncProperty(anyTable, async columns => {
        const path = await saved(opened('memory', 'memory', memoryTable(columns, 7)), 'parquet')
        const back = await openDataset(path, { allowLocal: true })
        const { table } = await back.describe()
        expect(table!.rows).toBe(columns[0]!.values.length)
        expect(table!.columns.map(({ name, type }) => [name, type])).toEqual(
          columns.map(({ name, type }) => [name, type]),
        )
        const again = await saved(back, 'ndjson')
        const before = await saved(opened('memory', 'memory', memoryTable(columns)), 'ndjson')
        expect(await readText(again)).toBe(await readText(before))
        await back.close()
      }),
      { numRuns: 25 },
    )
  }, 120_000)

  it('through an Arrow stream', async () => {
    await fc.assert(
      fc.asyncProperty(anyTable, async columns => {
        const { bytes } = await opened('memory', 'memory', memoryTable(columns, 7)).stream({}, 'arrow')
        const table = tableFromIPC(await joined(bytes), {
          useBigInt: true,
          useDecimalInt: true,
        })
        for (const { name, type, values } of columns) {
          const column = table.getChild(name)
          const raw = column.data.flatMap(batch =>
            Array.from(batch.values.subarray(0, batch.length) as ArrayLike<unknown>),
          )
          const isMoment = type.startsWith('timestamp')
          const own = values.map((_, at) => (isMoment && column.at(at) !== null ? raw[at] : column.at(at)))
          const expected = values.map(value => {
            if (value === null) return null
            if (type.startsWith('decimal')) return BigInt(String(value).replace('.', ''))
            if (value instanceof Date) return isMoment ? BigInt(value.getTime()) : value.getTime()
            if (isMoment) return BigInt(epochText(String(value)))
            return value
          })
          expect(own).toEqual(expected)
        }
      }),
      { numRuns: 25 },
    )
  })

  it('through CSV, text for text', async () => {
    await fc.assert(
      fc.asyncProperty(anyTable, async columns => {
        const path = await saved(opened('memory', 'memory', memoryTable(columns, 7)), 'csv')
        const [head, ...rows] = parse(await readText(path), { record_delimiter: '\r\n' }) as string[][]
        expect(head).toEqual(columns.map(({ name }) => name))
        rows.forEach((row, at) => {
          row.forEach((cell, column) => {
            const { values, type } = columns[column]!
            const value = values[at]
            if (value === null) expect(cell).toBe('')
            else if (type === 'float' || type === 'double')
              expect(type === 'float' ? Math.fround(Number(cell)) : Number(cell)).toBe(value)
            else if (value instanceof Date)
              expect(new Date(type === 'date32' ? cell : `${cell}Z`).getTime()).toBe(value.getTime())
            else expect(cell).toBe(String(value))
          })
        })
        expect(rows.length).toBe(columns[0]!.values.length)
      }),
      { numRuns: 25 },
    )
  })

  it('arrays as a long table: one row for each element, by DuckDB', async () => {
    const dataset = opened('memory', 'memory', globe())
    const path = await saved(dataset, 'parquet', { variables: ['tas'], select: 'time=2000' })
    const [[rows, missing, sum, first]] = (await duck(
      `select count(*)::int, sum((tas is null)::int)::int, round(sum(tas), 3), min(time)::varchar from read_parquet('${path}')`,
    )) as [unknown[]]
    expect([rows, missing]).toEqual([12 * 19 * 36, 12])
    expect(String(first)).toContain('2000-01-01')
    const csv = await saved(dataset, 'csv', { variables: ['tas'], select: 'time=2000' })
    const [[again]] = (await duck(`select round(sum(tas), 3) from read_csv('${csv}')`)) as [unknown[]]
    expect(again).toBe(sum)
    const [[at]] = (await duck(
      `select tas from read_parquet('${path}') where latitude = 50 and longitude = 350 and month(time) = 3`,
    )) as [unknown[]]
    const line = await dataset.preview({ select: 'lat=50,lon=350' })
    expect(at).toBe(line.kind === 'line' && line.values[2])
  })

  it('an export that cannot be says what there is', async () => {
    const dataset = opened('memory', 'memory', globe())
    await expect(dataset.stream({}, 'grib')).rejects.toMatchObject({ code: 'InvalidSelection' })
    await expect(dataset.stream({}, 'csv')).rejects.toThrow('do not share dimensions')
    const png = await joined((await dataset.stream({ variables: ['tas'] }, 'png')).bytes)
    expect(png.subarray(1, 4).toString()).toBe('PNG')
  })
})

function epochText(iso: string): string {
  const [whole, fraction = ''] = iso.replace('Z', '').split('.') as [string, string?]
  return String(
    BigInt(Date.parse(`${whole}Z`) / 1000) * 10n ** BigInt(fraction.length) + BigInt(fraction || 0),
  )
}

async function readText(path: string): Promise<string> {
  const { readFile } = await import('node:fs/promises')
  return readFile(path, 'utf8')
}
