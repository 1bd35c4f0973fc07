/** Search holds what a look at the truth would say, though it looks only at what may have changed. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
        await index.searchable()
        const held = documentsIn(dataDir)
        const rows = await index.database
          .selectFrom('record')
          .select('uri')
          .where('collection', '=', nsid('dataset.entry'))
          .execute()
        const expected = await documentsOf(
          index.database,
          rows.map(({ uri }) => uri),
        )
        await close(index)
        await rm(dataDir, { recursive: true })
        expect(held).toEqual(new Map(expected.map(one => [one.uri, digestOf(one).toString('hex')])))
      }),
      { numRuns: 25 },
    )
  })
})

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
