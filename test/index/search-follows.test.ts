/** Search holds what a look at the truth would say, though it looks only at what may have changed. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Index } from '@frost/index'
import { documentsOf } from '@frost/index/documents'
import { digestOf } from '@frost/index/search/document-row'
import { nsid } from '@frost/lexicon'
import type { RepoEvent } from '@frost/sync'
import SQLite from 'better-sqlite3'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomOf } from '../sync/random.ts'
import { RECORD_NAMES, recordOf } from '../sync/records.ts'
import { ENGINES } from './engines.ts'
import { freshIndexes } from './fresh-indexes.ts'
import { ALICE, account, BOB, Events } from './network-of.ts'

const DIDS = [ALICE, BOB]
/** Half of all are datasets: the others are about them. */
const name = fc.oneof(fc.constant('dataset.entry'), fc.constantFrom(...RECORD_NAMES))
const act = fc.record({
  name,
  did: fc.constantFrom(...DIDS),
  rkey: fc.integer({ min: 0, max: 4 }),
  seed: fc.integer({ min: 1, max: 2 ** 31 }),
  kind: fc.oneof(
    { weight: 12, arbitrary: fc.constant('put' as const) },
    { weight: 3, arbitrary: fc.constant('delete' as const) },
    { weight: 1, arbitrary: fc.constant('standing' as const) },
  ),
})

describe.each(ENGINES)('search follows the truth on %s', engine => {
  const { fresh, close } = freshIndexes(engine)

  it('law: its documents are those of the records, whatever was written and in whatever batches', {
    timeout: 300_000,
  }, async () => {
    const batches = fc.array(fc.array(act, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 8 })
    let number = 0
    await fc.assert(
      fc.asyncProperty(batches, async history => {
        const dataDir = await mkdtemp(join(tmpdir(), 'frost-search-follows-'))
        const index = await fresh(`follows-${number++}`, { dataDir })
        const events = new Events()
        for (const acts of history) {
          const batch: RepoEvent[] = []
          for (const { name, did, rkey, seed, kind } of acts) {
            const key = name === 'actor.profile' ? 'self' : `key-${rkey}`
            if (kind === 'standing') batch.push(account(did, seed % 2 === 0, 'deactivated'))
            else if (kind === 'delete') batch.push(events.delete(did, name, key))
            else batch.push(await events.put(did, name, key, recordOf(name, DIDS, randomOf(seed))))
          }
          await index.store.apply(events.batch(batch))
          // Now and then search has looked before more comes.
          if (acts.length % 2 === 0) await index.searchable()
        }
        await agrees(index, dataDir)
        await close(index)
        await rm(dataDir, { recursive: true })
      }),
      { numRuns: 25 },
    )
  })

  it('when one record of any type comes or goes, alone', { timeout: 120_000 }, async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'frost-search-follows-'))
    const index = await fresh('follows-each', { dataDir })
    const events = new Events()
    const random = randomOf(7)
    const put = async (did: string, name: string, key: string) => {
      const event = await events.put(did, name, key, recordOf(name, DIDS, random))
      await index.store.apply(events.batch([event]))
    }
    for (const did of DIDS) for (let key = 0; key < 5; key++) await put(did, 'dataset.entry', `key-${key}`)
    await agrees(index, dataDir)
    for (const name of RECORD_NAMES)
      for (let round = 0; round < 3; round++) {
        const key = name === 'actor.profile' ? 'self' : `key-${round}`
        await put(BOB, name, key)
        await agrees(index, dataDir)
        // What the later types are about stays.
        if (name === 'dataset.entry') continue
        await index.store.apply(events.batch([events.delete(BOB, name, key)]))
        await agrees(index, dataDir)
      }
    await close(index)
    await rm(dataDir, { recursive: true })
  })
})

/** Holds what search holds of each dataset against what the truth says of it now. */
async function agrees(index: Index, dataDir: string): Promise<void> {
  await index.searchable()
  const rows = await index.database
    .selectFrom('record')
    .select('uri')
    .where('collection', '=', nsid('dataset.entry'))
    .execute()
  const expected = await documentsOf(
    index.database,
    rows.map(({ uri }) => uri),
  )
  expect(documentsIn(dataDir)).toEqual(new Map(expected.map(one => [one.uri, digestOf(one).toString('hex')])))
}

/** Datasets that search holds, and the digest of what it holds of each. */
function documentsIn(dataDir: string): Map<string, string> {
  const database = new SQLite(join(dataDir, 'search', 'search.sqlite'), { readonly: true })
  try {
    const rows = database.prepare('select uri, digest from documents').all()
    return new Map(
      (rows as { uri: string; digest: Buffer }[]).map(({ uri, digest }) => [uri, digest.toString('hex')]),
    )
  } finally {
    database.close()
  }
}
