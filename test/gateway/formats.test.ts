import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { sharedPath } from '../shared.ts'
import { type Params, type Serving, serving } from './serving.ts'
import { csvTable, type Store, startStore } from './store.ts'

const fixtures = sharedPath('fixtures', 'data')

vi.setConfig({ testTimeout: 120_000 })

let store: Store
let it: Serving

beforeAll(async () => {
  store = await startStore(fixtures)
  it = await serving({ loopbackPorts: [store.port] })
})
afterAll(async () => {
  await it?.[Symbol.asyncDispose]()
  await store?.[Symbol.asyncDispose]()
})

const parquetFiles =
  fixtures === undefined
    ? []
    : readdirSync(join(fixtures, 'parquet/data'), { recursive: true, encoding: 'utf8' })
        .filter(name => name.endsWith('.parquet'))
        .sort()

const FIXTURES: readonly (readonly [path: string, format: string])[] = [
  ...parquetFiles.map(name => [`parquet/data/${name}`, 'parquet'] as const),
  ['netcdf/tiny.nc', 'netcdf'],
  ['netcdf/eraint_uvz.nc', 'netcdf'],
  ['netcdf/basin_mask.nc', 'netcdf'],
  ['geotiff/GA4886_VanderfordGlacier_2022_EGM2008_64m-epsg3031.cog', 'cog'],
  ['geotiff/LisbonElevation.tif', 'geotiff'],
  ['geotiff/gpm_1d.20240617.tif', 'geotiff'],
  ['geotiff/nz_habitat_anticross_4326_1deg.tif', 'geotiff'],
  ['geotiff/utm.tif', 'geotiff'],
  ['geotiff/wind_direction.tif', 'geotiff'],
  ['icechunk/test-repo-v1', 'icechunk'],
  ['icechunk/test-repo-v2', 'icechunk'],
  ['iceberg/hyperparam-iceberg/java/bunnies', 'iceberg'],
  ['iceberg/hyperparam-iceberg/spark/rename_column', 'iceberg'],
  ['zarr/zarr.zr/blosc', 'zarr'],
  ['zarr/zarr.zr/gzip', 'zarr'],
]

/** What an export begins with, and the format that reads it again; archives and pictures are not read. */
const FILES: Readonly<Record<string, readonly [start: string, readAs: string | undefined]>> = {
  zarr: ['PK', undefined],
  zarr2: ['PK', undefined],
  netcdf: ['\x89HDF', 'netcdf4'],
  parquet: ['PAR1', 'parquet'],
  csv: ['', 'csv'],
  ndjson: ['{', 'ndjson'],
  arrow: ['\xff\xff\xff\xff', 'arrow'],
  png: ['\x89PNG', undefined],
}

/** Exports that are refused, and why they must be. */
const REFUSED: Readonly<Record<string, string>> = {
  'int96_from_spark.parquet to parquet': 'a time beyond the nanoseconds of an int64',
  'int96_from_spark.parquet to arrow': 'the same',
}

describe.skipIf(fixtures === undefined)('every fixture is described, shown and exported', () => {
  test.each(FIXTURES)('%s', async (path, format) => {
    const url = store.urlOf(`fixtures/${path}`)
    const described = await it.ask('/describe', { url })
    expect(described).toMatchObject({ status: 200, json: { location: url } })
    expect(described.json.format).toContain(format)
    const part = partOf(described.json)
    await isShown(url, described.json, part)
    for (const to of described.json.exports) await isExported(url, to, part)
  })
})

test.skipIf(fixtures === undefined)('a draft of a format is refused by its name', async () => {
  const { status, json } = await it.ask('/describe', { url: store.urlOf('fixtures/zarr/zarrita.zr3') })
  expect([status, json.error]).toEqual([422, 'Unsupported'])
  expect(json.message).toContain('draft of Zarr v3')
})

test.each([
  ['csv', csvTable(20)],
  ['tsv', csvTable(20).replaceAll(',', '\t')],
  ['ndjson', Array.from({ length: 20 }, (_, id) => `${JSON.stringify({ id, at: [1, 2] })}\n`).join('')],
  ['json', JSON.stringify(Array.from({ length: 20 }, (_, id) => ({ id, name: `n${id}` })))],
])('%s too', async (extension, text) => {
  const url = await store.put(`table.${extension}`, text)
  const described = await it.ask('/describe', { url })
  expect([described.status, described.json.model]).toEqual([200, 'table'])
  await isShown(url, described.json, partOf(described.json))
  for (const to of described.json.exports) await isExported(url, to, partOf(described.json))
})

// biome-ignore-start lint/suspicious/noExplicitAny: descriptions as they come
/** The smallest variable that has values, or a few rows. */
function partOf({ array }: any): Params {
  if (array === undefined) return { limit: '20' }
  const size = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1)
  const [first] = array.variables
    .filter(({ shape }: any) => size(shape) > 0)
    .toSorted((a: any, b: any) => size(a.shape) - size(b.shape))
  const { name, shape, dimensions } = first
  const most = shape.map((length: number, at: number) => `${dimensions[at]}=#0:${Math.min(length, 40)}`)
  return { var: name, ...(shape.length > 0 ? { select: most.join(',') } : {}) }
}

async function isShown(url: string, { model }: any, part: Params): Promise<void> {
  const shown = await it.ask('/preview.json', { url, ...part })
  expect(shown).toMatchObject({ status: 200, json: { kind: expect.any(String) } })
  if (model === 'table') expect(shown.json.rows.length).toBeLessThanOrEqual(20)
  const picture = await it.ask('/preview.png', { url, ...part, side: '32' })
  if (model === 'table' || picture.status !== 200) expect(picture.json.error).toBe('InvalidSelection')
  else expect(picture.body.subarray(1, 4).toString()).toBe('PNG')
}

async function isExported(url: string, to: string, part: Params): Promise<void> {
  const exported = await it.ask('/export', { url, to, ...part })
  const name = `${url.split('/').pop()} to ${to}`
  if (name in REFUSED) return expect([name, exported.status]).toEqual([name, 422])
  expect([name, exported.status, exported.json.message]).toEqual([name, 200, undefined])
  const [start, readAs] = FILES[to]!
  const text = exported.body.toString('latin1')
  expect(text.slice(0, start.length)).toBe(text === '' ? '' : start)
  if (readAs === undefined || text === '') return
  const again = await it.ask('/describe', { url: await store.put(`again/file.${to}`, exported.body) })
  expect([name, again.status, again.json.format]).toEqual([name, 200, readAs])
}
// biome-ignore-end lint/suspicious/noExplicitAny: descriptions as they come
