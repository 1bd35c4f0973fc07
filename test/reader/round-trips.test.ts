import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { ArrayDataset, TableDataset } from '../../packages/reader/src/dataset.ts'
import { collect } from '../../packages/reader/src/formats/arrays/oracle.ts'
import type { Variable } from '../../packages/reader/src/model.ts'
import { localObjects } from '../../packages/reader/src/objects/local.ts'
import { type OpenedDataset, openDataset } from '../../packages/reader/src/open.ts'
import { recognise } from '../../packages/reader/src/recognise.ts'
import { jsonValueOf } from '../../packages/reader/src/table-values.ts'
import { FIXTURES, fixtureDatasets } from './fixtures.ts'

/** Arrays of more elements are read in part: the first indices of their first dimensions. */
const MOST_ELEMENTS = 400_000

const root = mkdtempSync(join(tmpdir(), 'frost-round-trips-'))
afterAll(() => rmSync(root, { recursive: true }))

const isTable = (path: string) => /^(parquet|iceberg)\//.test(path)
const arrays = fixtureDatasets.filter(path => !isTable(path))
const tables = fixtureDatasets.filter(isTable)

let count = 0
async function saved(dataset: OpenedDataset, request: object, format: string): Promise<string> {
  const path = join(root, `${count++}`)
  const { files, bytes } = await dataset.stream(request, format)
  if (files !== undefined)
    for await (const file of files) {
      mkdirSync(dirname(join(path, file.path)), { recursive: true })
      writeFileSync(join(path, file.path), file.bytes)
    }
  else {
    const parts: Uint8Array[] = []
    for await (const part of bytes) parts.push(part)
    writeFileSync(path, Buffer.concat(parts))
  }
  return path
}

const local = (path: string) => openDataset(path, { allowLocal: true })

/** Dimensions whose first index alone is taken. */
function selectionOf({ shape, dimensions }: Variable): string {
  const terms: string[] = []
  let elements = shape.reduce((product, length) => product * length, 1)
  shape.forEach((length, axis) => {
    if (elements <= MOST_ELEMENTS || length < 2 || axis >= shape.length - 2) return
    terms.push(`${dimensions[axis]}=#0:1`)
    elements /= length
  })
  return terms.join(',')
}

async function valuesOf(path: string, name: string, first: readonly boolean[]): Promise<string[]> {
  const dataset = (await recognise(localObjects(path))).dataset as ArrayDataset
  const { array } = await dataset.describe()
  const found = array!.variables.find(variable => variable.name === name)!
  const ranges = found.shape.map((length, axis) => ({
    start: 0,
    end: first[axis] ? Math.min(1, length) : length,
    step: 1,
  }))
  const { values } = await collect(dataset, name, ranges)
  await dataset.close()
  return values.map(text)
}

function text(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8').replace(/\0+$/, '')
  if (typeof value === 'boolean') return value ? '1' : '0'
  return Object.is(value, -0) ? '-0' : String(value)
}

/** Variables whose values a reader here can have: not GRIB, not what lies in other places. */
async function readable(dataset: OpenedDataset): Promise<readonly Variable[]> {
  const { array } = await dataset.describe()
  const found: Variable[] = []
  for (const variable of array!.variables) {
    if (variable.codecs?.includes('grib') || variable.dtype.startsWith('complex')) continue
    const select = variable.dimensions.map(name => `${name}=#0`).join(',')
    const there = await dataset.preview({ variables: [variable.name], select }).catch(error => {
      expect(error.code).toMatch(/^(NotFound|Unavailable|Forbidden|InvalidSelection|Unsupported)$/)
    })
    if (there !== undefined) found.push(variable)
  }
  return found
}

describe.skipIf(FIXTURES === undefined)('arrays of the fixtures', () => {
  it.each(arrays)(
    '%s comes back equal through Zarr 3, Zarr 2 and NetCDF, and as the same rows through Parquet, Arrow and CSV',
    async path => {
      const source = join(FIXTURES!, path)
      const dataset = await local(source)
      const variables = (await readable(dataset)).filter(({ shape }) => !shape.includes(0)).slice(0, 6)
      for (const variable of variables) {
        const select = selectionOf(variable)
        const first = variable.dimensions.map(name => select.split(',').includes(`${name}=#0:1`))
        const expected = await valuesOf(source, variable.name, first)
        for (const format of ['zarr', 'zarr2', 'netcdf']) {
          const copy = await saved(dataset, { variables: [variable.name], select }, format)
          const back = await valuesOf(copy, variable.name, [])
          expect(back.length, `${variable.name} through ${format}`).toBe(expected.length)
          expect(
            back.findIndex((cell, at) => cell !== expected[at]),
            `${variable.name} through ${format}`,
          ).toBe(-1)
        }
      }
      const [main] = [...variables].sort((a, b) => b.shape.length - a.shape.length)
      if (main !== undefined) {
        const request = { variables: [main.name], select: selectionOf(main) }
        const [parquet, arrow, csv] = [
          await saved(dataset, request, 'parquet'),
          await saved(dataset, request, 'arrow'),
          await saved(dataset, request, 'csv'),
        ]
        const rows = await rowsOf(parquet)
        expect(rows.length).toBeGreaterThan(0)
        expect(difference(await rowsOf(arrow), rows)).toBeUndefined()
        expect(readFileSync(csv, 'utf8').trimEnd().split('\r\n').length).toBe(rows.length + 1)
      }
      await dataset.close()
    },
    120_000,
  )
})

async function rowsOf(path: string): Promise<readonly string[]> {
  const dataset = (await recognise(localObjects(path))).dataset as TableDataset
  const { table } = await dataset.describe()
  const rows: string[] = []
  for await (const batch of dataset.read({})) {
    const columns = table!.columns.map(({ name, type }) => ({ type, values: batch.columns.get(name)! }))
    for (let row = 0; row < batch.rows; row++)
      rows.push(JSON.stringify(columns.map(({ type, values }) => cellOf(values[row], type))))
  }
  await dataset.close()
  return rows
}

/** What is nested may be text of JSON in the copy, wholly or from some depth on. */
function cellOf(value: unknown, type: string): unknown {
  return unfolded(jsonValueOf(value, type))
}

function unfolded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unfolded)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, unfolded(item)]))
  if (typeof value !== 'string' || !/^[[{]/.test(value)) return value
  try {
    return unfolded(JSON.parse(value))
  } catch {
    return value
  }
}

function difference(found: readonly string[], expected: readonly string[]): string | undefined {
  if (found.length !== expected.length) return `${found.length} rows instead of ${expected.length}`
  const at = found.findIndex((row, index) => row !== expected[index])
  return at < 0 ? undefined : `row ${at}: ${found[at]} instead of ${expected[at]}`
}

/** Times of the year 9999, which no 64 bits of nanoseconds hold. */
const BEYOND = 'parquet/data/int96_from_spark.parquet'

describe.skipIf(FIXTURES === undefined)('tables of the fixtures', () => {
  it.each(['parquet', 'arrow'])('a time that 64 bits do not hold is refused by name: %s', async format => {
    const dataset = await local(join(FIXTURES!, BEYOND))
    await expect(saved(dataset, {}, format)).rejects.toMatchObject({
      code: 'Unsupported',
      message: expect.stringContaining('timestamp[ns]'),
    })
    expect((await rowsOf(join(FIXTURES!, BEYOND))).length).toBeGreaterThan(0)
    const lines = readFileSync(await saved(dataset, {}, 'ndjson'), 'utf8')
      .trimEnd()
      .split('\n')
    expect(lines.length).toBe((await rowsOf(join(FIXTURES!, BEYOND))).length)
    await dataset.close()
  })

  it.each(tables.filter(path => path !== BEYOND))(
    '%s comes back equal through Parquet, Arrow and NDJSON',
    async path => {
      const dataset = await local(join(FIXTURES!, path))
      const expected = await rowsOf(join(FIXTURES!, path)).catch(error => {
        // Pages whose checksums do not hold, or that the fixture breaks on purpose.
        expect(error.code).toMatch(/^(Corrupt|Unsupported)$/)
      })
      if (expected !== undefined && expected.length > 0) {
        expect(
          difference(await rowsOf(await saved(dataset, {}, 'parquet')), expected),
          'Parquet',
        ).toBeUndefined()
        expect(difference(await rowsOf(await saved(dataset, {}, 'arrow')), expected), 'Arrow').toBeUndefined()
        const lines = await saved(dataset, {}, 'ndjson')
        expect(readFileSync(lines, 'utf8').trimEnd().split('\n').length).toBe(expected.length)
      }
      await dataset.close()
    },
    120_000,
  )
})
