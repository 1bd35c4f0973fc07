/** What a store refuses for ever is found and set aside, and holds up nothing else; a store that refuses everything is waited for. */
import { MemoryStore } from '@frost/sync'
import { CursorTracker } from '@frost/sync/cursor'
import type { CommitEvent, RecordChange, RepoEvent } from '@frost/sync/events'
import type { Batch } from '@frost/sync/store'
import { type Effect, Writer } from '@frost/sync/writer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WatchedStore } from './watched-store.ts'
import { commit, first, letters, record, stored, World } from './world.ts'

const POISON = 'poison'
const UPSTREAM = 'wss://relay.example.org'
const changesOf = ({ events }: Batch) =>
  events.flatMap(event =>
    event.type === 'commit' ? event.changes.map(change => [event.did, change.rkey]) : [],
  )
const isPoisoned = (batch: Batch) => changesOf(batch).some(([, rkey]) => rkey!.startsWith(POISON))

function created(did: string, rkeys: readonly string[]): CommitEvent {
  const changes = rkeys.map(
    (rkey): RecordChange => ({
      action: 'create',
      collection: 'org.example.note',
      rkey,
      cid: `cid-${rkey}`,
      bytes: record(rkey),
    }),
  )
  return { type: 'commit', did, rev: '3jzfcijpj2z2a', time: '', origin: 'firehose', changes }
}

function writing() {
  const store = new WatchedStore()
  store.refuses = isPoisoned
  const told: Record<string, unknown>[] = []
  const writer = new Writer({
    store,
    onApplied: () => undefined,
    onError: (_, context) => told.push(context),
    retryFrom: 1,
  })
  const tracker = new CursorTracker(undefined)
  writer.watch(UPSTREAM, tracker)
  return { store, writer, tracker, setAside: () => told.filter(({ stage }) => stage === 'set-aside') }
}

describe('the writer', () => {
  it('law: stores all but what the store refuses, in order, and moves the cursor past it', async () => {
    const commits = fc.array(fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }), {
      minLength: 1,
      maxLength: 20,
    })
    await fc.assert(
      fc.asyncProperty(commits, async list => {
        const { store, writer, tracker, setAside } = writing()
        const expected: string[] = []
        const poisoned: string[] = []
        const refused: number[] = []
        for (const [seq, records] of list.entries()) {
          const did = `did:web:n${seq % 3}.test`
          const rkeys = records.map((isPoison, n) => `${isPoison ? POISON : 'fine'}-${seq}-${n}`)
          for (const rkey of rkeys)
            (rkey.startsWith(POISON) ? poisoned : expected).push(`${did}/org.example.note/${rkey}`)
          const repo = { did, host: '', active: true, sync: 'synchronized', rev: String(seq) } as const
          const effect: Effect = { events: [created(did, rkeys)], repo, mark: tracker.begin(seq) }
          writer.add({ ...effect, refused: () => refused.push(seq) })
        }
        await writer.drained()
        await writer.close()
        expect(
          store.batches.flatMap(batch =>
            changesOf(batch).map(([did, rkey]) => `${did}/org.example.note/${rkey}`),
          ),
        ).toEqual(expected)
        expect(setAside().map(({ uri }) => uri)).toEqual(poisoned.map(uri => `at://${uri}`))
        expect(refused).toEqual(list.flatMap((records, seq) => (records.some(Boolean) ? [seq] : [])))
        const cursors = await store.cursors()
        expect(cursors.get(UPSTREAM)).toBe(list.length - 1)
        expect(cursors.get('#set-aside') ?? 0).toBe(poisoned.length)
      }),
      { numRuns: 20 },
    )
  })

  it('waits for a store that refuses everything, and sets nothing aside', async () => {
    const { store, writer, tracker, setAside } = writing()
    let refusals = 0
    store.refuses = () => ++refusals < 9
    writer.add({ events: [created('did:web:a.test', ['a', 'b'])], mark: tracker.begin(1) })
    await writer.drained()
    expect(store.batches.flatMap(changesOf)).toHaveLength(2)
    expect(setAside()).toEqual([])
    expect((await store.cursors()).get(UPSTREAM)).toBe(1)
    await writer.close()
  })

  it('loses nothing where the store fails altogether while what it refuses is looked for', async () => {
    const { store, writer, tracker, setAside } = writing()
    let batches = 0
    // It takes the look at whether it takes others, and then nothing for a while.
    store.refuses = batch => isPoisoned(batch) || (batches > 3 && batches < 9)
    const apply = store.apply.bind(store)
    store.apply = batch => {
      batches++
      return apply(batch)
    }
    const rkeys = ['a', 'b', `${POISON}-c`, 'd']
    for (const [seq, rkey] of rkeys.entries())
      writer.add({ events: [created(`did:web:${rkey}.test`, [rkey])], mark: tracker.begin(seq) })
    await writer.drained()
    expect(store.batches.flatMap(changesOf).map(([, rkey]) => rkey)).toEqual(['a', 'b', 'd'])
    expect(setAside().map(({ uri }) => uri)).toEqual([
      `at://did:web:${POISON}-c.test/org.example.note/${POISON}-c`,
    ])
    await writer.close()
  })

  it('sets aside a word about an account that the store refuses', async () => {
    const { store, writer, tracker, setAside } = writing()
    const word = (did: string): RepoEvent => ({ type: 'identity', did, time: '' })
    store.refuses = ({ events }) => events.some(({ did }) => did === 'did:web:bad.test')
    for (const [seq, did] of ['did:web:a.test', 'did:web:bad.test', 'did:web:b.test'].entries())
      writer.add({ events: [word(did)], mark: tracker.begin(seq) })
    await writer.drained()
    expect(store.batches.flatMap(({ events }) => events.map(({ did }) => did))).toEqual([
      'did:web:a.test',
      'did:web:b.test',
    ])
    expect(setAside().map(({ uri }) => uri)).toEqual(['at://did:web:bad.test'])
    await writer.close()
  })

  it('ends though what the consumer is told throws', async () => {
    const errors: unknown[] = []
    const writer = new Writer({
      store: new MemoryStore(),
      onApplied: () => {
        throw new Error('a bug of the listener')
      },
      onError: (_, { stage }) => errors.push(stage),
    })
    writer.add({ events: [created('did:web:a.test', ['a'])] })
    await writer.drained()
    await writer.close()
    expect(errors).toEqual(['applied'])
  })
})

describe('a repository with a record that the store refuses', () => {
  it('keeps all its other records, holds up nobody, and is whole when the store takes it', async () => {
    await using world = await World.create()
    const [poisoned] = await world.settled()
    const [other] = await world.settled()
    world.store.refuses = isPoisoned
    world.say(
      commit(
        poisoned.commit([
          { action: 'create', path: 'org.example.note/a', block: record('a') },
          { action: 'create', path: `org.example.note/${POISON}`, block: record('x') },
          { action: 'create', path: 'org.example.note/b', block: record('b') },
        ]),
      ),
    )
    for (let n = 0; n < 3; n++)
      world.say(
        commit(
          other.commit([{ action: 'create', path: `org.example.note/${letters(n)}`, block: record('n') }]),
        ),
      )
    await world.agrees(other)
    await world.finished()
    const keys = ['a', 'b', 'first'].map(key => `org.example.note/${key}`)
    await world.store.until(() => Object.keys(stored(world.store, poisoned.did)).join() === keys.join())
    expect(world.count('set-aside')).toBe(1)
    expect((await world.store.cursors()).get('#set-aside')).toBe(1)
    await world.store.until(async () => (await world.store.repo(poisoned.did))?.sync === 'desynchronized')
    world.store.refuses = () => false
    await world.agrees(poisoned)
    expect(world.count('desynchronized.refused')).toBeGreaterThan(0)
  })

  it('is taken up after a restart', async () => {
    await using world = await World.create()
    const [poisoned] = world.account('poisoned', 'k256')
    world.store.refuses = isPoisoned
    world.say(
      commit(
        poisoned.commit([
          first(),
          { action: 'create', path: `org.example.note/${POISON}`, block: record('x') },
        ]),
      ),
    )
    await world.store.until(async () => (await world.store.repo(poisoned.did))?.sync === 'desynchronized')
    await world.finished()
    await world.kill()
    world.store.refuses = () => false
    await world.start()
    await world.agrees(poisoned)
  })
})
