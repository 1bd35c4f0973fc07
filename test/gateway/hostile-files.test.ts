import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { sharedPath } from '../shared.ts'
import { type PeakMemory, watchPeakMemory } from './peak-memory.ts'
import { type Serving, serving } from './serving.ts'
import { csvTable, type Store, startStore } from './store.ts'
import { zarrArray } from './zarr-array.ts'

const fixtures = sharedPath('fixtures', 'data')
const MEGABYTE = 1_000_000

vi.setConfig({ testTimeout: 180_000 })

let store: Store
let it: Serving
let memory: PeakMemory
let good: string

beforeAll(async () => {
  store = await startStore(fixtures)
  good = await store.put('good.csv', csvTable(2))
  it = await serving({ loopbackPorts: [store.port], jobSeconds: 20 })
  memory = watchPeakMemory()
})
afterAll(async () => {
  await memory?.[Symbol.asyncDispose]()
  await it?.[Symbol.asyncDispose]()
  await store?.[Symbol.asyncDispose]()
})

/**
 * Asks for everything that can be asked of a location, and for something good meanwhile.
 * @returns the answers' errors; undefined for those that succeed
 */
async function suffered(url: string, params: Readonly<Record<string, string>> = {}) {
  const asked = [
    it.ask('/describe', { url }),
    it.ask('/preview.json', { url, ...params }),
    it.ask('/preview.png', { url, ...params, side: '32' }),
    ...['csv', 'parquet'].map(to =>
      it
        .ask('/export', { url, to, ...params })
        .catch((cut: Error) => ({ status: 0, json: { error: cut.name } })),
    ),
  ]
  expect((await it.ask('/describe', { url: good })).status).toBe(200)
  const errors: (string | undefined)[] = []
  for (const { status, json } of await Promise.all(asked)) {
    // Never a failure of the gateway itself.
    expect([status, json]).not.toEqual([500, expect.anything()])
    errors.push(status === 200 ? undefined : json.error)
  }
  expect(await memory.read()).toBeLessThan(512 * MEGABYTE)
  return errors
}

describe.skipIf(fixtures === undefined)('corrupt Parquet', () => {
  const names = fixtures === undefined ? [] : readdirSync(join(fixtures, 'parquet/bad_data'))
  test.each(names.filter(name => name.endsWith('.parquet')))('%s', async name => {
    const [, , , ...exports] = await suffered(store.urlOf(`fixtures/parquet/bad_data/${name}`))
    for (const error of exports) expect(error).toBeDefined()
  })
})

describe('bombs', () => {
  const zeros = Buffer.alloc(300 * MEGABYTE)
  const chunk = { shape: [1000], chunks: [1000], dtype: 'float64' }

  test.each([
    ['zstd', 'zstd', zstdCompressSync],
    ['gzip', 'gzip', gzipSync],
  ] as const)('a chunk of %s that holds 300 MB in place of 8 kB', async (name, codec, compress) => {
    const codecs = [{ name: codec, configuration: { level: 1, checksum: false } }]
    await store.put(`${name}.zarr/zarr.json`, zarrArray({ ...chunk, codecs }))
    await store.put(`${name}.zarr/c/0`, compress(zeros))
    const [described, ...read] = await suffered(store.urlOf(`${name}.zarr`))
    expect(described).toBeUndefined()
    for (const error of read) expect(error).toMatch(/Corrupt|OverBudget|TypeError/)
  })

  test.each([
    ['a gzip file', 'bomb.csv.gz', gzipSync(zeros)],
    ['a zstd file', 'bomb.csv.zst', zstdCompressSync(zeros)],
    ['a ZIP archive of it', 'bomb.zip', zipOf(gzipSync(zeros).subarray(10, -8), zeros.length)],
  ])('%s that holds 300 MB', async (_, name, bytes) => {
    for (const error of await suffered(await store.put(name, bytes))) expect(error).toBeDefined()
  })
})

describe('claims', () => {
  test('a chunk of 4 GB', async () => {
    const codecs = [{ name: 'zstd', configuration: { level: 1, checksum: false } }]
    const claim = { shape: [2 ** 29], chunks: [2 ** 29], dtype: 'float64', codecs }
    await store.put('claim.zarr/zarr.json', zarrArray(claim))
    await store.put('claim.zarr/c/0', zstdCompressSync(Buffer.alloc(1000)))
    const [described, ...read] = await suffered(store.urlOf('claim.zarr'), { select: 'dim_0=#0:10' })
    expect(described).toBeUndefined()
    for (const error of read) expect(error).toBe('OverBudget')
  })

  test('an array of all the atoms, of which nothing is there', async () => {
    await store.put('vast.zarr/zarr.json', zarrArray({ shape: [1e9, 1e6], chunks: [100, 100] }))
    const [described, shown, drawn, ...exports] = await suffered(store.urlOf('vast.zarr'))
    expect(described).toBeUndefined()
    expect([undefined, 'OverBudget']).toContain(shown)
    expect([undefined, 'OverBudget']).toContain(drawn)
    expect(exports).toEqual(['OverBudget', 'OverBudget'])
  })

  test('chunks that are not there cost nothing to read, and the export ends at what it may have', async () => {
    await using own = await serving({ loopbackPorts: [store.port], exportBytes: MEGABYTE })
    await store.put('empty.zarr/zarr.json', zarrArray({ shape: [4_000, 1_000], chunks: [1_000, 1_000] }))
    const url = store.urlOf('empty.zarr')
    await expect(own.ask('/export', { url, to: 'csv' })).rejects.toThrow()
    expect((await own.ask('/metrics')).body.toString()).toContain(
      'frost_gateway_exports_total{outcome="cut"} 1',
    )
  })

  test.each([
    ['lists within lists', '['.repeat(2_000_000)],
    ['objects within objects', '{"a":'.repeat(1_000_000)],
    ['metadata within metadata', `{"zarr_format":3,"node_type":"group","attributes":${'['.repeat(500_000)}`],
    ['a line without end', `a,b\n"${'x'.repeat(30_000_000)}`],
  ])('%s', async (name, text) => {
    const errors = await suffered(await store.put(`${name.replaceAll(' ', '-')}/zarr.json`, text))
    expect(errors[0]).toBeDefined()
  })
})

const SEEDS = [
  'parquet/data/alltypes_tiny_pages.parquet',
  'parquet/data/nested_maps.snappy.parquet',
  'parquet/data/byte_stream_split.zstd.parquet',
  'netcdf/tiny.nc',
  'netcdf/basin_mask.nc',
  'geotiff/utm.tif',
  'geotiff/wind_direction.tif',
]

test.skipIf(fixtures === undefined)(
  'files of which some bytes were changed, or the end is gone',
  async () => {
    const file = fc.constantFrom(...SEEDS)
    const damage = fc.record({
      kept: fc.oneof({ arbitrary: fc.constant(1), weight: 3 }, fc.double({ min: 0, max: 1, noNaN: true })),
      changes: fc.array(
        fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), isEnd: fc.boolean(), to: fc.nat(255) }),
        { minLength: 1, maxLength: 12 },
      ),
    })
    let runs = 0
    await fc.assert(
      fc.asyncProperty(file, damage, async (path, { kept, changes }) => {
        const whole = readFileSync(join(fixtures!, path))
        const bytes = Buffer.from(whole.subarray(0, Math.ceil(whole.length * kept)))
        // Most of what a reader trusts lies at the beginning and the end.
        const reach = Math.min(4_000, bytes.length)
        for (const { at, isEnd, to } of changes)
          if (bytes.length > 0)
            bytes[Math.min(bytes.length - 1, Math.floor(at * reach) + (isEnd ? bytes.length - reach : 0))] =
              to
        await suffered(await store.put(`damaged/${runs++}/${path}`, bytes), {})
      }),
      { numRuns: 60 },
    )
  },
)

/** One deflated entry (PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16). */
function zipOf(deflated: Uint8Array, size: number): Buffer {
  const name = Buffer.from('bomb.csv')
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(20, 0)
  fields.writeUInt16LE(8, 4)
  fields.writeUInt32LE(deflated.length, 14)
  fields.writeUInt32LE(size, 18)
  fields.writeUInt16LE(name.length, 22)
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, name, deflated])
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\0', 'latin1'), fields, Buffer.alloc(14), name])
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(local.length, 16)
  return Buffer.concat([local, central, end])
}
