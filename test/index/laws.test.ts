/** Laws of the index: its state follows from what the repositories hold in the end, not from the way there. */

import type { Index } from '@frost/index'
import { definition, nsid } from '@frost/lexicon'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENGINES, type Place, place } from './engines.ts'
import { ALICE, account, BOB, change, Events, entryUri, TIME } from './network-of.ts'

const DIDS = [ALICE, BOB]
type Act =
  | { readonly kind: 'put'; readonly did: string; readonly rkey: string; readonly content: number }
  | { readonly kind: 'delete'; readonly did: string; readonly rkey: string }
  | { readonly kind: 'standing'; readonly did: string; readonly active: boolean }
  | { readonly kind: 'purge'; readonly did: string }

const did = fc.constantFrom(...DIDS)
const rkey = fc.constantFrom('a', 'b', 'c')
const acts: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      did,
      rkey,
      content: fc.integer({ min: 0, max: 5 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), did, rkey }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('standing' as const), did, active: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('purge' as const), did }) },
)

/** Datasets, one of them invalid, that cite one another; and a follow and a citation. */
function recordOf(content: number, owner: string): { collection: string; record: object } {
  const other = owner === ALICE ? BOB : ALICE
  if (content === 4)
    return {
      collection: 'graph.follow',
      record: { subject: { $type: definition('actorSubject'), did: other }, createdAt: TIME },
    }
  if (content === 5)
    return {
      collection: 'graph.citation',
      record: {
        citing: { $type: definition('urlRef'), uri: 'https://example.org/paper' },
        cited: { $type: definition('recordRef'), uri: entryUri(other, 'a') },
        relation: 'cites',
        createdAt: TIME,
      },
    }
  return {
    collection: 'dataset.entry',
    record: {
      ...(content === 3 ? {} : { title: `Dataset ${content}` }),
      createdAt: TIME,
      subjects: [{ term: `term ${content}` }],
      derivedFrom: [{ ref: { $type: definition('recordRef'), uri: entryUri(other, 'b') } }],
    },
  }
}

describe.each(ENGINES)('on %s', engine => {
  let here: Place
  beforeAll(async () => {
    here = await place(engine)
  }, 120_000)
  afterAll(() => here?.[Symbol.asyncDispose]())

  const stateOf = async (index: Index) => {
    await index.searchable()
    const { counts, digests, rejected } = await index.status()
    const { tallies, projections, datasets, searchable } = await index.check()
    expect({ tallies, projections }).toEqual({ tallies: [], projections: [] })
    expect(searchable).toBe(datasets)
    const records = await Promise.all(DIDS.map(async one => [...(await index.store.records(one))].sort()))
    return { counts, digests, rejected, records }
  }

  it('any order of acts, in any batches, said twice or once, gives the state of what is left', {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(acts, { maxLength: 25 }),
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1 }),
        fc.boolean(),
        async (list, sizes, twice) => {
          const events = new Events()
          const left = new Map<string, { did: string; collection: string; rkey: string; record: object }>()
          const active = new Map(DIDS.map(one => [one, true]))
          const said = []
          for (const act of list) {
            if (act.kind === 'standing') {
              active.set(act.did, act.active)
              said.push([account(act.did, act.active, act.active ? undefined : 'deactivated')])
            } else if (act.kind === 'purge') {
              active.set(act.did, false)
              for (const [key, one] of left) if (one.did === act.did) left.delete(key)
              said.push([account(act.did, false, 'deleted', true)])
            } else {
              const { collection, record } =
                act.kind === 'put'
                  ? recordOf(act.content, act.did)
                  : { collection: 'dataset.entry', record: {} }
              const key = `${act.did}/${collection}/${act.rkey}`
              if (act.kind === 'put') {
                left.set(key, { did: act.did, collection, rkey: act.rkey, record })
                said.push([await events.put(act.did, collection, act.rkey, record)])
              } else {
                left.delete(key)
                said.push([events.delete(act.did, collection, act.rkey)])
              }
            }
          }
          const index = await here.open()
          for (let at = 0, turn = 0; at < said.length; turn++) {
            const size = sizes[turn % sizes.length]!
            const batch = events.batch(said.slice(at, at + size).flat())
            await index.store.apply(batch)
            if (twice) await index.store.apply(batch)
            at += size
          }
          const direct = await here.open()
          const others = new Events()
          for (const one of DIDS) {
            const changes = []
            for (const item of left.values())
              if (item.did === one)
                changes.push(await change('create', item.collection, item.rkey, item.record))
            const commit = others.commit(one, changes)
            await direct.store.apply(
              others.batch(active.get(one) ? [commit] : [commit, account(one, false, 'deactivated')]),
            )
          }
          try {
            expect(await stateOf(index)).toEqual(await stateOf(direct))
            expect(Object.keys((await index.status()).counts)).toContain(nsid('dataset.entry'))
          } finally {
            await index.close()
            await direct.close()
          }
        },
      ),
      { numRuns: engine === 'sqlite' ? 40 : 12 },
    )
  })
})
