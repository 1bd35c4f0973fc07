import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { CursorTracker } from './cursor.ts'
import type { RepoEvent } from './events.ts'
import { MemoryStore } from './memory-store.ts'
import type { Batch } from './store.ts'
import { MAX_EVENTS, Writer } from './writer.ts'

const UPSTREAM = 'wss://relay.example.org'
const event = (did: string): RepoEvent => ({ type: 'identity', did, time: '' })
const turn = () => new Promise<void>(resolve => setImmediate(resolve))

/** A store that says what it was given, and refuses while it is told to. */
class Told extends MemoryStore {
  readonly batches: Batch[] = []
  readonly refused: Batch[] = []
  refusing = 0
  gate: Promise<void> | undefined
  /** Called when a batch is refused. */
  onRefused: () => void = () => undefined
  /** Called when a batch is stored. */
  onStored: () => void = () => undefined

  override async apply(batch: Batch): Promise<void> {
    await this.gate
    if (this.refusing > 0) {
      this.refusing--
      this.refused.push(batch)
      this.onRefused()
      throw new Error('the disk is full')
    }
    this.batches.push(batch)
    await super.apply(batch)
    this.onStored()
  }
}

function writing(store = new Told()) {
  const errors: Record<string, unknown>[] = []
  const applied: Batch[] = []
  const writer = new Writer({
    store,
    onApplied: batch => applied.push(batch),
    onError: (_, context) => errors.push(context),
    retryFrom: 2,
  })
  return { store, errors, applied, writer }
}

const said = (batches: readonly Batch[]) => batches.flatMap(({ events }) => events.map(({ did }) => did))

describe('the writer', () => {
  it('law: at every moment the stored cursor stands for effects that are stored, all of them and no others', async () => {
    const steps = fc.array(
      fc.record({ later: fc.boolean(), turns: fc.nat(3), empty: fc.boolean(), refused: fc.boolean() }),
      { minLength: 1, maxLength: 40 },
    )
    await fc.assert(
      fc.asyncProperty(steps, async list => {
        const { store, writer, applied } = writing()
        const tracker = new CursorTracker(undefined)
        writer.watch(UPSTREAM, tracker)
        const effects = list.map(({ empty }, seq) => ({
          mark: tracker.begin(seq),
          events: empty ? [] : [event(`did:web:n${seq}.test`)],
        }))
        const late: (typeof effects)[number][] = []
        for (const [seq, { later, turns, refused }] of list.entries()) {
          if (later) late.push(effects[seq]!)
          else writer.add(effects[seq]!)
          if (refused && store.refusing === 0) store.refusing = 1
          for (let left = turns; left > 0; left--) await turn()
        }
        store.refusing = 0
        for (const effect of late.reverse()) writer.add(effect)
        await writer.drained()
        const held = new Set<string>()
        for (const { events, cursors } of store.batches) {
          for (const { did } of events) {
            expect(held.has(did), `${did} is told once`).toBe(false)
            held.add(did)
          }
          const cursor = cursors.get(UPSTREAM) ?? -1
          for (const [seq, { events: own }] of effects.entries())
            if (seq <= cursor)
              for (const { did } of own) expect(held.has(did), `${did} at ${cursor}`).toBe(true)
        }
        expect((await store.cursors()).get(UPSTREAM)).toBe(list.length - 1)
        expect(said(applied).toSorted()).toEqual([...held].toSorted())
        expect(held.size).toBe(list.filter(({ empty }) => !empty).length)
        await writer.close()
      }),
      { numRuns: 25 },
    )
  })

  it('regression: is not laden for ever by a large batch that is refused until the end', async () => {
    const { store, writer } = writing()
    store.refusing = Number.POSITIVE_INFINITY
    const refused = new Promise<void>(resolve => {
      store.onRefused = resolve
    })
    let told = 0
    writer.onUnladen(() => told++)
    for (let n = 0; n < MAX_EVENTS; n++) writer.add({ events: [event(`did:web:n${n}.test`)] })
    await refused
    expect(writer.isLaden).toBe(true)
    await expect(writer.close()).rejects.toThrow(`${MAX_EVENTS} effects`)
    expect([writer.isLaden, told]).toEqual([false, 1])
  })

  it('gives batches of a bounded number of events, in the order in which they came, each with the cursor of its own', async () => {
    const { store, writer } = writing()
    const tracker = new CursorTracker(undefined)
    writer.watch(UPSTREAM, tracker)
    const dids = Array.from({ length: 4 * MAX_EVENTS - 24 }, (_, n) => `did:web:n${n}.test`)
    for (const [seq, did] of dids.entries()) writer.add({ events: [event(did)], mark: tracker.begin(seq) })
    await writer.drained()
    expect(said(store.batches)).toEqual(dids)
    for (const { events } of store.batches) expect(events.length).toBeLessThanOrEqual(MAX_EVENTS)
    expect(store.batches.map(({ cursors }) => cursors.get(UPSTREAM))).toEqual([
      MAX_EVENTS - 1,
      2 * MAX_EVENTS - 1,
      3 * MAX_EVENTS - 1,
      dids.length - 1,
    ])
  })

  it('gives batches of a bounded number of bytes, and what is larger alone', async () => {
    const { store, writer } = writing()
    const bytes = new Uint8Array(3_000_000)
    const large = (n: number): RepoEvent => ({
      type: 'commit',
      did: `did:web:n${n}.test`,
      rev: '3jzfcijpj2z2a',
      time: '',
      origin: 'firehose',
      changes: [{ action: 'create', collection: 'org.example.thing', rkey: 'a', cid: 'c', bytes }],
    })
    for (let n = 0; n < 5; n++) writer.add({ events: [large(n)] })
    await writer.drained()
    expect(store.batches.map(({ events }) => events.length)).toEqual([2, 2, 1])
  })

  it('says of a repository the last of its states in a batch', async () => {
    const { store, writer } = writing()
    const state = { did: 'did:web:a.test', host: '', active: true, sync: 'synchronized' } as const
    writer.add({ repo: { ...state, rev: '1' } })
    writer.add({ repo: { ...state, rev: '2' } })
    await writer.drained()
    expect(store.batches.map(({ repos }) => repos)).toEqual([[{ ...state, rev: '2' }]])
  })

  it('gives what the store refused again, as it was, before anything that came since', async () => {
    const { store, writer, errors, applied } = writing()
    const tracker = new CursorTracker(undefined)
    writer.watch(UPSTREAM, tracker)
    store.refusing = 2
    const refused = Promise.withResolvers<void>()
    store.onRefused = refused.resolve
    writer.add({ events: [event('did:web:a.test')], mark: tracker.begin(1) })
    await refused.promise
    writer.add({ events: [event('did:web:b.test')], mark: tracker.begin(2) })
    await writer.drained()
    expect(store.refused).toEqual([store.batches[0], store.batches[0]])
    expect(said(store.batches)).toEqual(['did:web:a.test', 'did:web:b.test'])
    expect(said(applied)).toEqual(said(store.batches))
    expect(errors.map(({ stage, attempt }) => [stage, attempt])).toEqual([
      ['store', 1],
      ['store', 2],
    ])
  })

  it('a lost wake-up: what is added while the last batch ends is stored without anything after it', async () => {
    const { store, writer } = writing()
    for (let microtasks = 0; microtasks < 12; microtasks++) {
      const second = Promise.withResolvers<void>()
      writer.add({
        events: [event(`did:web:first${microtasks}.test`)],
        applied: () => {
          // Continuations of what was stored run a few microtasks after it, each at another point of the end.
          let wait: Promise<void> = Promise.resolve()
          for (let left = microtasks; left > 0; left--) wait = wait.then()
          void wait.then(() => {
            writer.add({ events: [event(`did:web:second${microtasks}.test`)], applied: second.resolve })
          })
        },
      })
      await second.promise
    }
    expect(said(store.batches)).toHaveLength(24)
  })

  it('remembers numbers of the consumer’s own, and forgets them', async () => {
    const { store, writer } = writing()
    writer.remember(`${UPSTREAM}#listed`, 5)
    await writer.drained()
    expect(await store.cursors()).toEqual(new Map([[`${UPSTREAM}#listed`, 5]]))
    writer.remember(`${UPSTREAM}#listed`, -1)
    await writer.drained()
    expect(await store.cursors()).toEqual(new Map())
  })

  it('stores a cursor that moved without effects before long, or at the end', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { store, writer } = writing()
      const tracker = new CursorTracker(undefined)
      writer.watch(UPSTREAM, tracker)
      tracker.begin(1).finish()
      expect(store.batches).toEqual([])
      const stored = Promise.withResolvers<void>()
      store.onStored = stored.resolve
      vi.advanceTimersByTime(1000)
      await stored.promise
      expect((await store.cursors()).get(UPSTREAM)).toBe(1)
      tracker.begin(2).finish()
      await writer.close()
      expect((await store.cursors()).get(UPSTREAM)).toBe(2)
    } finally {
      vi.useRealTimers()
    }
  })

  it('writes nothing where there is nothing', async () => {
    const { store, writer, applied } = writing()
    await writer.drained()
    await writer.drained()
    expect([store.batches, applied]).toEqual([[], []])
  })

  it('ends with all that was added, and takes nothing after', async () => {
    const { store, writer } = writing()
    const open = Promise.withResolvers<void>()
    store.gate = open.promise
    for (let n = 0; n < 300; n++) writer.add({ events: [event(`did:web:n${n}.test`)] })
    const closing = writer.close()
    writer.add({ events: [event('did:web:late.test')] })
    writer.remember('late', 1)
    open.resolve()
    await closing
    expect(said(store.batches)).toHaveLength(300)
    expect((await store.cursors()).size).toBe(0)
    expect(writer.queued).toBe(0)
    await expect(writer.drained()).rejects.toThrow(/the consumer ends/)
  })

  it('says at the end what could not be stored, and its cursor stays behind it', async () => {
    const { store, writer } = writing()
    const tracker = new CursorTracker(undefined)
    writer.watch(UPSTREAM, tracker)
    store.refusing = Number.POSITIVE_INFINITY
    writer.add({ events: [event('did:web:a.test')], mark: tracker.begin(1) })
    await expect(writer.close()).rejects.toThrow('1 effects could not be stored')
    expect(await store.cursors()).toEqual(new Map())
  })
})
