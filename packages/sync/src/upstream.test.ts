import { expect, it } from 'vitest'
import { Counters } from './counters.ts'
import type { Mark } from './cursor.ts'
import { MemoryStore } from './memory-store.ts'
import type { EventSource, SourceSink } from './source.ts'
import type { Batch } from './store.ts'
import { Feed } from './upstream.ts'
import { MAX_EVENTS, Writer } from './writer.ts'

/** A source that is read or left unread. */
class Voice implements EventSource {
  readonly url = 'wss://relay.example.org'
  paused = false
  start(sink: SourceSink): void {
    sink.connected(true)
  }
  pause(): void {
    this.paused = true
  }
  resume(): void {
    this.paused = false
  }
  async stop(): Promise<void> {}
}

/** A store whose batches wait until they are let in. */
class Slow extends MemoryStore {
  readonly begun: (() => void)[] = []
  gate = Promise.resolve()
  override async apply(batch: Batch): Promise<void> {
    for (const tell of this.begun.splice(0)) tell()
    await this.gate
    await super.apply(batch)
  }
}

it('a source is left unread while a large batch is stored, and read on when it is; a small one holds up nobody', async () => {
  const store = new Slow()
  const writer = new Writer({ store, onApplied: () => undefined, onError: () => undefined })
  const source = new Voice()
  const marks: Mark[] = []
  const feed = new Feed({
    upstream: { url: source.url, origin: 'https://relay.example.org', kind: 'relay' },
    source,
    cursor: 0,
    writer,
    counters: new Counters(),
    openMessages: 4 * MAX_EVENTS,
    openBytes: 1_000_000,
    deliver: (_, { mark }) => marks.push(mark),
    garbled: () => undefined,
    trusted: () => undefined,
    restore: () => undefined,
    found: () => undefined,
    collections: () => true,
    onGap: () => undefined,
    onError: () => undefined,
    now: Date.now,
  })
  feed.start()
  let seq = 0
  const say = () =>
    feed.message({ type: 'identity', did: 'did:web:a.test', seq: ++seq, time: new Date().toISOString() })

  for (const [events, isHeldUp] of [
    [3, false],
    [MAX_EVENTS, true],
  ] as const) {
    const open = Promise.withResolvers<void>()
    store.gate = open.promise
    const begun = new Promise<void>(resolve => store.begun.push(resolve))
    for (let n = 0; n < events; n++)
      writer.add({ events: [{ type: 'identity', did: `did:web:n${n}.test`, time: '' }] })
    await begun
    say()
    expect(source.paused).toBe(isHeldUp)
    open.resolve()
    await writer.drained()
    // Though what was said meanwhile is not finished.
    expect(source.paused).toBe(false)
    for (const mark of marks.splice(0)) writer.add({ mark })
  }
  await writer.close()
})
