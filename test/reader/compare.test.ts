/** Copies held against each other over HTTP, in a real object store: stores that are written here, and those of other programs. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type ObjectStore, startObjectStore } from '@frost/network/object-store/server'
import { type Copy, compareBudget, openCopy } from '@frost/reader'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sharedPath } from '../shared.ts'
import { officialIcechunk } from './icechunk/official.ts'
import { create, write, writeArray } from './icechunk/repositories.ts'

let folder: string
let store: ObjectStore

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'frost-compare-'))
  store = await startObjectStore({ folder })
})
afterAll(async () => {
  await store?.stop()
  await rm(folder, { recursive: true, force: true })
})

const at = (...parts: string[]) => join(folder, ...parts)
/** As a bucket, which can be listed, or by plain HTTP. */
const open = (
  path: string,
  { listed = false, pin }: { listed?: boolean; pin?: string } = {},
): Promise<Copy> =>
  openCopy(listed ? `s3://${path}` : store.urlOf(path), {
    guard: { allowLoopback: true },
    budget: compareBudget(2),
    ...(listed && { endpoint: store.url }),
    ...(pin && { pin }),
  })

async function compared(
  reference: string,
  copy: string,
  options: { listed?: boolean; samples?: number; pin?: string } = {},
) {
  const [a, b] = await Promise.all([open(reference, options), open(copy, options)])
  return a.compare(b, options.samples === undefined ? {} : { samples: options.samples })
}

async function put(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(at(path)), { recursive: true })
  await writeFile(at(path), content)
}

async function flip(path: string, byte: number): Promise<void> {
  const bytes = await readFile(at(path))
  bytes[byte]! ^= 0xff
  await writeFile(at(path), bytes)
}

/** A Zarr v3 store of one array of time × place, each chunk of other numbers, and one of the times. */
async function putZarr(path: string, times: number, attributes: object = { title: 'Sea' }): Promise<void> {
  const array = (shape: number[], chunks: number[]) => ({
    zarr_format: 3,
    node_type: 'array',
    shape,
    data_type: 'int32',
    chunk_grid: { name: 'regular', configuration: { chunk_shape: chunks } },
    chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
    codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
    fill_value: 0,
    attributes: {},
  })
  const metadata = { sst: array([times, 8], [2, 4]), time: array([times], [2]) }
  const group = { zarr_format: 3, node_type: 'group', attributes }
  await put(
    `${path}/zarr.json`,
    JSON.stringify({ ...group, consolidated_metadata: { kind: 'inline', must_understand: false, metadata } }),
  )
  for (const [name, document] of Object.entries(metadata))
    await put(`${path}/${name}/zarr.json`, JSON.stringify(document))
  for (let t = 0; t < Math.ceil(times / 2); t++) {
    await put(`${path}/time/c/${t}`, new Uint8Array(Int32Array.of(t, t + 1).buffer))
    for (let x = 0; x < 2; x++)
      await put(
        `${path}/sst/c/${t}/${x}`,
        new Uint8Array(Int32Array.from({ length: 8 }, (_, i) => t * 100 + x * 10 + i).buffer),
      )
  }
}

describe('Zarr', () => {
  beforeAll(async () => {
    await putZarr('sea.zarr', 10)
    for (const name of ['same', 'changed', 'partial', 'renamed'])
      await cp(at('sea.zarr'), at(`${name}.zarr`), { recursive: true })
    await flip('changed.zarr/sst/c/0/0', 5)
    await rm(at('partial.zarr/sst/c/4'), { recursive: true })
    await putZarr('renamed.zarr', 10, { title: 'Another sea' })
    await putZarr('older.zarr', 7)
  })

  it('a byte copy is identical, with and without a listing', async () => {
    for (const listed of [false, true])
      expect(await compared('sea.zarr', 'same.zarr', { listed })).toMatchObject({
        result: 'identical',
        evidence: [
          { what: 'metadata', agrees: true },
          { what: 'chunks', agrees: true, note: '15 of 15 looked at, all the same' },
        ],
      })
  })

  it('a chunk that differs is named', async () => {
    const { result, evidence } = await compared('sea.zarr', 'changed.zarr')
    expect([result, evidence[1]?.note]).toEqual(['different', expect.stringContaining('sst/c/0/0')])
  })

  it('a copy that is not whole yet is behind; one with fewer steps too, and the other way round it is ahead', async () => {
    expect(await compared('sea.zarr', 'partial.zarr')).toMatchObject({ result: 'behind' })
    expect(await compared('sea.zarr', 'older.zarr')).toMatchObject({
      result: 'behind',
      summary: expect.stringContaining('sst is 7 × 8, the original 10 × 8'),
    })
    expect(await compared('older.zarr', 'sea.zarr')).toMatchObject({ result: 'ahead' })
  })

  it('metadata that differs is not hidden by chunks that agree', async () => {
    expect(await compared('sea.zarr', 'renamed.zarr')).toMatchObject({
      result: 'different',
      summary: expect.stringMatching(/the chunks agree.*attributes of the root/),
    })
  })

  it('of chunks that neither has nothing is claimed', async () => {
    for (const name of ['bare', 'empty']) {
      await cp(at('sea.zarr'), at(`${name}.zarr`), { recursive: true })
      for (const array of ['sst', 'time']) await rm(at(`${name}.zarr`, array, 'c'), { recursive: true })
    }
    expect(await compared('bare.zarr', 'empty.zarr')).toMatchObject({
      result: 'incomparable',
      summary: 'no chunk that was looked at could be read',
      evidence: [{ what: 'metadata' }, { note: '0 of 15 looked at; 15 that neither has' }],
    })
    await rm(at('same.zarr/time/c'), { recursive: true })
    await cp(at('same.zarr'), at('sparse.zarr'), { recursive: true })
    expect(await compared('same.zarr', 'sparse.zarr')).toMatchObject({
      result: 'identical',
      evidence: [{ what: 'metadata' }, { note: '10 of 15 looked at, all the same; 5 that neither has' }],
    })
    await putZarr('same.zarr', 10)
  })

  it('looks at no more chunks than it is told', async () => {
    const before = store.served.requests
    const { evidence } = await compared('sea.zarr', 'same.zarr', { samples: 4 })
    expect(evidence[1]?.note).toBe('4 of 15 looked at, all the same')
    // Of each copy: is it an object, zarr.json, four chunks.
    expect(store.served.requests - before).toBeLessThanOrEqual(2 * 6)
  })
})

describe('Parquet', () => {
  const rows = (count: number, first = 0) =>
    new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'id', data: Array.from({ length: count }, (_, i) => first + i), type: 'INT32' },
          { name: 'name', data: Array.from({ length: count }, (_, i) => `row ${i % 97}`), type: 'STRING' },
        ],
        rowGroupSize: 1000,
      }),
    )

  it('one file: by its footer, then by its column chunks', async () => {
    const table = rows(9000)
    await put('table.parquet', table)
    await put('same.parquet', table)
    await put('shorter.parquet', rows(8000))
    await put('broken.parquet', table)
    await flip('broken.parquet', 40)
    expect(await compared('table.parquet', 'same.parquet')).toMatchObject({ result: 'identical' })
    expect(await compared('table.parquet', 'shorter.parquet')).toMatchObject({
      result: 'different',
      summary: expect.stringMatching(/9000 rows in .* against 8000 rows.*the same columns/),
    })
    expect(await compared('table.parquet', 'broken.parquet')).toMatchObject({
      result: 'different',
      summary: expect.stringContaining('the footer is the same'),
    })
  })

  it('a folder: by the names of its files, then by some of them', async () => {
    for (const year of [2020, 2021, 2022]) {
      await put(`years/year=${year}/part.parquet`, rows(100, year))
      if (year < 2022) await put(`fewer/year=${year}/part.parquet`, rows(100, year))
    }
    expect(await compared('years', 'years', { listed: true })).toMatchObject({ result: 'identical' })
    expect(await compared('years', 'fewer', { listed: true })).toMatchObject({
      result: 'behind',
      summary: '1 file of 3 are not there yet',
    })
    await put('fewer/year=2021/part.parquet', rows(100, 1))
    expect(await compared('years', 'fewer', { listed: true })).toMatchObject({ result: 'different' })
  })
})

describe('any other file', () => {
  const csv = `id,value\n${Array.from({ length: 60_000 }, (_, i) => `${i},${i * 7}`).join('\n')}\n`

  it('by size and bytes here and there; what it was before something was appended is behind', async () => {
    await put('rows.csv', csv)
    await put('copy.csv', csv)
    await put('earlier.csv', csv)
    await truncate(at('earlier.csv'), 300_000)
    const before = store.served.bytes
    expect(await compared('rows.csv', 'copy.csv', { samples: 3 })).toMatchObject({ result: 'identical' })
    expect(store.served.bytes - before).toBeLessThan(150_000)
    expect(await compared('rows.csv', 'earlier.csv')).toMatchObject({ result: 'behind' })
    expect(await compared('earlier.csv', 'rows.csv')).toMatchObject({ result: 'ahead' })
  })

  it('one changed byte escapes samples and not a full comparison', async () => {
    await put('forged.csv', csv)
    await flip('forged.csv', 500_001)
    expect(await compared('rows.csv', 'forged.csv', { samples: 2 })).toMatchObject({ result: 'identical' })
    expect(await compared('rows.csv', 'forged.csv', { samples: Number.POSITIVE_INFINITY })).toMatchObject({
      result: 'different',
    })
  })

  it('one original is enough for many copies, and for many samples', async () => {
    const place = { guard: { allowLoopback: true } }
    const original = await openCopy(store.urlOf('rows.csv'), { ...place, budget: compareBudget(20) })
    for (let copies = 1; copies < 20; copies++)
      expect(await original.compare(await open('copy.csv'))).toMatchObject({ result: 'identical' })
    expect(original.spent.requests).toBeGreaterThan(compareBudget(1).requests)
    expect(compareBudget(2, 500).requests).toBeGreaterThan(500 * 2)
  })

  it('in full the original is read once, for all copies and for its own sums', async () => {
    const full = { samples: Number.POSITIVE_INFINITY }
    for (const name of ['rows.csv', 'table.parquet']) {
      const [original, ...rest] = await Promise.all([0, 1, 2, 3].map(() => open(name)))
      const { size } = original!.state
      expect([await original!.digest('md5'), await original!.digest('sha256')]).toEqual([
        expect.stringMatching(/^[0-9a-f]{32}$/),
        expect.stringMatching(/^[0-9a-f]{64}$/),
      ])
      for (const copy of rest)
        expect(await original!.compare(copy, full)).toMatchObject({ result: 'identical' })
      // Besides, its beginning, and of Parquet its footer.
      for (const { spent } of [original!, ...rest]) expect(spent.bytes).toBeLessThan(size! + 100_000)
    }
    const [original, ...copies] = await Promise.all(
      ['sea.zarr', 'same.zarr', 'same.zarr'].map(name => open(name)),
    )
    const spent = []
    for (const copy of copies) {
      await original!.compare(copy, full)
      spent.push(original!.spent.requests)
    }
    expect(spent[1]).toBe(spent[0])
  })

  it('of a Parquet file bytes beside its columns count in full', async () => {
    const data = Array.from({ length: 500 }, (_, i) => `station ${i}`)
    const columnData = [{ name: 'id', data, type: 'STRING' as const, bloomFilter: true }]
    const filtered = new Uint8Array(parquetWriteBuffer({ columnData }))
    for (const name of ['filtered', 'misled']) await put(`${name}.parquet`, filtered)
    // The Bloom filter lies between the columns and the footer.
    const footer = Buffer.from(filtered).readUInt32LE(filtered.length - 8)
    await flip('misled.parquet', filtered.length - 8 - footer - 1)
    const full = { samples: Number.POSITIVE_INFINITY }
    expect(await compared('table.parquet', 'broken.parquet', full)).toMatchObject({
      result: 'different',
      summary: expect.stringContaining('the footer is the same'),
    })
    expect(await compared('filtered.parquet', 'misled.parquet', full)).toMatchObject({
      result: 'different',
      summary: expect.stringContaining('bytes beside them are not'),
    })
  })

  it('says which of two places failed', async () => {
    const [a, b] = await Promise.all(
      [0, 3].map(more =>
        openCopy(store.urlOf(more ? 'copy.csv' : 'rows.csv'), {
          guard: { allowLoopback: true },
          budget: { requests: more ? 5 : 400, bytes: 1e6 },
        }),
      ),
    )
    await expect(a!.compare(b!)).rejects.toMatchObject({
      code: 'OverBudget',
      message: expect.stringMatching(/copy\.csv.*budget of 5 requests/),
    })
  })

  it('of two formats nothing is claimed; nothing, and a folder of nothing known, are refused by name', async () => {
    expect(await compared('rows.csv', 'sea.zarr')).toMatchObject({
      result: 'incomparable',
      summary: expect.stringContaining('zarr beside csv'),
    })
    await expect(open('nowhere.zarr')).rejects.toMatchObject({ code: 'NotFound' })
    await put('page.html', '<!DOCTYPE html><title>A landing page</title>')
    await expect(open('page.html')).rejects.toMatchObject({ code: 'Unrecognised' })
    await put('papers/a.txt', 'a')
    await expect(open('papers', { listed: true })).rejects.toMatchObject({ code: 'Unrecognised' })
  })
})

const library = officialIcechunk()

describe.skipIf(library === undefined).each([1, 2] as const)('Icechunk of version %i', specification => {
  const name = (copy: string) => `${copy}-v${specification}`
  let commits: string[]
  beforeAll(async () => {
    const written = await write(library!, specification)
    commits = written.commits
    await cp(written.folder, at(name('origin')), { recursive: true })
    await cp(written.folder, at(name('same')), { recursive: true })
    await cp(written.folder, at(name('holed')), { recursive: true })
    await create(written.repository, 'main', 'newer', store => writeArray(store, '/newer', [4, 4], [2, 2], 1))
    await create(written.repository, 'main', 'newest', store =>
      writeArray(store, '/newest', [4, 4], [2, 2], 1),
    )
    await cp(written.folder, at(name('newest')), { recursive: true })
    await rm(written.folder, { recursive: true })
    for (const chunk of await readdir(at(name('holed'), 'chunks')))
      await flip(`${name('holed')}/chunks/${chunk}`, 3)
    const other = await write(library!, specification)
    await cp(other.folder, at(name('stranger')), { recursive: true })
    await rm(other.folder, { recursive: true })
  }, 60_000)

  it('the same snapshot with the same manifests and chunks is identical', async () => {
    const { result, evidence } = await compared(name('origin'), name('same'))
    expect([result, evidence.map(({ what, agrees }) => `${what} ${agrees}`)]).toEqual([
      'identical',
      ['snapshot true', 'snapshot file true', 'manifests true', 'chunks true'],
    ])
  })

  it('says by how many commits a copy lags, and of when it is', async () => {
    const { result, summary } = await compared(name('newest'), name('same'))
    expect([result, summary]).toEqual([
      'behind',
      expect.stringMatching(new RegExp(`^2 commits behind: ${commits.at(-1)} of 20.*Z, the original is at`)),
    ])
    expect(await compared(name('same'), name('newest'))).toMatchObject({ result: 'ahead' })
  })

  it('a chunk that is not what it was, other branches and other repositories are different', async () => {
    expect(await compared(name('origin'), name('holed'), { samples: 1000 })).toMatchObject({
      result: 'different',
      summary: expect.stringMatching(/^chunks: .*\d+ differ/),
    })
    const [main, side] = await Promise.all([
      open(name('origin')),
      open(name('origin'), { pin: 'branch:side' }),
    ])
    expect(await main.compare(side)).toMatchObject({
      result: 'different',
      summary: expect.stringContaining(`parted after ${commits[0]}`),
    })
    expect(await compared(name('origin'), name('stranger'))).toMatchObject({ result: 'different' })
  })

  it('chunks that neither has are lost, not fill values', async () => {
    for (const copy of ['lost', 'lost-too']) {
      await cp(at(name('same')), at(name(copy)), { recursive: true })
      await rm(at(name(copy), 'chunks'), { recursive: true })
    }
    expect(await compared(name('lost'), name('lost-too'))).toMatchObject({
      result: 'different',
      summary: expect.stringMatching(/^chunks: 0 of \d+ looked at; \d+ are missing in both/),
    })
  })

  it('a pinned state is compared in both, however far they have gone since', async () => {
    expect(await compared(name('newest'), name('same'), { pin: `snapshot:${commits[1]}` })).toMatchObject({
      result: 'identical',
    })
  })
})

const tables = sharedPath('fixtures', 'data', 'iceberg', 'hyperparam-iceberg')

describe.skipIf(tables === undefined)('Iceberg', () => {
  it('by snapshots and by the files that live in them', async () => {
    await cp(join(tables!, 'java', 'bunnies'), at('tables/bunnies'), { recursive: true })
    await cp(join(tables!, 'java', 'bunnies'), at('tables/copied'), { recursive: true })
    await cp(join(tables!, 'java', 'bunnies'), at('tables/lagging'), { recursive: true })
    await writeFile(at('tables/lagging/metadata/version-hint.text'), '3')
    expect(await compared('tables/bunnies', 'tables/copied')).toMatchObject({ result: 'identical' })
    expect(await compared('tables/bunnies', 'tables/lagging')).toMatchObject({
      result: 'behind',
      summary: expect.stringMatching(/^\d commits? behind/),
    })
    for (const table of ['lost', 'lost-too']) {
      await cp(join(tables!, 'java', 'bunnies'), at('tables', table), { recursive: true })
      await rm(at('tables', table, 'data'), { recursive: true })
    }
    expect(await compared('tables/lost', 'tables/lost-too')).toMatchObject({
      result: 'different',
      summary: expect.stringContaining('missing in both'),
    })
    const file = (await readdir(at('tables/copied/data'))).sort().at(-1)!
    await flip(
      `tables/copied/data/${file}`,
      Math.floor((await stat(at('tables/copied/data', file))).size / 2),
    )
    expect(await compared('tables/bunnies', 'tables/copied')).toMatchObject({ result: 'different' })
  })
})

const data = sharedPath('fixtures', 'data')

describe.skipIf(data === undefined)('what other programs wrote', () => {
  it.each(['icechunk/test-repo-v1', 'icechunk/test-repo-v2', 'parquet/data/alltypes_plain.parquet'])(
    '%s is identical to itself, from little',
    async path => {
      const fixtures = await startObjectStore({ folder: data! })
      const [a, b] = await Promise.all(
        [0, 1].map(() => openCopy(fixtures.urlOf(path), { guard: { allowLoopback: true } })),
      )
      const { result, evidence } = await a!.compare(b!)
      expect(result).toBe('identical')
      if (path.startsWith('icechunk'))
        expect(evidence.at(-1)?.note).toMatch(/\d+ virtual chunks? lies? elsewhere, not read/)
      expect(b!.spent.bytes).toBeLessThan(3_000_000)
      await fixtures.stop()
    },
  )
})
