/** What somebody pinned stays proved after it was replaced: with the head of then, as long as the record stands; on both engines. */
import { nsid } from '@frost/lexicon'
import type { CommitEvent } from '@frost/sync'
import { readCar } from '@frost/sync/car'
import { type BinaryCid, cidFromText, cidOfBlock, cidToText } from '@frost/sync/cid'
import { parseCommit } from '@frost/sync/commit'
import { findKey } from '@frost/sync/mst-proof'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ENGINES } from './engines.ts'
import { freshIndexes } from './fresh-indexes.ts'
import { ALICE, account, BOB, Events, entryUri, TIME } from './network-of.ts'
import { ProvingRepository, type Written } from './proving-repository.ts'

const entry = (title: string) => ({ title, createdAt: TIME })
const one = (record: object | undefined): Written => ({ collection: 'dataset.entry', rkey: 'one', record })
const uri = entryUri(ALICE, 'one')
const KEY = uri.slice(`at://${ALICE}/`.length)

const citation = (cid: string, of = uri) => ({
  citing: { $type: `${nsid('defs')}#urlRef`, uri: 'https://example.org/paper' },
  cited: { $type: `${nsid('defs')}#recordRef`, uri: of, cid },
  relation: 'cites',
  createdAt: TIME,
})

/** What a history does next: a write of a dataset or beside it, and whether the state that stands is cited then. */
const steps = fc.array(
  fc.record({
    rkey: fc.integer({ min: 0, max: 12 }).map(n => `key-${n}`),
    what: fc.constantFrom('entry', 'entry', 'entry', 'delete', 'aaa.example.note', 'zzz.example.note'),
    title: fc.integer({ min: 0, max: 9 }),
    isCited: fc.boolean(),
    isFetched: fc.constantFrom(false, false, false, true),
    endsBatch: fc.boolean(),
  }),
  { minLength: 3, maxLength: 40 },
)

describe.each(ENGINES)('proofs of former states in an index on %s', { timeout: 120_000 }, engine => {
  const indexes = freshIndexes(engine)

  /** Holds the proof of a state against the trees that the repository had. */
  function holds(car: Uint8Array, repository: ProvingRepository, key: string, cid: string): void {
    const { root, blocks } = readCar(car)
    const { data, did } = parseCommit(blocks.get(root)!)
    expect(did).toBe(repository.did)
    expect(repository.roots.get(root)).toBe(data)
    const found = findKey(data, key, blocks) as BinaryCid
    expect(cidToText(found)).toBe(cid)
    expect(cidOfBlock(blocks.get(found)!)).toBe(found)
  }

  it('hold for every state that was pinned when it was replaced, after any history, in any batches', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async history => {
        const index = await indexes.fresh()
        const events = new Events()
        const alice = new ProvingRepository(ALICE, events)
        let batch: CommitEvent[] = []
        let hasMore = false
        /** Pinned states by record, as long as it stands. */
        const pinned = new Map<string, Set<string>>()
        let cites = 0
        const apply = async () => {
          await index.store.apply(events.batch(batch))
          batch = []
          hasMore = false
        }
        for (const { rkey, what, title, isCited, isFetched, endsBatch } of history) {
          const isOwn = what === 'entry' || what === 'delete'
          const collection = isOwn ? 'dataset.entry' : what
          const key = `${isOwn ? nsid(collection) : what}/${rkey}`
          const record = what === 'delete' ? undefined : isOwn ? entry(`${rkey} ${title}`) : `note ${title}`
          // What is fetched is one state after another that is held: as sync gives it.
          if (isFetched && hasMore) await apply()
          batch.push(await alice.commit([{ collection, rkey, record }], isFetched))
          hasMore = true
          const cid = isOwn ? alice.cidOf(key) : undefined
          if (what === 'delete') pinned.delete(key)
          if (cid && isCited) {
            const text = cidToText(cid)
            batch.push(
              await events.put(BOB, 'graph.citation', `c${cites++}`, citation(text, `at://${ALICE}/${key}`)),
            )
            pinned.set(key, (pinned.get(key) ?? new Set()).add(text))
          }
          if (endsBatch) await apply()
        }
        await apply()
        for (const [key, cids] of pinned)
          for (const cid of cids)
            holds(await index.queries.recordProof({ uri: `at://${ALICE}/${key}`, cid }), alice, key, cid)
        await indexes.close(index)
      }),
      { numRuns: engine === 'sqlite' ? 15 : 3 },
    )
  })

  it.each([
    ['a citation', (cid: string) => ['graph.citation', citation(cid)] as const],
    [
      'an endorsement',
      (cid: string) =>
        ['discussion.endorsement', { subject: { uri, cid }, kind: 'useful', createdAt: TIME }] as const,
    ],
  ])('are kept of what %s pins, and of nothing that nobody pins', async (_, pin) => {
    const index = await indexes.fresh()
    const events = new Events()
    const alice = new ProvingRepository(ALICE, events)
    const states: string[] = []
    for (const title of ['first', 'second', 'third']) {
      await index.store.apply(events.batch([await alice.commit([one(entry(title))])]))
      states.push(cidToText(alice.cidOf(KEY)!))
      if (title !== 'first') continue
      const [collection, record] = pin(states[0]!)
      await index.store.apply(events.batch([await events.put(BOB, collection, 'pin', record)]))
    }
    const [first, second, third] = states as [string, string, string]
    holds(await index.queries.recordProof({ uri, cid: first }), alice, KEY, first)
    holds(await index.queries.recordProof({ uri, cid: third }), alice, KEY, third)
    await expect(index.queries.recordProof({ uri, cid: second })).rejects.toThrow(/nobody had pinned it/)
    await indexes.close(index)
  })

  it('are kept of the entry that a version of its owner describes, though both come in one batch', async () => {
    const index = await indexes.fresh()
    const events = new Events()
    const alice = new ProvingRepository(ALICE, events)
    const batch = [await alice.commit([one(entry('first'))])]
    const first = cidToText(alice.cidOf(KEY)!)
    const version = {
      dataset: uri,
      version: 'v1',
      releasedAt: TIME,
      createdAt: TIME,
      entry: { uri, cid: first },
    }
    batch.push(
      await alice.commit([{ collection: 'dataset.version', rkey: '3khuwc44c22oh', record: version }]),
    )
    batch.push(await alice.commit([one(entry('second'))]))
    await index.store.apply(events.batch(batch))
    holds(await index.queries.recordProof({ uri, cid: first }), alice, KEY, first)
    await indexes.close(index)
  })

  it('are given while the record stands and its account is active; a deletion takes every one along', async () => {
    const index = await indexes.fresh()
    const events = new Events()
    const alice = new ProvingRepository(ALICE, events)
    await index.store.apply(events.batch([await alice.commit([one(entry('first'))])]))
    const cid = cidToText(alice.cidOf(KEY)!)
    await index.store.apply(events.batch([await events.put(BOB, 'graph.citation', 'pin', citation(cid))]))
    await index.store.apply(events.batch([await alice.commit([one(entry('second'))])]))
    const given = () => index.queries.recordProof({ uri, cid })
    expect((await given()).length).toBeGreaterThan(100)
    await index.store.apply(events.batch([account(ALICE, false, 'deactivated')]))
    await expect(given()).rejects.toThrow(/not known here/)
    await index.store.apply(events.batch([account(ALICE, true)]))
    await index.moderation.takeDown([uri], 'did:web:operator.example')
    await expect(given()).rejects.toThrow(/not known here/)
    await index.moderation.restore([uri])
    expect((await given()).length).toBeGreaterThan(100)
    await index.store.apply(events.batch([await alice.commit([one(undefined)])]))
    await expect(given()).rejects.toThrow(/owner withdrew it/)
    expect(await index.database.selectFrom('former_state').selectAll().execute()).toEqual([])
    // The same record again: what was withdrawn does not come back with it.
    await index.store.apply(events.batch([await alice.commit([one(entry('third'))])]))
    await expect(given()).rejects.toThrow(/no proof of the state/)
    await indexes.close(index)
  })

  it.each([
    ['of other accounts', { days: 0, bytes: 1_000_000, accounts: new Set([BOB]) }],
    ['of nobody', { days: 0, bytes: 0 }],
  ])('are not kept where the policy keeps them %s', async (_, proofs) => {
    const index = await indexes.fresh(undefined, { proofs })
    const events = new Events()
    const alice = new ProvingRepository(ALICE, events)
    await index.store.apply(events.batch([await alice.commit([one(entry('first'))])]))
    const cid = cidToText(alice.cidOf(KEY)!)
    await index.store.apply(events.batch([await events.put(BOB, 'graph.citation', 'pin', citation(cid))]))
    await index.store.apply(events.batch([await alice.commit([one(entry('second'))])]))
    await expect(index.queries.recordProof({ uri, cid })).rejects.toThrow(/beyond what is kept/)
    await indexes.close(index)
  })

  it('are kept within the bytes and the days of the policy, the newest first', async () => {
    const name = `${engine}-policy`
    const index = await indexes.fresh(name, { proofs: { days: 0, bytes: 2_000 } })
    const events = new Events()
    const alice = new ProvingRepository(ALICE, events)
    const states: string[] = []
    for (let n = 0; n < 20; n++) {
      await index.store.apply(events.batch([await alice.commit([one(entry(`title ${n}`))])]))
      states.push(cidToText(alice.cidOf(KEY)!))
      const pin = await events.put(BOB, 'graph.citation', `pin-${n}`, citation(states[n]!))
      await index.store.apply(events.batch([pin]))
    }
    const kept = async (from: typeof index) => {
      const given = await Promise.allSettled(
        states.slice(0, -1).map(cid => from.queries.recordProof({ uri, cid })),
      )
      return given.map(({ status }) => status === 'fulfilled')
    }
    const before = await kept(index)
    const first = before.indexOf(true)
    expect(first).toBeGreaterThan(5)
    expect(before.slice(first)).not.toContain(false)
    await indexes.close(index)
    // All of it was replaced long ago.
    const later = await indexes.fresh(name, { proofs: { days: 1, bytes: 2_000 } })
    expect(await kept(later)).not.toContain(true)
    await later.pruneProofs()
    const proved = await later.database
      .selectFrom('former_state')
      .select('uri')
      .where('proof', 'is not', null)
      .execute()
    expect(proved).toEqual([])
    await indexes.close(later)
  })

  it('are made from nothing but what is held: a head that is not the one before proves nothing', async () => {
    const index = await indexes.fresh()
    const events = new Events()
    const alice = new ProvingRepository(ALICE, events)
    await index.store.apply(events.batch([await alice.commit([one(entry('first'))])]))
    const cid = cidToText(alice.cidOf(KEY)!)
    await index.store.apply(events.batch([await events.put(BOB, 'graph.citation', 'pin', citation(cid))]))
    // A commit that this index never saw.
    await alice.commit([{ collection: 'aaa.example.note', rkey: 'x', record: 'note' }])
    await index.store.apply(events.batch([await alice.commit([one(entry('second'))])]))
    await expect(index.queries.recordProof({ uri, cid })).rejects.toThrow(/no proof of the state/)
    expect(cidFromText(cid)).toHaveLength(36)
    await indexes.close(index)
  })
})
