/** Whatever is written, in whatever batches, what an index keeps proves every record that it shows; on both engines. */
import { recordProof } from '@frost/index/archive'
import { nsid } from '@frost/lexicon'
import type { CommitEvent } from '@frost/sync'
import { readCar } from '@frost/sync/car'
import { type BinaryCid, cidFromText, cidOfBlock, cidToText } from '@frost/sync/cid'
import { parseCommit } from '@frost/sync/commit'
import { encodeCommit } from '@frost/sync/commit-writer'
import { parseNode } from '@frost/sync/mst-node'
import { findKey } from '@frost/sync/mst-proof'
import { keysWith, rangeRecords, treeOf } from '@frost/sync/mst-range'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ENGINES } from './engines.ts'
import { freshIndexes } from './fresh-indexes.ts'
import { ALICE, account, change, Events, TIME } from './network-of.ts'

/** A repository whose commits carry what real ones do: the nodes that are new, and those on the way to the key. */
class Repository {
  readonly #events = new Events()
  readonly #keys = new Map<string, BinaryCid>()
  #nodes: ReadonlyMap<BinaryCid, Uint8Array> = treeOf([]).nodes
  data: BinaryCid = treeOf([]).root

  get events(): Events {
    return this.#events
  }

  async toggle(key: string): Promise<CommitEvent> {
    const [collection, rkey] = key.split('/') as [string, string]
    const isOwn = collection === nsid('dataset.entry')
    const isThere = this.#keys.has(key)
    const made = isOwn && !isThere ? await change('create', 'dataset.entry', rkey, entry(rkey)) : undefined
    if (isThere) this.#keys.delete(key)
    else this.#keys.set(key, made ? cidFromText(made.cid!) : cidOfBlock(Buffer.from(key)))
    const records = [...this.#keys].map(([name, cid]) => ({ key: name, cid }))
    const { root, nodes } = treeOf(records.sort((a, b) => (a.key < b.key ? -1 : 1)))
    const blocks = new Map([...nodes].filter(([cid]) => !this.#nodes.has(cid)))
    for (let next: BinaryCid | undefined = root; next !== undefined; ) {
      const block: Uint8Array = nodes.get(next)!
      blocks.set(next, block)
      const { left, entries } = parseNode(block)
      next = left
      for (const node of entries) if (node.key <= key) next = node.tree
    }
    this.#nodes = nodes
    this.data = root
    const changes = made ? [made] : isOwn ? [{ action: 'delete' as const, collection, rkey }] : []
    const event = this.#events.commit(ALICE, changes)
    const commit = encodeCommit({ did: ALICE, rev: event.rev, data: root }, Buffer.alloc(64, 1))
    return { ...event, head: { commit, nodes: blocks } }
  }

  get own(): string[] {
    return [...this.#keys.keys()].filter(key => key.startsWith(nsid('dataset.entry'))).sort()
  }
}

const entry = (title: string) => ({ title, createdAt: TIME })
const keys = fc
  .tuple(
    fc.constantFrom('aaa.example.note', nsid('dataset.entry'), nsid('dataset.entry'), 'zzz.example.note'),
    fc.integer({ min: 0, max: 40 }),
  )
  .map(([collection, n]) => `${collection}/key-${n}`)

describe.each(ENGINES)('proofs of an index on %s', { timeout: 120_000 }, engine => {
  const indexes = freshIndexes(engine)

  it('hold after any history, in any batches', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(keys, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 8 }),
        async batches => {
          const index = await indexes.fresh()
          const repository = new Repository()
          for (const batch of batches) {
            const events: CommitEvent[] = []
            for (const key of batch) events.push(await repository.toggle(key))
            await index.store.apply(repository.events.batch(events))
          }
          const { own, data } = repository
          for (const key of own) {
            const { root, blocks } = readCar(await index.queries.recordProof({ uri: `at://${ALICE}/${key}` }))
            expect(parseCommit(blocks.get(root)!).data).toBe(data)
            const cid = findKey(data, key, blocks)!
            expect(cidOfBlock(blocks.get(cid)!)).toBe(cid)
          }
          const whole = readCar(await index.queries.repositoryProof({ did: ALICE }))
          const records = rangeRecords(data, keysWith(nsid('')), whole.blocks)
          expect(records.map(({ key }) => key)).toEqual(own)
          for (const { cid } of records) expect(whole.blocks.has(cid)).toBe(true)
          await indexes.close(index)
        },
      ),
      { numRuns: engine === 'sqlite' ? 12 : 3 },
    )
  })

  it('are given of nothing that is withdrawn, not active, or erased', async () => {
    const index = await indexes.fresh()
    const repository = new Repository()
    const key = `${nsid('dataset.entry')}/one`
    const uri = `at://${ALICE}/${key}`
    await index.store.apply(repository.events.batch([await repository.toggle(key)]))
    expect((await index.queries.recordProof({ uri })).length).toBeGreaterThan(100)
    await index.store.apply(repository.events.batch([account(ALICE, false, 'deactivated')]))
    await expect(index.queries.recordProof({ uri })).rejects.toThrow(/not known here/)
    await expect(index.queries.repositoryProof({ did: ALICE })).rejects.toThrow(/not active/)
    await index.store.apply(repository.events.batch([account(ALICE, true)]))
    expect(cidToText(readCar(await index.queries.recordProof({ uri })).root)).toMatch(/^bafyrei/)
    await index.store.apply(repository.events.batch([await repository.toggle(key)]))
    await expect(index.queries.recordProof({ uri })).rejects.toThrow(/not known here/)
    await index.store.apply(repository.events.batch([account(ALICE, false, 'deleted', true)]))
    expect(await index.database.selectFrom('repo_head').selectAll().execute()).toEqual([])
    await indexes.close(index)
  })

  it('regression: are there of an account that was erased and came back in one batch, of what it holds now alone', async () => {
    const index = await indexes.fresh()
    const [former, now] = [new Repository(), new Repository()]
    const key = (name: string) => `${nsid('dataset.entry')}/${name}`
    const uri = (name: string) => `at://${ALICE}/${key(name)}`
    await index.store.apply(former.events.batch([await former.toggle(key('before'))]))
    const erased = account(ALICE, false, 'deleted', true)
    await index.store.apply(now.events.batch([erased, account(ALICE, true), await now.toggle(key('after'))]))
    const { root, blocks } = readCar(await index.queries.recordProof({ uri: uri('after') }))
    expect(parseCommit(blocks.get(root)!).data).toBe(now.data)
    await expect(index.queries.recordProof({ uri: uri('before') })).rejects.toThrow(/not known here/)
    await indexes.close(index)
  })

  it('regression: of one record hold the way to it alone, however large the account, up to a bound', async () => {
    const index = await indexes.fresh()
    const repository = new Repository()
    const commits: CommitEvent[] = []
    for (let n = 0; n < 300; n++)
      commits.push(await repository.toggle(`${nsid('dataset.entry')}/${engine}-${n}`))
    await index.store.apply(repository.events.batch(commits))
    const key = repository.own[150]!
    const uri = `at://${ALICE}/${key}`
    // Of a head that nobody asked for yet, not even of the other engine: trees are kept by it.
    await expect(recordProof(index.database, uri, 299)).rejects.toThrow(/it has more than 299 records/)
    const { root, blocks } = readCar(await index.queries.recordProof({ uri }))
    const asked = new Set<BinaryCid>()
    const cid = findKey(repository.data, key, {
      get(node) {
        asked.add(node)
        return blocks.get(node)
      },
    })!
    expect(new Set(blocks.keys())).toEqual(new Set([root, ...asked, cid]))
    await indexes.close(index)
  })

  it('are given of nothing that the operator took down', async () => {
    const index = await indexes.fresh()
    const repository = new Repository()
    const key = `${nsid('dataset.entry')}/one`
    const uri = `at://${ALICE}/${key}`
    await index.store.apply(repository.events.batch([await repository.toggle(key)]))
    await index.moderation.takeDown([uri], 'did:web:operator.example')
    await expect(index.queries.recordProof({ uri })).rejects.toThrow(/not known here/)
    await expect(index.queries.repositoryProof({ did: ALICE })).rejects.toThrow(/taken down here/)
    await index.moderation.restore([uri])
    expect((await index.queries.repositoryProof({ did: ALICE })).length).toBeGreaterThan(100)
    await indexes.close(index)
  })
})
