import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { tableFromIPC } from '@uwdata/flechette'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { ArrayDataset, Values } from '../dataset.ts'
import { pythonHas } from '../formats/arrays/oracle.ts'
import { gather } from '../gather.ts'
import { globe } from '../globe.fixture.ts'
import { held, type MemoryVariable, memoryArrays, memoryTable } from '../memory.ts'
import type { Column, Variable } from '../model.ts'
import { localObjects } from '../objects/local.ts'
import { type OpenedDataset, openDataset, opened } from '../open.ts'
import { recognise } from '../recognise.ts'
import { momentText } from '../table/moments.ts'

const root = mkdtempSync(join(tmpdir(), 'reader-writers-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let count = 0

async function joined(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const part of parts) all.push(part)
  return Buffer.concat(all)
}

async function saved(dataset: OpenedDataset, format: string, request = {}): Promise<string> {
  const path = join(root, `${count++}`)
  const { files, bytes } = await dataset.stream(request, format)
  if (files === undefined) writeFileSync(path, await joined(bytes))
  else
    for await (const file of files) {
      mkdirSync(dirname(join(path, file.path)), { recursive: true })
      writeFileSync(join(path, file.path), file.bytes)
    }
  return path
}

/** Any bytes are a value of any of these types. */
const KINDS = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const

const text = fc
  .string({ unit: 'grapheme', maxLength: 8 })
  .map(value => value.replaceAll('\0', '').normalize())

/** Arrays of every type over up to three dimensions, chunked in any way, values from any bits. */
const anyArrays = fc
  .record({
    shape: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
    chunks: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3, maxLength: 3 }),
    bytes: fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
    texts: fc.infiniteStream(text),
  })
  .map(({ shape, chunks, bytes, texts }) => {
    const elements = shape.reduce((product, length) => product * length, 1)
    const dimensions = ['z', 'y', 'x'].slice(3 - shape.length)
    const variable = (dtype: string, extra: Partial<Variable> = {}): Variable => ({
      name: dtype,
      dtype,
      shape,
      dimensions,
      chunks: chunks.slice(0, shape.length),
      attributes: { units: 'm', comment: 'ümlaut' },
      ...extra,
    })
    const variables: MemoryVariable[] = Object.entries(KINDS).map(([dtype, Kind]) => {
      const raw = Uint8Array.from({ length: elements * Kind.BYTES_PER_ELEMENT }, () => bytes.next().value!)
      return held(variable(dtype), new Kind(raw.buffer) as Values)
    })
    variables.push(
      held(
        variable('string'),
        Array.from({ length: elements }, () => texts.next().value!),
      ),
      held(
        variable('bool'),
        Array.from({ length: elements }, () => bytes.next().value! > 127),
      ),
      held(
        variable('float16'),
        Float32Array.from({ length: elements }, () => bytes.next().value! / 8),
      ),
    )
    return { variables, shape }
  })

function whole(shape: readonly number[]) {
  return shape.map(end => ({ start: 0, end, step: 1 }))
}

async function valuesOf(dataset: ArrayDataset, name: string): Promise<readonly string[]> {
  const { array } = await dataset.describe()
  const { shape, dtype } = array!.variables.find(variable => variable.name === name)!
  const { values } = await gather(dataset, name, whole(shape))
  return Array.from(values as ArrayLike<unknown>, value =>
    dtype === 'bool' ? String(Boolean(value)) : Object.is(value, -0) ? '-0' : String(value),
  )
}

async function reopened(path: string): Promise<ArrayDataset> {
  return (await recognise(localObjects(path))).dataset as ArrayDataset
}

describe('arrays come back equal', () => {
  it.each(['zarr', 'zarr2', 'netcdf'])(
    'through %s and our own reader',
    async format => {
      await fc.assert(
        fc.asyncProperty(anyArrays, async ({ variables, shape }) => {
          const source = memoryArrays(variables, { title: 'Any', count: 3, scale: 0.5 })
          const path = await saved(opened('memory', 'memory', source), format)
          const back = await reopened(path)
          const { array, attributes } = await back.describe()
          expect(attributes).toMatchObject({ title: 'Any', count: 3, scale: 0.5 })
          for (const { variable } of variables) {
            const own = array!.variables.find(({ name }) => name === variable.name)!
            expect(own.shape).toEqual(shape)
            expect(own.dimensions.map(name => name.replace(/^\//, ''))).toEqual(variable.dimensions)
            expect(own.attributes).toMatchObject({ units: 'm', comment: 'ümlaut' })
            if (format !== 'netcdf') expect(own.dtype).toBe(variable.dtype)
            const values = await valuesOf(back, variable.name)
            const expected = await valuesOf(source, variable.name)
            expect(
              format === 'netcdf' && variable.dtype === 'bool'
                ? values.map(value => String(value === 'true' || value === '1'))
                : values,
            ).toEqual(expected)
          }
          await back.close()
        }),
        { numRuns: format === 'netcdf' ? 4 : 12 },
      )
    },
    120_000,
  )

  it.each(['zarr', 'zarr2', 'netcdf'])(
    'through %s by selection, with what is needed to understand it',
    async format => {
      const path = await saved(opened('memory', 'memory', globe()), format, {
        variables: ['tas'],
        select: 'time=2000-03:2000-05,lat=-20:20,lon=-20:15',
      })
      const back = await openDataset(path, { allowLocal: true })
      const { array, coverage } = await back.describe()
      expect(array!.variables.map(({ name, shape }) => [name, shape]).sort()).toEqual([
        ['latitude', [5]],
        ['longitude', [4]],
        ['tas', [3, 5, 4]],
        ['time', [3]],
      ])
      expect(coverage.time).toEqual({ start: '2000-03-01', end: '2000-05-01', resolution: 'P1M' })
      const before = await opened('memory', 'memory', globe()).preview({
        select: 'time=2000-04,lat=-20:20,lon=-20:15',
      })
      const after = await back.preview({ variables: ['tas'], select: 'time=2000-04' })
      expect(before.kind === 'grid' && after.kind === 'grid' && after.values).toEqual(
        before.kind === 'grid' && before.values,
      )
      await back.close()
    },
  )

  const python = pythonHas('xarray', 'netCDF4', 'zarr')
  it.skipIf(!python).each(['zarr2', 'netcdf'])('through %s and xarray, decoded', async format => {
    const path = await saved(opened('memory', 'memory', globe()), format)
    const program = `
import xarray, json, sys, numpy
d = xarray.open_zarr(sys.argv[1]) if sys.argv[2] == 'zarr2' else xarray.open_dataset(sys.argv[1], engine='netcdf4')
v = d['tas'].values
print(json.dumps({'dims': d['tas'].dims, 'values': [None if numpy.isnan(x) else round(float(x), 3) for x in v[5].ravel()],
  'time': [str(t)[:10] for t in d['time'].values], 'lat': d['latitude'].values.tolist(), 'ids': [str(i) for i in d['ids'].values],
  'station': [str(s) for s in d['station'].values], 'units': d['tas'].attrs['units'], 'title': d.attrs['title'],
  'coords': sorted(d.coords)}))`
    const judged = JSON.parse(
      execFileSync('/usr/bin/python3', ['-c', program, path, format], { encoding: 'utf8' }),
    )
    const grid = await opened('memory', 'memory', globe()).preview({ select: 'time=#5' })
    expect(judged).toMatchObject({
      dims: ['time', 'latitude', 'longitude'],
      ids: ['9007199254740993', '-1', '42'],
      station: ['KSFO', 'Zürich, "ZRH"', '東京'],
      units: 'K',
      title: 'A globe',
      coords: ['latitude', 'longitude', 'station', 'time'],
    })
    expect(judged.time[23]).toBe('2001-12-01')
    expect(judged.values).toEqual(
      grid.kind === 'grid' &&
        grid.values.flat().map(value => (value === null ? null : Number(Number(value).toFixed(3)))),
    )
  })
})

describe('Zarr stores', () => {
  it('of version 3 are read by zarrita', async () => {
    const path = await saved(opened('memory', 'memory', globe()), 'zarr')
    const { FileSystemStore } = await import('@zarrita/storage')
    const { open, get } = await import('zarrita')
    const group = await open(new FileSystemStore(path), { kind: 'group' })
    expect(group.attrs).toMatchObject({ title: 'A globe' })
    const tas = await open(group.resolve('tas'), { kind: 'array' })
    const { data, shape } = (await get(tas, [5, null, null])) as { data: Int16Array; shape: number[] }
    expect(shape).toEqual([19, 36])
    const { values } = await gather(globe(), 'tas', [{ start: 5, end: 6, step: 1 }, ...whole([19, 36])])
    expect([...data]).toEqual([...(values as Int16Array)])
  })

  it('do not hold chunks that the source does not hold', async () => {
    const large = globe({ times: 4, latitudes: 721, longitudes: 1440 })
    const source = await saved(opened('memory', 'memory', large), 'zarr')
    rmSync(join(source, 'tas/c/3'), { recursive: true })
    const dataset = await openDataset(source, { allowLocal: true })
    const grid = await dataset.preview({ select: 'time=#3' })
    expect(grid).toMatchObject({ missingChunks: 1 })
    const again = await saved(dataset, 'zarr')
    expect(existsSync(join(again, 'tas/c/2/0/0'))).toBe(true)
    expect(existsSync(join(again, 'tas/c/3'))).toBe(false)
    await dataset.close()
  })

  it('come as a ZIP archive where one file is wanted', async () => {
    const { bytes } = await opened('memory', 'memory', globe()).stream({}, 'zarr')
    const path = join(root, 'globe.zip')
    writeFileSync(path, await joined(bytes))
    const names = execFileSync(
      '/usr/bin/python3',
      [
        '-c',
        'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(*z.namelist())',
        path,
      ],
      { encoding: 'utf8' },
    )
    expect(names.split(/\s+/)).toContain('tas/c/0/0/0')
  })
})

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
  utf8: fc.oneof(text, fc.constantFrom('', ' ', 'a,b', '"', 'x\r\ny', 'null', '0')),
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
