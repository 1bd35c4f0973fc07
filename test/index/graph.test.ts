/** The graph in memory is what SQL says of the tables, after any history, led on live or made anew. */

import type { Index } from '@frost/index'
import { bitsOf, OWNERS } from '@frost/index/graph/relations'
import { definition, nsid } from '@frost/lexicon'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENGINES, type Place, place } from './engines.ts'
import { lineageKeys, sqlClosure } from './graph-reference.ts'
import { ALICE, account, BOB, Events, entryUri, TIME } from './network-of.ts'

const DIDS = [ALICE, BOB]
const NAMES = ['a', 'b', 'c', 'd'] as const
const DOIS = ['10.5555/one', '10.5555/two']
const ANY = ['downstream-owner', 'upstream-owner', 'third-party']

const record = (uri: string) => ({ $type: definition('recordRef'), uri })
const doi = (value: string) => ({ $type: definition('identifierRef'), scheme: 'doi', value })
const url = (uri: string) => ({ $type: definition('urlRef'), uri })
const versionUri = (did: string, rkey: string) => `at://${did}/${nsid('dataset.version')}/${rkey}`

const did = fc.constantFrom(...DIDS)
const name = fc.constantFrom(...NAMES)
const dataset = fc.tuple(did, name).map(([owner, rkey]) => entryUri(owner, rkey))
const VERSIONS = ['3k2akyhkqp22a', '3k2akyhkqp22b']
const reference = fc.oneof(
  { weight: 5, arbitrary: dataset.map(record) },
  { weight: 2, arbitrary: fc.constantFrom(...DOIS).map(doi) },
  { weight: 1, arbitrary: fc.constantFrom('https://data.example/one', 's3://bucket/two').map(url) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(did, fc.constantFrom(...VERSIONS))
      .map(([one, rkey]) => record(versionUri(one, rkey))),
  },
)
const relation = fc.constantFrom(
  'is-derived-from',
  'is-source-of',
  'is-variant-form-of',
  'is-identical-to',
  'cites',
)

const entry = fc.record({
  derivedFrom: fc.array(
    reference.map(ref => ({ ref })),
    { maxLength: 3 },
  ),
  relatedItems: fc.array(fc.record({ ref: reference, relation }), { maxLength: 2 }),
  identifiers: fc.subarray(DOIS).map(values => values.map(value => ({ scheme: 'doi', value }))),
  landingPage: fc.option(fc.constantFrom('https://data.example/one', 'https://data.example/none'), {
    nil: undefined,
  }),
})
const acts = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('entry' as const), did, name, entry }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('unpublish' as const), did, name }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('version' as const),
      did,
      name,
      rkey: fc.constantFrom(...VERSIONS),
      derivedFrom: fc.array(
        reference.map(ref => ({ ref })),
        { maxLength: 2 },
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('withdraw' as const), did, rkey: fc.constantFrom(...VERSIONS) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('claim' as const),
      did,
      name,
      citing: reference,
      cited: reference,
      relation,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unclaim' as const), did, name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('standing' as const), did, active: fc.boolean() }) },
)
type Act = typeof acts extends fc.Arbitrary<infer One> ? One : never

async function eventOf(events: Events, act: Act) {
  switch (act.kind) {
    case 'entry':
      return events.put(act.did, 'dataset.entry', act.name, {
        title: act.name,
        createdAt: TIME,
        ...JSON.parse(JSON.stringify(act.entry)),
      })
    case 'unpublish':
      return events.delete(act.did, 'dataset.entry', act.name)
    case 'version':
      return events.put(act.did, 'dataset.version', act.rkey, {
        dataset: entryUri(act.did, act.name),
        version: '1',
        releasedAt: TIME,
        createdAt: TIME,
        entry: {
          uri: entryUri(act.did, act.name),
          cid: 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a',
        },
        derivedFrom: act.derivedFrom,
      })
    case 'withdraw':
      return events.delete(act.did, 'dataset.version', act.rkey)
    case 'claim':
      return events.put(act.did, 'graph.citation', act.name, {
        citing: act.citing,
        cited: act.cited,
        relation: act.relation,
        createdAt: TIME,
      })
    case 'unclaim':
      return events.delete(act.did, 'graph.citation', act.name)
    case 'standing':
      return account(act.did, act.active, act.active ? undefined : 'deactivated')
  }
}

describe.each(ENGINES)('the graph on %s', engine => {
  let here: Place
  beforeAll(async () => {
    here = await place(engine)
  }, 120_000)
  afterAll(() => here?.[Symbol.asyncDispose]())

  async function agrees(index: Index): Promise<void> {
    await index.graph.reached(await index.updates.last())
    const { database } = index
    for (const from of await lineageKeys(database))
      for (const way of ['upstream', 'downstream'] as const)
        for (const assertedBy of [ANY, OWNERS]) {
          const depth = 6
          const { reached } = index.graph.closure(
            { from, bits: bitsOf(assertedBy), limit: 10_000 },
            way,
            depth,
          )
          const held = Object.fromEntries(reached.map(one => [index.graph.name(one.node), one.depth]))
          expect(held).toEqual(
            Object.fromEntries(await sqlClosure(database, { from, way, assertedBy, depth })),
          )
        }
  }

  it('law: equals the SQL reference after any history, live and after opening again', {
    timeout: 180_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(acts, { maxLength: 20 }),
        fc.integer({ min: 1, max: 7 }),
        async (list, size) => {
          const events = new Events()
          const label = `graph${Math.random().toString(36).slice(2)}`
          const index = await here.open(label)
          try {
            for (let at = 0; at < list.length; at += size) {
              const part = []
              for (const act of list.slice(at, at + size)) part.push(await eventOf(events, act))
              await index.store.apply(events.batch(part))
            }
            await agrees(index)
          } finally {
            await index.close()
          }
          const again = await here.open(label)
          try {
            await agrees(again)
          } finally {
            await again.close()
          }
        },
      ),
      { numRuns: engine === 'sqlite' ? 60 : 10 },
    )
  })
})
