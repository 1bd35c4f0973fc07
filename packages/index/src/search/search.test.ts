import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { openSearch } from './open.ts'
import { everyUri, makeDocument, names } from './suite/documents.ts'
import { searchSuite } from './suite/index.ts'

searchSuite('in memory', dir => openSearch({ dir }))
// Thresholds so low that segments are folded into files, and files merged, in every test.
const settings = { foldAt: 4, mostSegments: 2, mostGone: 0.1 }
searchSuite('folding at once', dir => openSearch({ dir, settings }), 12)

const named = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => makeDocument(`${prefix}-${index}`))

async function inFolder(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'frost-search-'))
  try {
    await work(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

test('regression: segments of like size are merged though nothing else is due, and the event loop goes on', () =>
  inFolder(async dir => {
    const search = await openSearch({ dir, settings: { foldAt: 4 } })
    await search.apply({ upserts: named('first', 4), deletes: [], watermark: 4 })
    await search.settle()
    await search.apply({ upserts: named('second', 4), deletes: [], watermark: 8 })
    await search.settle()
    await search.apply({ upserts: named('small', 1), deletes: [], watermark: 9 })
    await search.settle()
    expect(await everyUri(search, { limit: 5 })).toHaveLength(9)
    expect(readdirSync(join(dir, 'segments'))).toHaveLength(1)
    await search.close()
  }))

test('what is gone from a file stays gone when search is opened again, and so do its words', () =>
  inFolder(async dir => {
    const open = () => openSearch({ dir, settings: { foldAt: 4, mostGone: 0.9 } })
    const first = await open()
    const [kept, gone] = named('ice', 8)
    await first.apply({ upserts: named('ice', 8), deletes: [], watermark: 1 })
    await first.settle()
    await first.apply({ upserts: [], deletes: [gone!.uri], watermark: 2 })
    const before = await first.search({ q: 'ice 0', limit: 10 })
    await first.close()
    const second = await open()
    expect(await second.search({ q: 'ice 0', limit: 10 })).toEqual(before)
    expect(names(before)[0]).toBe(names({ hits: [kept!] })[0])
    expect(await second.count()).toBe(7)
    await second.close()
  }))

test('a file that was cut, and one that is missing, are no end: search begins anew', () =>
  inFolder(async dir => {
    for (const spoil of [
      (file: string) => truncateSync(file, 100),
      rmSync,
      (file: string) => writeFileSync(file, ''),
    ]) {
      const first = await openSearch({ dir, settings: { foldAt: 4 } })
      await first.apply({ upserts: named('ice', 8), deletes: [], watermark: 8 })
      await first.settle()
      await first.close()
      const [file] = readdirSync(join(dir, 'segments'))
      spoil(join(dir, 'segments', file!))
      const second = await openSearch({ dir, settings: { foldAt: 4 } })
      expect([await second.watermark(), await second.count()]).toEqual([0, 0])
      await second.apply({ upserts: named('ice', 8), deletes: [], watermark: 8 })
      await second.settle()
      expect(names(await second.search({ q: 'ice', limit: 10 }))).toHaveLength(8)
      await second.close()
    }
  }))

test('a file that no store knows of is removed', () =>
  inFolder(async dir => {
    await (await openSearch({ dir })).close()
    writeFileSync(join(dir, 'segments', 'segment-7'), 'half made')
    await (await openSearch({ dir })).close()
    expect(readdirSync(join(dir, 'segments'))).toEqual([])
  }))

test('what goes while files are made of it goes from these too', () =>
  inFolder(async dir => {
    const open = () => openSearch({ dir, settings: { foldAt: 50, mostGone: 0.9 } })
    const search = await open()
    for (let round = 0; round < 12; round++) {
      await search.apply({ upserts: named(`r${round}`, 60), deletes: [], watermark: round * 2 + 1 })
      const gone = named(`r${round}`, 60).filter((_, index) => index % 3 > 0)
      await search.apply({ upserts: [], deletes: gone.map(({ uri }) => uri), watermark: round * 2 + 2 })
    }
    const left = Array.from({ length: 12 }, (_, round) =>
      named(`r${round}`, 60).filter((_, index) => index % 3 === 0),
    )
      .flat()
      .map(({ uri }) => uri)
      .sort()
    for (const engine of [search, await search.settle().then(() => search)])
      expect((await everyUri(engine, { limit: 100 })).sort()).toEqual(left)
    await search.close()
    const again = await open()
    expect((await everyUri(again, { limit: 100 })).sort()).toEqual(left)
    expect(await again.count()).toBe(left.length)
    await again.close()
  }))

test('while nothing can be folded what is held is found, no more is taken than memory may hold, and then it goes on', () =>
  inFolder(async dir => {
    const search = await openSearch({ dir, settings: { foldAt: 4 } })
    const folder = join(dir, 'segments')
    const batch = { upserts: named('ice', 60), deletes: [], watermark: 60 }
    rmSync(folder, { recursive: true })
    await expect(search.apply(batch)).rejects.toThrow('ENOENT')
    expect(await everyUri(search, { q: 'ice', limit: 50 })).toHaveLength(60)
    mkdirSync(folder)
    await search.apply(batch)
    await search.settle()
    expect(readdirSync(folder)).toHaveLength(1)
    expect(await everyUri(search, { q: 'ice', limit: 50 })).toHaveLength(60)
    await search.close()
  }))

test('regression: a few rows in memory do not make files be merged a row at a time', () =>
  inFolder(async dir => {
    const settings = { foldAt: 40 }
    const search = await openSearch({ dir, settings })
    await search.apply({ upserts: named('many', 100), deletes: [], watermark: 1 })
    await search.settle()
    for (let round = 0; round < 60; round++)
      await search.apply({ upserts: named(`few${round}`, 2), deletes: [], watermark: 2 + round })
    await search.settle()
    await search.close()
    const store = new Database(join(dir, 'search.sqlite'), { readonly: true })
    const made = store.prepare("SELECT value FROM meta WHERE key = 'segment'").pluck().get()
    store.close()
    expect(made).toBeLessThan(10)
  }))
