import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { openSearch } from './open.ts'
import { everyUri, makeDocument } from './suite/documents.ts'
import { searchSuite } from './suite/index.ts'

searchSuite('fts5', dir => openSearch({ dir, engine: 'fts5' }))
searchSuite('lance, all recent', dir => openSearch({ dir, engine: 'lance' }))
// Thresholds so low that batches become segments, and segments are folded, in every test.
const settings = { foldAt: 4, bulkAt: 8, mostSegments: 2, mostMasked: 2 }
searchSuite('lance, folding at once', dir => openSearch({ dir, engine: 'lance', settings }), 6)

test('regression: segments of like size are merged though nothing else is due, and the event loop goes on', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'frost-search-'))
  const search = await openSearch({ dir, engine: 'lance', settings: { bulkAt: 4, foldAt: 100 } })
  try {
    const named = (prefix: string, count: number) =>
      Array.from({ length: count }, (_, index) => makeDocument(`${prefix}-${index}`))
    await search.apply({ upserts: named('first', 4), deletes: [], watermark: 4 })
    await search.apply({ upserts: named('second', 4), deletes: [], watermark: 8 })
    await search.apply({ upserts: named('small', 1), deletes: [], watermark: 9 })
    await search.settle()
    expect(await everyUri(search, { limit: 5 })).toHaveLength(9)
  } finally {
    await search.close()
    rmSync(dir, { recursive: true, force: true })
  }
})

test('the file gives back what folding emptied', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'frost-search-'))
  const search = await openSearch({ dir, engine: 'lance', settings: { bulkAt: 5000, foldAt: 1000 } })
  const description = Array.from({ length: 200 }, (_, place) => `word${place}`).join(' ')
  const upserts = Array.from({ length: 1500 }, (_, index) => makeDocument(`d${index}`, { description }))
  await search.apply({ upserts, deletes: [], watermark: 1500 })
  await search.settle()
  await search.close()
  const file = new Database(join(dir, 'search.sqlite'), { readonly: true })
  const pages = (name: string) => file.pragma(name, { simple: true }) as number
  expect(pages('freelist_count')).toBeLessThanOrEqual(pages('page_count') * 0.1)
  file.close()
  rmSync(dir, { recursive: true, force: true })
})
