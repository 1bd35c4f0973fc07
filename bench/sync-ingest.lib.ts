/** A firehose read, verified and indexed end to end, by this consumer and by the stock one; backfill; memory. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { IdResolver, MemoryCache } from '@atproto/identity'
import { encode } from '@atproto/lex-cbor'
import { type Event, Firehose, MemoryRunner } from '@atproto/sync'
import { type Index, openIndex } from '@frost/index'
import { isFrostNsid, RECORD_NSIDS } from '@frost/lexicon'
import {
  type Batch,
  type CommitEvent,
  type Consumer,
  createConsumer,
  type EventStore,
  MemoryStore,
  type RepoState,
} from '@frost/sync'
import { gathered, MAX_EVENTS } from '@frost/sync/writer'
import { type Host, type Plan, startHost } from './firehose.lib.ts'
import type { Emit } from './main.ts'
import { bytesIn, type Cost, clock, numberOption, ownMemory, round } from './measure.lib.ts'

interface Run {
  /** Until every record is in the truth, and until search has it as well. */
  readonly stored: Cost
  readonly searchable: Cost
  readonly records: number
  readonly bytes: number
  /** Events of one transaction, on average. */
  readonly together: number
  /** Milliseconds of the longest turn of the event loop: so long somebody waits who asks for something. */
  readonly turn: number
}

interface Follower {
  /** Resolves when everything up to a message of the firehose is stored. */
  reached(seq: number): Promise<void>
  stop(): Promise<void>
}

/** @param store the index's own, whose transactions are counted */
type Follow = (store: EventStore, host: Host, index: Index) => Promise<Follower>

/**
 * Lets one consumer take in all that a host has, into an index of its own.
 * What comes before a host's pause is not measured: code costs several times as much until it is compiled, in the thread of search
 * too, and services run for months.
 */
async function run(plan: Plan, follow: Follow): Promise<Run> {
  const dataDir = await mkdtemp(join(tmpdir(), 'frost-bench-sync-'))
  const host = await startHost(plan)
  const index = await openIndex({ dataDir, threads: true, onError: error => console.error(error) })
  try {
    let read = clock()
    const turns = monitorEventLoopDelay({ resolution: 5 })
    turns.enable()
    const counted = new Counted(index.store)
    const consumer = await follow(counted.store, host, index)
    if (plan.pauseAfter) {
      await consumer.reached(plan.pauseAfter)
      await index.searchable()
      counted.forget()
      turns.reset()
      read = clock()
      host.resume()
    }
    await consumer.reached(host.commits)
    const stored = read()
    await index.searchable()
    const searchable = read()
    turns.disable()
    await consumer.stop()
    const { counts, rejected } = await index.status()
    const records = Object.values(counts).reduce((sum, count) => sum + count, 0)
    if (records !== host.records)
      throw new Error(
        `${records} records are shown of ${host.records} held; rejected ${JSON.stringify(rejected)}`,
      )
    await index.close()
    return {
      stored,
      searchable,
      records,
      bytes: bytesIn(dataDir),
      together: counted.together,
      turn: turns.max / 1e6,
    }
  } finally {
    await index.close().catch(() => {})
    await host.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** A store that counts what its transactions hold. */
class Counted {
  readonly store: EventStore
  #events = 0
  #transactions = 0

  constructor(store: EventStore) {
    this.store = {
      ...store,
      apply: batch => {
        this.#events += batch.events.length
        if (batch.events.length > 0) this.#transactions++
        return store.apply(batch)
      },
    }
  }

  get together(): number {
    return this.#events / this.#transactions
  }

  forget(): void {
    this.#events = 0
    this.#transactions = 0
  }
}

function consumerOf(store: EventStore, host: Host, onApplied?: (batch: Batch) => void): Consumer {
  return createConsumer({
    store,
    upstreams: [host.url],
    collections: isFrostNsid,
    collectionNames: RECORD_NSIDS,
    plcUrl: host.url,
    allowLoopbackHttp: true,
    onError: (error, context) => console.error('sync:', context, error),
    ...(onApplied && { onApplied }),
  })
}

/** Follows the firehose from its first message. */
const byOwnConsumer: Follow = async (store, host) => {
  await store.apply(fromTheFirst(host))
  const consumer = consumerOf(store, host)
  await consumer.start()
  const isAt = (seq: number) => {
    const { upstreams, queued, resyncing } = consumer.status()
    return upstreams[0]?.cursor === seq && queued === 0 && resyncing === 0
  }
  return { reached: seq => until(() => isAt(seq)), stop: () => consumer.stop() }
}

/** Finds every repository by the host's list and fetches it. */
const byBackfill: Follow = async (store, host, index) => {
  const consumer = consumerOf(store, host)
  await consumer.start()
  const isHeld = async () => {
    const { counts } = await index.status()
    return Object.values(counts).reduce((sum, count) => sum + count, 0) >= host.records
  }
  return { reached: () => until(isHeld), stop: () => consumer.stop() }
}

/**
 * `Firehose` with `MemoryRunner` of `@atproto/sync`, authenticated. Its handler stores each event by the same store in the same
 * batches, and is done when its batch is stored.
 */
const byStockConsumer: Follow = async (store, host) => {
  const batches = new Batches(store)
  const runner = new MemoryRunner({ startCursor: 0 })
  // It reads as fast as the socket gives, whatever waits: with the usual 3 s its own DID look-ups time out, and their events are lost.
  const patience = { timeout: 600_000, fetch: globalThis.fetch }
  const idResolver = new IdResolver({ plcUrl: host.url, didCache: new MemoryCache(), ...patience })
  const firehose = new Firehose({
    idResolver,
    runner,
    service: socketOf(host),
    handleEvent: event => batches.add(event),
    onError: error => console.error('@atproto/sync:', error),
  })
  const running = firehose.start()
  return {
    reached: seq => until(() => runner.getCursor() === seq),
    async stop() {
      await firehose.destroy()
      await running
    },
  }
}

/** Events of the stock consumer in transactions that are gathered as this project's own writer gathers them. */
class Batches {
  readonly #store: EventStore
  #waiting: {
    readonly event: CommitEvent
    readonly done: () => void
    readonly failed: (error: unknown) => void
  }[] = []
  #running = false

  constructor(store: EventStore) {
    this.#store = store
  }

  add(event: Event): Promise<void> {
    if (event.event !== 'create' && event.event !== 'update' && event.event !== 'delete')
      return Promise.resolve()
    const { did, rev, collection, rkey, time, commit } = event
    const change =
      event.event === 'delete'
        ? ({ action: 'delete', collection, rkey } as const)
        : {
            action: event.event,
            collection,
            rkey,
            cid: event.cid.toString(),
            bytes: encode(event.record as never),
          }
    const { promise, resolve: done, reject: failed } = Promise.withResolvers<void>()
    this.#waiting.push({
      event: {
        type: 'commit',
        did,
        rev,
        commit: commit.toString(),
        time,
        changes: [change],
        origin: 'firehose',
      },
      done,
      failed,
    })
    if (!this.#running) void this.#run()
    return promise
  }

  async #run(): Promise<void> {
    this.#running = true
    while (this.#waiting.length > 0) {
      await gathered(() => this.#waiting.length)
      const batch = this.#waiting.splice(0, MAX_EVENTS)
      const repos = new Map<string, RepoState>()
      for (const { event } of batch) {
        const { did, rev, commit } = event
        repos.set(did, { did, host: '', active: true, rev, commit, sync: 'synchronized' })
      }
      try {
        const events = batch.map(({ event }) => event)
        await this.#store.apply({ events, repos: [...repos.values()], cursors: new Map() })
        for (const { done } of batch) done()
      } catch (error) {
        for (const { failed } of batch) failed(error)
      }
    }
    this.#running = false
  }
}

/** As if the firehose had been followed to its first message, and what its host lists gone through: nothing is fetched. */
const fromTheFirst = (host: Host): Batch => ({
  events: [],
  repos: [],
  cursors: new Map([
    [socketOf(host), 0],
    [`${socketOf(host)}#listed`, Date.now()],
  ]),
})

const socketOf = ({ url }: Host): string => url.replace('http', 'ws')

async function until(reached: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await reached())) await delay(5)
}

const WARM_UP = 16_000
const MEASURED = 12_000
const LIVE: Plan = { accounts: 200, commits: WARM_UP + MEASURED, pauseAfter: WARM_UP }

/**
 * Once before the other and once after: a shared machine is not the same from one minute to the next. Before all that once unmeasured:
 * the same commits take the other ten times as long, in which its code is compiled.
 */
export async function measureIngest(emit: Emit): Promise<void> {
  await run(LIVE, byOwnConsumer)
  const before = await run(LIVE, byOwnConsumer)
  const reference = await run(LIVE, byStockConsumer)
  const after = await run(LIVE, byOwnConsumer)
  const own = {
    stored: mean(before.stored, after.stored),
    searchable: mean(before.searchable, after.searchable),
    together: (before.together + after.together) / 2,
    turn: Math.max(before.turn, after.turn),
  }
  const each = ({ cpu, wall }: Cost) =>
    `${round((cpu / MEASURED) * 1000, 0)} µs a commit on the processor, ${round((wall / MEASURED) * 1000, 0)} on the clock`
  emit({
    figure: 'ingest-vs-atproto',
    value: round(reference.searchable.cpu / own.searchable.cpu, 1),
    unit: 'times',
    against: `Firehose and MemoryRunner of @atproto/sync, authenticated, same writer, same commits: ${each(reference.searchable)}, ${round(reference.together, 0)} in a transaction`,
    note: `mean of a run before it (${each(before.searchable)}) and one after; from the socket until searchable, after ${WARM_UP} commits that warmed up both: ${each(own.searchable)}; until stored: ${each(own.stored)}, ${round(own.together, 0)} in a transaction; longest turn of the event loop ${round(own.turn, 0)} ms; the clock ${round(reference.searchable.wall / own.searchable.wall, 1)} times`,
  })
}

const mean = (a: Cost, b: Cost): Cost => ({ cpu: (a.cpu + b.cpu) / 2, wall: (a.wall + b.wall) / 2 })

export async function measureBackfill(emit: Emit): Promise<void> {
  const plan: Plan = { accounts: 100, commits: 0, held: 300 }
  const { stored, searchable, records, bytes } = await run(plan, byBackfill)
  emit({
    figure: 'backfill-records-per-second',
    value: round(records / (stored.wall / 1000), 0),
    unit: 'records/s',
    note: `${plan.accounts} repositories of ${plan.held} records, verified and indexed; ${round(records / (searchable.wall / 1000), 0)} until searchable; ${round((stored.cpu / records) * 1000, 0)} µs a record on the processor, ${round((searchable.cpu / records) * 1000, 0)} until searchable`,
  })
  emit({
    figure: 'bytes-per-record',
    value: round(bytes / records, 0),
    unit: 'bytes',
    note: `database and search after closing, ${records} records`,
  })
}

/**
 * Memory after a tenth and after all of many events (`--events=N`; 0 leaves it out), of sync alone before the store that it brings, and
 * with index and search in the same process. Repositories keep their size, so what is stored too.
 */
export async function measureMemory(emit: Emit): Promise<void> {
  const events = numberOption('events', 1_000_000)
  if (events === 0) return
  await memoryOver(events, new MemoryStore(), { emit, figure: 'memory-growth-sync', what: 'sync alone' })
  const dataDir = await mkdtemp(join(tmpdir(), 'frost-bench-memory-'))
  const index = await openIndex({ dataDir, threads: true, onError: error => console.error(error) })
  try {
    const what = 'index and search in the same process'
    await memoryOver(events, index.store, { emit, figure: 'memory-growth', what })
  } finally {
    await index.close()
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function memoryOver(
  events: number,
  store: EventStore,
  { emit, figure, what }: { emit: Emit; figure: string; what: string },
): Promise<void> {
  const host = await startHost({ accounts: 500, commits: events, most: 12, ahead: false })
  try {
    await store.apply(fromTheFirst(host))
    const read = clock()
    const consumer = consumerOf(store, host)
    await consumer.start()
    const samples: { readonly seen: number; readonly own: number; readonly all: number }[] = []
    await until(async () => {
      const seen = consumer.status().upstreams[0]?.cursor ?? 0
      if (seen >= (samples.length + 1) * (events / 20)) {
        const [own, all] = [ownMemory(), process.memoryUsage.rss()]
        samples.push({ seen, own, all })
        console.error(
          `${what}: ${seen} of ${events} events, ${megabytes(own)} MB, with mapped files ${megabytes(all)} MB, ${round(read().wall / 1000, 0)} s`,
        )
      }
      await delay(20)
      return seen === host.commits
    })
    const { wall } = read()
    await consumer.stop()
    const early = samples.find(({ seen }) => seen >= events / 10) ?? samples[0]!
    const late = samples.at(-1)!
    emit({
      figure,
      value: round(late.own / early.own),
      unit: 'times',
      against: `${megabytes(early.own)} MB after ${early.seen} events`,
      note: `${megabytes(late.own)} MB after ${late.seen}, highest ${megabytes(Math.max(...samples.map(({ own }) => own)))} MB, ${megabytes(late.all)} MB with the pages of mapped files; ${what}, ${round(events / (wall / 1000), 0)} events/s with the making of frames beside it`,
    })
  } finally {
    await host.stop()
  }
}

const megabytes = (bytes: number) => round(bytes / 1e6, 0)
