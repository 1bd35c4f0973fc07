import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SearchEngine } from './engine.ts'
import { InvalidCursor, InvalidFilter } from './engine.ts'
import { openSearch } from './open.ts'
import { makeDocument } from './suite/documents.ts'

let dir: string
let search: SearchEngine
let started: Worker[]
const noteWorker = (worker: Worker) => started.push(worker)

beforeAll(async () => {
  started = []
  process.on('worker', noteWorker)
  dir = mkdtempSync(join(tmpdir(), 'frost-search-'))
  search = await openSearch({ dir, threaded: true })
})

afterAll(async () => {
  await search.close()
  process.off('worker', noteWorker)
  rmSync(dir, { recursive: true, force: true })
})

test('a search in a thread answers as one in this thread, infinities and absent fields included', async () => {
  const documents = [makeDocument('sea-ice', { from: 1979, until: Infinity }), makeDocument('salinity')]
  await search.apply({ upserts: documents, deletes: [], watermark: 2 })
  expect([await search.count(), await search.watermark()]).toEqual([2, 2])
  const { hits, cursor } = await search.search({ q: 'ice', from: 2500, limit: 5 })
  expect([hits.map(({ uri }) => uri), cursor]).toEqual([[documents[0]!.uri], undefined])
})

test('errors that callers tell apart keep their class and their words', async () => {
  await expect(search.search({ limit: 0 })).rejects.toThrow(InvalidFilter)
  await expect(search.search({ limit: 5, cursor: 'nonsense' })).rejects.toThrow(InvalidCursor)
})

test('a thread that dies fails what waits, and is started again by the next call with what it made durable', async () => {
  const [worker] = started
  const dead = once(worker!, 'exit')
  const waiting = search.search({ q: 'ice', limit: 5 })
  const failed = expect(waiting).rejects.toThrow('the thread of search ended')
  await worker!.terminate()
  await Promise.all([dead, failed])
  expect(await search.watermark()).toBe(2)
  expect(started).toHaveLength(2)
})

test('closed, it is closed', async () => {
  await search.close()
  await search.close()
  await expect(search.count()).rejects.toThrow('closed')
})

test('what cannot be opened says so', async () => {
  const file = join(import.meta.dirname, 'engine.ts')
  await expect(openSearch({ dir: file, threaded: true })).rejects.toThrow(/EEXIST|ENOTDIR/)
})
