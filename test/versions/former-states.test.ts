/** What records said before: kept for heads, entries and versions, bounded, and gone with the record. */
import type { Index } from '@frost/index'
import { MOST_MOVES, MOST_UNPINNED, stateAt } from '@frost/index/former-states'
import { definition, nsid } from '@frost/lexicon'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ENGINES } from '../index/engines.ts'
import { freshIndexes } from '../index/fresh-indexes.ts'
import { ALICE, account, BOB, change, Events, entryUri, TIME } from '../index/network-of.ts'

const HEAD = `at://${ALICE}/${nsid('dataset.head')}/a`
const head = (sequence: number) => ({
  dataset: entryUri(ALICE, 'a'),
  updatedAt: TIME,
  states: [{ pin: { scheme: 'icechunk-snapshot', value: `S${sequence}` } }],
  sequence,
})
const entry = (title: string) => ({ title, createdAt: TIME })

describe.each(ENGINES)('former states on %s', engine => {
  const { close, fresh } = freshIndexes(engine)
  const statesOf = (index: Index, uri: string) =>
    index.database
      .selectFrom('former_state')
      .select(['cid', 'json', 'place'])
      .where('uri', '=', uri)
      .orderBy('place')
      .execute()
  const sequences = async (index: Index, uri = HEAD) =>
    (await statesOf(index, uri)).map(({ json }) => (JSON.parse(json) as { sequence: number }).sequence)

  it('are those that the history of the record gives, in whatever batches it came', {
    timeout: 120_000,
  }, async () => {
    type Act = { kind: 'put'; content: number } | { kind: 'delete' } | { kind: 'away' } | { kind: 'back' }
    const act = fc.oneof<fc.WeightedArbitrary<Act>[]>(
      {
        weight: 8,
        arbitrary: fc.record({ kind: fc.constant('put' as const), content: fc.integer({ min: 0, max: 4 }) }),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom<Act>({ kind: 'delete' }, { kind: 'away' }, { kind: 'back' }),
      },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(act, { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }),
        async (acts, sizes) => {
          const index = await fresh()
          const events = new Events()
          const said = []
          let left: number[] = []
          let now: number | undefined
          for (const one of acts) {
            if (one.kind === 'put') {
              if (now !== undefined && now !== one.content) left.push(now)
              now = one.content
              said.push(await events.put(ALICE, 'dataset.head', 'a', head(one.content)))
            } else if (one.kind === 'delete') {
              left = []
              now = undefined
              said.push(events.delete(ALICE, 'dataset.head', 'a'))
            } else said.push(account(ALICE, one.kind === 'back'))
          }
          for (let at = 0, turn = 0; at < said.length; turn++) {
            const size = sizes[turn % sizes.length]!
            await index.store.apply(events.batch(said.slice(at, at + size)))
            at += size
          }
          expect(await sequences(index)).toEqual(left)
          await close(index)
        },
      ),
      { numRuns: engine === 'sqlite' ? 40 : 10 },
    )
  })

  it('of a head are its newest moves; of an entry the newest states and those that somebody pins', {
    timeout: 120_000,
  }, async () => {
    const index = await fresh()
    const events = new Events()
    const moves = MOST_MOVES + 30
    for (let at = 0; at < moves; at += 206) {
      const puts = Array.from({ length: Math.min(206, moves - at) }, (_, i) =>
        events.put(ALICE, 'dataset.head', 'a', head(at + i)),
      )
      await index.store.apply(events.batch(await Promise.all(puts)))
    }
    expect(await sequences(index)).toEqual(Array.from({ length: MOST_MOVES }, (_, i) => 29 + i))

    const cidOf = async (title: string) => (await change('create', 'dataset.entry', 'a', entry(title))).cid!
    const puts = (from: number, to: number) =>
      Promise.all(
        Array.from({ length: to - from }, (_, i) =>
          events.put(ALICE, 'dataset.entry', 'a', entry(`State ${from + i}`)),
        ),
      )
    await index.store.apply(events.batch(await puts(0, 4)))
    await index.store.apply(
      events.batch([
        await events.put(BOB, 'graph.citation', 'c', {
          citing: { $type: definition('urlRef'), uri: 'https://example.org/paper' },
          cited: { $type: definition('recordRef'), uri: entryUri(ALICE, 'a'), cid: await cidOf('State 1') },
          relation: 'cites',
          createdAt: TIME,
        }),
        await events.put(ALICE, 'dataset.version', '3jzfcijpj2z2a', {
          dataset: entryUri(ALICE, 'a'),
          version: '1',
          releasedAt: TIME,
          entry: { uri: entryUri(ALICE, 'a'), cid: await cidOf('State 2') },
        }),
      ]),
    )
    await index.store.apply(events.batch(await puts(4, 60)))
    const kept = (await statesOf(index, entryUri(ALICE, 'a'))).map(
      ({ json }) => (JSON.parse(json) as { title: string }).title,
    )
    expect(kept).toEqual([
      'State 1',
      'State 2',
      ...Array.from({ length: MOST_UNPINNED }, (_, i) => `State ${59 - MOST_UNPINNED + i}`),
    ])
    const read = async (title: string) =>
      stateAt(index.database, entryUri(ALICE, 'a'), await cidOf(title)).then(
        state => state && (JSON.parse(state.json) as { title: string }).title,
      )
    expect(await read('State 2')).toBe('State 2')
    expect(await read('State 3')).toBeUndefined()
    expect(await read('State 59')).toBe('State 59')

    await index.store.apply(events.batch([account(ALICE, false, 'deactivated')]))
    expect([await read('State 2'), await read('State 59')]).toEqual([undefined, undefined])
    await index.store.apply(events.batch([account(ALICE, true)]))
    expect(await read('State 2')).toBe('State 2')
    await index.store.apply(events.batch([events.delete(ALICE, 'dataset.entry', 'a')]))
    expect([await read('State 2'), (await statesOf(index, entryUri(ALICE, 'a'))).length]).toEqual([
      undefined,
      0,
    ])
    await index.store.apply(events.batch([account(ALICE, false, 'deleted', true)]))
    expect(await sequences(index)).toEqual([])
  })
})
