import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ObjectStore } from '../../apps/network/src/object-store/server.ts'
import { type OpenedDataset, openDataset } from '../../packages/reader/src/open.ts'
import { FIXTURES, fixtureDatasets, fixtureStore, refusedFixtures } from './fixtures.ts'

/** A bucket lists what it holds; any other server is asked for one name after the other. */
const MOST_REQUESTS = { 's3://': 10, 'http://': 12 }
const MOST_BYTES = 150_000
const MOST_OF_PREVIEW = { requests: 128, bytes: 16_000_000 }
/** Tables without a version hint are found by a listing alone. */
const LISTED = 'iceberg/hyperparam-iceberg/athena/example'

let root: string
let store: ObjectStore

// A store for each: what one has sent and given up may reach its store while the next one counts.
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'frost-fixtures-'))
  if (FIXTURES !== undefined) store = await fixtureStore(root)
})
afterEach(async () => {
  await store?.stop()
  rmSync(root, { recursive: true })
})

/** As a bucket lists it, and as a server that lists nothing. */
const PLACES = {
  's3://': (path: string) =>
    openDataset(`s3://${path}`, { guard: { allowLoopback: true }, endpoint: store.url }),
  'http://': (path: string) => openDataset(store.urlOf(path), { guard: { allowLoopback: true } }),
}

/** What the store served while something was done. */
async function served<T>(work: () => Promise<T>) {
  const before = { ...store.served }
  const result = await work()
  const requests = store.served.requests - before.requests
  const bytes = store.served.bytes - before.bytes
  return { result, requests, bytes }
}

describe.skipIf(FIXTURES === undefined).each(['s3://', 'http://'] as const)('over %s', scheme => {
  const open = (path: string) => PLACES[scheme](path)

  it.each(fixtureDatasets.filter(path => scheme === 's3://' || path !== LISTED))(
    '%s is described and previewed within bounds',
    async path => {
      let dataset: OpenedDataset | undefined
      const described = await served(async () => {
        dataset = await open(path)
        return dataset.describe()
      })
      expect(described.requests, 'requests to describe').toBeLessThanOrEqual(MOST_REQUESTS[scheme])
      expect(described.bytes, 'bytes to describe').toBeLessThanOrEqual(MOST_BYTES)
      expect(described.result.cost.requests, 'requests it says').toBeLessThanOrEqual(described.requests)
      // What a fixture refers to may lie elsewhere, or be compressed as no reader here knows.
      const shown = await served(() =>
        dataset!.preview().catch(error => {
          expect(error.code).toMatch(/^(Unsupported|NotFound|Unavailable|InvalidSelection)$/)
          expect(path).toMatch(/references|icechunk|zarr.zr$/)
        }),
      )
      expect(shown.requests, 'requests to preview').toBeLessThanOrEqual(MOST_OF_PREVIEW.requests)
      expect(shown.bytes, 'bytes to preview').toBeLessThanOrEqual(MOST_OF_PREVIEW.bytes)
      await dataset!.close()
    },
  )

  it.each(refusedFixtures)('%s is refused by name', async path => {
    await expect(open(path)).rejects.toMatchObject({
      code: expect.stringMatching(/^(Unsupported|Unrecognised|NotFound)$/),
    })
  })
})
