import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { Counters } from './counters.ts'
import { isDid } from './frame.ts'
import { createHandleResolver } from './handle.ts'
import { HttpClient, serviceOrigin } from './http.ts'
import { IdentityError, IdentityResolver } from './identity.ts'
import { ServiceLists } from './listing.ts'
import { Repository, type Surroundings, type Upstream } from './repository.ts'
import { ResyncQueue } from './resync-queue.ts'
import type { EventSource } from './source.ts'
import { Firehose } from './sources/firehose.ts'
import type { Batch, EventStore } from './store.ts'
import { sweep } from './sweep.ts'
import { Feed, type UpstreamStatus } from './upstream.ts'
import { Writer } from './writer.ts'

export interface ConsumerOptions {
  /** Keeps effects, cursors and states; see {@link EventStore}. */
  readonly store: EventStore
  /** Relays and PDSes: `wss://host` or `https://host`; `ws://localhost:port` in a local network. */
  readonly upstreams: readonly string[]
  /** Which collections' records are wanted. Commits of tracked repositories are verified whole all the same. */
  readonly collections: (nsid: string) => boolean
  /** The wanted collections by name, for `listReposByCollection`; none: repositories are found by their commits. */
  readonly collectionNames?: readonly string[]
  /** Directory of did:plc, e.g. `https://plc.directory`. */
  readonly plcUrl?: string
  /** Allows plain http to this machine: a network for development and tests. */
  readonly allowLoopbackHttp?: boolean
  readonly userAgent?: string
  /** What failed and is tried again or was refused. `context.stage` says where. */
  readonly onError?: (error: unknown, context: Record<string, unknown>) => void
  /** Called with each batch when it is stored. */
  readonly onApplied?: (batch: Batch) => void
  /** Milliseconds since 1970. */
  readonly now?: () => number
  readonly limits?: Partial<ConsumerLimits>
}

export interface ConsumerLimits {
  /** Largest repository that is fetched, in bytes of CAR. */
  readonly repoBytes: number
  /** Bytes of commits that wait while their repositories are fetched, in all. */
  readonly waitingBytes: number
  /** Fetches at once, in all and per host. */
  readonly resyncs: number
  readonly resyncsPerHost: number
  /** Milliseconds before a failed fetch is tried again; doubles up to the second. */
  readonly retryFrom: number
  readonly retryTo: number
  /** Repositories kept in memory between their messages. */
  readonly repositories: number
  /** Repositories that one service may list. */
  readonly listedRepos: number
  /** Hosts that may ask to be read. */
  readonly crawledHosts: number
  /** Milliseconds between two comparisons of heads with each service's list. */
  readonly sweepEvery: number
  /** Milliseconds for which the records of a deleted account are kept hidden before they are erased. */
  readonly deletionGrace: number
  /** Milliseconds between two looks for deleted accounts whose grace is over. */
  readonly purgeEvery: number
}

const DAY = 86_400_000

export const DEFAULT_LIMITS: ConsumerLimits = {
  repoBytes: 1_000_000_000,
  waitingBytes: 256_000_000,
  resyncs: 16,
  resyncsPerHost: 4,
  retryFrom: 1000,
  retryTo: 3_600_000,
  repositories: 50_000,
  listedRepos: 100_000_000,
  crawledHosts: 10_000,
  sweepEvery: DAY / 4,
  deletionGrace: 30 * DAY,
  purgeEvery: DAY / 24,
}

export interface ConsumerStatus {
  readonly upstreams: readonly UpstreamStatus[]
  /** Messages received and not yet stored. */
  readonly queued: number
  /** Repositories that wait to be fetched or are being fetched. */
  readonly resyncing: number
  /** Counts by outcome since the start, e.g. `verified`, `rejected.signature`. */
  readonly counters: Readonly<Record<string, number>>
}

/** Suffixes of the store's cursor keys, see {@link Batch.cursors}. */
const LISTED = '#listed'
const CRAWL = '#crawl'

/**
 * Follows firehoses: verifies every commit of the repositories it tracks, brings back by `getRepo` those whose chain broke,
 * and stores effects together with the cursor, so that nothing is lost and nothing counts twice.
 * https://atproto.com/specs/sync
 */
export class Consumer {
  readonly #options: ConsumerOptions
  readonly #limits: ConsumerLimits
  readonly #stopping = new AbortController()
  readonly #http: HttpClient
  readonly #identities: IdentityResolver
  readonly #writer: Writer
  readonly #resyncs: ResyncQueue
  readonly #counters = new Counters()
  readonly #around: Surroundings
  readonly #repositories = new Map<string, Repository>()
  readonly #feeds = new Map<string, Feed>()
  /** Upstreams by URL that were asked for; those whose kind is not known yet have no feed. */
  readonly #upstreams = new Set<string>()
  readonly #sweeping = new Map<string, { again: boolean }>()
  readonly #background = new Set<Promise<void>>()
  /** Upstreams by URL that were listed whole at least once. */
  readonly #listed = new Set<string>()
  #cursors: ReadonlyMap<string, number> = new Map()
  #waitingBytes = 0

  constructor(options: ConsumerOptions) {
    this.#options = options
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits }
    const allowLoopbackHttp = options.allowLoopbackHttp ?? false
    const onError = options.onError ?? (() => undefined)
    this.#http = new HttpClient({ allowLoopbackHttp }, options.userAgent)
    this.#identities = new IdentityResolver({
      http: this.#http,
      allowLoopbackHttp,
      plcUrl: (options.plcUrl ?? 'https://plc.directory').replace(/\/+$/, ''),
      handleResolver: createHandleResolver(this.#http, { allowLoopbackHttp }),
      ...(options.now && { now: options.now }),
    })
    this.#writer = new Writer({
      store: options.store,
      onApplied: batch => options.onApplied?.(batch),
      onError,
    })
    this.#resyncs = new ResyncQueue({
      run: did => this.#repository(did).resync(),
      concurrency: this.#limits.resyncs,
      perHost: this.#limits.resyncsPerHost,
      minWait: this.#limits.retryFrom,
      maxWait: this.#limits.retryTo,
    })
    this.#around = {
      store: options.store,
      writer: this.#writer,
      identities: this.#identities,
      http: this.#http,
      resyncs: this.#resyncs,
      counters: this.#counters,
      collections: options.collections,
      now: options.now ?? Date.now,
      maxRepoBytes: this.#limits.repoBytes,
      onError,
      stopping: this.#stopping.signal,
      reserve: bytes => {
        if (this.#waitingBytes + bytes > this.#limits.waitingBytes) return false
        this.#waitingBytes += bytes
        return true
      },
      release: bytes => {
        this.#waitingBytes -= bytes
      },
    }
    // Repositories, queue and sweeps all listen for the end.
    setMaxListeners(0, this.#stopping.signal)
  }

  /**
   * Takes up where the store says it was. Resolves once that is read; services that are away are tried again and again.
   * @throws Error if an upstream's URL may not be talked to
   */
  async start(): Promise<void> {
    const configured = this.#options.upstreams.map(url => this.#urlOf(url))
    const { store } = this.#options
    this.#cursors = await store.cursors()
    for (const { did } of await store.unfinished()) void this.#repository(did).resume()
    for (const key of this.#cursors.keys())
      if (key.endsWith(LISTED)) this.#listed.add(key.slice(0, -LISTED.length))
    for (const url of configured) this.#add(url)
    for (const key of this.#cursors.keys())
      if (key.endsWith(CRAWL)) this.#add(key.slice(0, -CRAWL.length), 'pds')
    this.#every(this.#limits.sweepEvery, () => {
      for (const feed of this.#feeds.values()) this.#sweep(feed)
    })
    this.#every(this.#limits.purgeEvery, () => this.#inBackground(() => this.#purge(), { stage: 'purge' }))
  }

  /** Reads no more, stores what is queued with its cursor, and ends. */
  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return
    await Promise.all([...this.#feeds.values()].map(feed => feed.stop()))
    this.#stopping.abort()
    await this.#resyncs.stop()
    await Promise.allSettled(this.#background)
    try {
      await this.#writer.close()
    } finally {
      this.#http.close()
    }
  }

  status(): ConsumerStatus {
    let queued = this.#writer.queued
    for (const feed of this.#feeds.values()) queued += feed.open
    const upstreams = [...this.#upstreams].map(
      url => this.#feeds.get(url)?.status() ?? { url, connected: false },
    )
    return { upstreams, queued, resyncing: this.#resyncs.size, counters: this.#counters.all() }
  }

  /**
   * A PDS asks to be read. It is looked at first, and remembered over restarts.
   * @param host `pds.example.org`, or in a local network `localhost:2583`
   */
  async requestCrawl(host: string): Promise<{ ok: true } | { ok: false; reason: string }> {
    const name = host.replace(/^https?:\/\//, '').replace(/\/+$/, '')
    let url: string
    try {
      const local = this.#options.allowLoopbackHttp && /^localhost(:\d+)?$/.test(name)
      url = this.#urlOf(`${local ? 'ws' : 'wss'}://${name}`)
    } catch (error) {
      return { ok: false, reason: (error as Error).message }
    }
    if (this.#upstreams.has(url)) return { ok: true }
    if (this.#upstreams.size >= this.#limits.crawledHosts)
      return { ok: false, reason: 'too many hosts are read already' }
    try {
      const kind = await this.#lists(url).kind(this.#stopping.signal)
      if (kind !== 'pds') return { ok: false, reason: `'${name}' does not answer as a PDS does` }
    } catch (error) {
      return { ok: false, reason: (error as Error).message }
    }
    this.#writer.remember(url + CRAWL, this.#around.now())
    await this.#writer.drained()
    this.#add(url, 'pds')
    return { ok: true }
  }

  /**
   * Follows a repository from now on, whether or not it has wanted records yet. Resolves when that is stored.
   * @throws Error if it is no DID
   */
  async track(did: string): Promise<void> {
    if (!isDid(did)) throw new Error(`'${did.slice(0, 200)}' is not a DID`)
    await this.#repository(did).track()
  }

  /**
   * The account's signing key as did:key.
   * @param refresh fetches the DID document anew, where a signature did not fit the known key
   * @throws IdentityError if the DID cannot be resolved or names no key
   */
  async signingKey(did: string, refresh = false): Promise<string> {
    const { key } = await this.#identities.resolve(did, refresh ? 0 : undefined)
    if (!key) throw new IdentityError('invalid', `the document of '${did}' names no key for AT Protocol`)
    return key.did
  }

  /** Compares with what every upstream lists, now. */
  sweepNow(): void {
    for (const feed of this.#feeds.values()) this.#sweep(feed, true)
  }

  /** Adds a source of another kind (Jetstream, an archive). Its changes count as verified by whoever made it. */
  follow(upstream: Upstream, source: EventSource): Feed {
    return this.#feed(upstream, source)
  }

  #urlOf(service: string): string {
    const guard = { allowLoopbackHttp: this.#options.allowLoopbackHttp ?? false }
    return serviceOrigin(service.replace(/^ws/, 'http'), guard).replace(/^http/, 'ws')
  }

  #lists(url: string): ServiceLists {
    return new ServiceLists(this.#http, originOf(url))
  }

  #add(url: string, kind?: Upstream['kind']): void {
    if (this.#upstreams.has(url)) return
    this.#upstreams.add(url)
    if (kind) this.#connect(url, kind)
    else
      this.#inBackground(async () => this.#connect(url, await this.#kindOf(url)), {
        stage: 'connection',
        upstream: url,
      })
  }

  #connect(url: string, kind: Upstream['kind']): void {
    if (this.#stopping.signal.aborted) return
    const guard = { allowLoopbackHttp: this.#options.allowLoopbackHttp ?? false }
    const { userAgent } = this.#options
    const source = new Firehose(url, { ...guard, ...(userAgent !== undefined && { userAgent }) })
    this.#feed({ url, kind, origin: originOf(url) }, source)
  }

  #feed(upstream: Upstream, source: EventSource): Feed {
    const feed = new Feed({
      upstream,
      source,
      cursor: this.#cursors.get(upstream.url),
      writer: this.#writer,
      counters: this.#counters,
      deliver: (did, delivery) => this.#repository(did).deliver(delivery),
      garbled: (did, from, mark) => this.#repository(did).garbled(from, mark),
      trusted: (event, mark, origin) => this.#repository(event.did).trusted(event, mark, origin),
      onGap: (gapped, kind) => this.#sweep(gapped, kind !== 'start' || this.#listed.has(upstream.url)),
      onError: this.#around.onError,
    })
    this.#upstreams.add(upstream.url)
    this.#feeds.set(upstream.url, feed)
    feed.start()
    return feed
  }

  /** Asks what the service is until it answers. */
  async #kindOf(url: string): Promise<Upstream['kind']> {
    const { signal } = this.#stopping
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#lists(url).kind(signal)
      } catch (error) {
        signal.throwIfAborted()
        const wait = Math.round(
          Math.min(60_000, 500 * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2),
        )
        this.#around.onError(error, { stage: 'connection', upstream: url, retryIn: wait })
        await delay(wait, undefined, { signal })
      }
    }
  }

  #repository(did: string): Repository {
    let repository = this.#repositories.get(did)
    if (repository) return repository
    if (this.#repositories.size >= this.#limits.repositories) this.#forgetIdle()
    repository = new Repository(did, this.#around)
    this.#repositories.set(did, repository)
    return repository
  }

  /** Drops the older half of what is idle; busy ones stay, whatever their number. */
  #forgetIdle(): void {
    let most = this.#repositories.size / 2
    for (const [did, repository] of this.#repositories) {
      if (most-- <= 0) return
      if (repository.idle && !this.#resyncs.has(did)) this.#repositories.delete(did)
    }
  }

  /** Goes through what the service lists; a second wish while that goes on is another round after it. */
  #sweep(feed: Feed, compareHeads = true): void {
    const { upstream } = feed
    const running = this.#sweeping.get(upstream.url)
    if (running) {
      running.again = true
      return
    }
    if (upstream.kind === 'trusted') return
    const state = { again: false }
    this.#sweeping.set(upstream.url, state)
    const run = async () => {
      const { signal } = this.#stopping
      for (let attempt = 0, compare = compareHeads; ; ) {
        state.again = false
        try {
          await sweep({
            upstream,
            lists: this.#lists(upstream.url),
            identities: this.#identities,
            counters: this.#counters,
            collectionNames: this.#options.collectionNames ?? [],
            collections: this.#options.collections,
            repository: did => this.#repository(did),
            compareHeads: compare,
            signal,
            mostRepos: this.#limits.listedRepos,
          })
          this.#listed.add(upstream.url)
          this.#writer.remember(upstream.url + LISTED, this.#around.now())
          attempt = 0
          compare = true
          if (!state.again) return
        } catch (error) {
          signal.throwIfAborted()
          const wait = Math.min(600_000, 1000 * 2 ** Math.min(attempt++, 10))
          this.#around.onError(error, { stage: 'sweep', upstream: upstream.url, retryIn: wait })
          await delay(wait, undefined, { signal })
        }
      }
    }
    this.#inBackground(() => run().finally(() => this.#sweeping.delete(upstream.url)), {
      stage: 'sweep',
      upstream: upstream.url,
    })
  }

  async #purge(): Promise<void> {
    const before = new Date(this.#around.now() - this.#limits.deletionGrace).toISOString()
    for (const { did } of await this.#options.store.deleted(before)) {
      await this.#repository(did).purgeIfConfirmed(before)
    }
  }

  #every(milliseconds: number, work: () => void): void {
    const timer = setInterval(work, milliseconds).unref()
    this.#stopping.signal.addEventListener('abort', () => clearInterval(timer), { once: true })
  }

  #inBackground(work: () => Promise<void>, context: Record<string, unknown>): void {
    const running = work().catch(error => {
      if (!this.#stopping.signal.aborted) this.#around.onError(error, context)
    })
    this.#background.add(running)
    void running.finally(() => this.#background.delete(running))
  }
}

function originOf(url: string): string {
  return url.replace(/^ws/, 'http')
}

/** Makes a consumer; it does nothing before {@link Consumer.start}. */
export function createConsumer(options: ConsumerOptions): Consumer {
  return new Consumer(options)
}
