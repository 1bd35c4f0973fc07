/** What every engine must do, written once and run on each. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { SearchDocument, SearchEngine } from '../engine.ts'
import { makeDocument, names } from './documents.ts'
import { laws } from './laws.ts'
import { listings } from './listings.ts'
import { words } from './words.ts'

/** Opens an engine on a folder of its own that holds these documents, until the test ends. */
export type Start = (documents?: readonly SearchDocument[]) => Promise<SearchEngine>

/**
 * @param open opens an engine on a folder; called again on the same folder after a close
 * @param runs how many random cases each law gets
 */
export function searchSuite(name: string, open: (dir: string) => Promise<SearchEngine>, runs = 40): void {
  describe(name, () => {
    const cleanups: (() => Promise<void> | void)[] = []
    afterEach(async () => {
      for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
    })
    const makeFolder = () => {
      const dir = mkdtempSync(join(tmpdir(), 'frost-search-'))
      cleanups.push(() => rmSync(dir, { recursive: true, force: true }))
      return dir
    }
    const start: Start = async (documents = []) => {
      const engine = await open(makeFolder())
      cleanups.push(() => engine.close())
      if (documents.length > 0) await engine.apply({ upserts: documents, deletes: [], watermark: 1 })
      return engine
    }

    words(start)
    listings(start)
    laws(start, runs)

    test('keeps its watermark and content when opened again', async () => {
      const dir = makeFolder()
      const first = await open(dir)
      await first.apply({ upserts: [makeDocument('a', { title: 'ice' })], deletes: [], watermark: 7 })
      await first.close()
      const second = await open(dir)
      cleanups.push(() => second.close())
      expect(await second.watermark()).toBe(7)
      expect(names(await second.search({ q: 'ice', limit: 5 }))).toEqual(['a'])
      await second.clear()
      expect(await second.watermark()).toBe(0)
      expect(await second.count()).toBe(0)
      expect(await second.search({ q: 'ice', limit: 5 })).toEqual({ hits: [], total: 0, totalIsExact: true })
      await second.apply({ upserts: [makeDocument('b', { title: 'ice' })], deletes: [], watermark: 1 })
      expect(names(await second.search({ q: 'ice', limit: 5 }))).toEqual(['b'])
    })
  })
}
