import { setMaxListeners } from 'node:events'
import { unlessAborted } from './aborted.ts'
import { Background } from './background.ts'
import { Beginning } from './beginning.ts'
import { Budget } from './budget.ts'
import { Counters } from './counters.ts'
import { isDid } from './frame.ts'
import { createHandleResolver } from './handle.ts'
import { HostSweeps } from './host-sweeps.ts'
import { HostWatch } from './host-watch.ts'
import { HttpClient } from './http.ts'
import { IdentityError, IdentityResolver } from './identity.ts'
import { inParallel } from './in-parallel.ts'
import { Looks } from './looks.ts'
import { type ConsumerLimits, type ConsumerOptions, DEFAULT_LIMITS } from './options.ts'
import { Repositories } from './repositories.ts'
import { Repository, type Surroundings, type Upstream } from './repository.ts'
import { ResyncQueue } from './resync-queue.ts'
import type { PublicKey } from './signature.ts'
import { PdsClient } from './snapshot.ts'
import type { EventSource } from './source.ts'
import type { BundleFile } from './sources/bundles.ts'
import { Sweeps } from './sweeps.ts'
import { Feed, type UpstreamStatus } from './upstream.ts'
import { Upstreams } from './upstreams.ts'
import { Writer } from './writer.ts'

export interface ConsumerStatus {
  readonly upstreams: readonly UpstreamStatus[]
  /** Messages received and not yet stored. */
  readonly queued: number
  /** Repositories that wait to be fetched or are being fetched. */
  readonly resyncing: number
  /** Counts by outcome since the start, e.g. `verified`, `rejected.signature`. */
  readonly counters: Readonly<Record<string, number>>
}

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
  readonly #background: Background
  readonly #sweeps: Sweeps
  readonly #looks: Looks
  readonly #upstreams: Upstreams
  readonly #hosts: HostWatch | undefined
  /** Hosts whose accounts are being asked for. */
  readonly #asking = new Set<string>()
  /** Bytes of what hosts said that is under way. */
  readonly #hostsOpen: Budget
  readonly #repositories: Repositories<Repository>
  readonly #beginning: Beginning
  #cursors = new Map<string, number>()

  constructor(options: ConsumerOptions) {
    this.#options = options
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits }
    const limits = this.#limits
    const allowLoopbackHttp = options.allowLoopbackHttp ?? false
    const onError = options.onError ?? (() => undefined)
    const now = options.now ?? Date.now
    const { signal } = this.#stopping
    this.#http = new HttpClient({ allowLoopbackHttp }, options.userAgent)
    this.#identities = new IdentityResolver({
      http: this.#http,
      allowLoopbackHttp,
      plcUrl: (options.plcUrl ?? 'https://plc.directory').replace(/\/+$/, ''),
      handleResolver: createHandleResolver(this.#http, { allowLoopbackHttp }),
      now,
    })
    const { store } = options
    this.#writer = new Writer({
      store,
      onApplied: batch => {
        this.#hosts?.heard(batch)
        options.onApplied?.(batch)
      },
      onError,
      onSetAside: () => this.#counters.add('set-aside'),
    })
    this.#resyncs = new ResyncQueue({
      run: (did, host) => this.#repository(did).resync(host),
      concurrency: limits.resyncs,
      perHost: limits.resyncsPerHost,
      minWait: limits.retryFrom,
      maxWait: limits.retryTo,
    })
    this.#around = {
      store,
      writer: this.#writer,
      identities: this.#identities,
      http: this.#http,
      resyncs: this.#resyncs,
      counters: this.#counters,
      collections: options.collections,
      proofs: options.proofs,
      hears: host => this.#upstreams.hears(host),
      isGone: host => this.#hosts?.isGone(host) ?? false,
      now,
      maxRepoBytes: limits.repoBytes,
      pace: { rate: limits.fetchRate, patience: limits.fetchPatience },
      onError,
      stopping: signal,
      waiting: new Budget(limits.waitingBytes),
      memory: new Budget(limits.fetchingBytes),
    }
    this.#repositories = new Repositories(limits.repositories, did => new Repository(did, this.#around))
    this.#hostsOpen = new Budget(limits.hostsOpenBytes)
    this.#background = new Background(signal, onError)
    this.#upstreams = new Upstreams({
      around: this.#around,
      background: this.#background,
      consumer: options,
      limits,
      feed: (upstream, source) => this.#feed(upstream, source),
      onForgotten: url => {
        this.#cursors.delete(url)
        this.#sweeps.forget(url)
      },
    })
    this.#hosts =
      options.hosts &&
      new HostWatch({
        store: options.hosts,
        http: this.#http,
        background: this.#background,
        every: limits.hostEvery,
        patience: limits.hostPatience,
        now,
        heard: () =>
          [...this.#upstreams.feeds].flatMap(({ isConnected, upstream }) =>
            isConnected && URL.canParse(upstream.origin) ? upstream.origin : [],
          ),
        onHeard: host => this.#unconfirmed(host, repository => repository.hostHeard()),
        onGone: host => this.#unconfirmed(host, repository => repository.hostGone()),
      })
    this.#sweeps = new Sweeps({
      background: this.#background,
      writer: this.#writer,
      now,
      onError,
      every: limits.sweepEvery,
      lists: url => this.#upstreams.listing(url),
      optionsFor: ({ upstream }) => ({
        upstream,
        lists: this.#upstreams.lists(upstream.origin),
        identities: this.#identities,
        counters: this.#counters,
        collectionNames: options.collectionNames ?? [],
        collections: options.collections,
        repository: did => this.#repository(did),
        mostRepos: limits.listedRepos,
      }),
    })
    this.#looks = new Looks({
      sweeps: this.#sweeps,
      upstreams: this.#upstreams,
      discoverHosts: options.discoverHosts ?? false,
    })
    this.#beginning = new Beginning({
      around: this.#around,
      limits,
      upstreams: this.#upstreams,
      feed: (upstream, source) => this.#feed(upstream, source),
      repository: did => this.#repository(did),
    })
    // Repositories, queue and sweeps all listen for the end.
    setMaxListeners(0, signal)
  }

  /**
   * Takes up where the store says it was. Resolves once that is read; services that are away are tried again and again.
   * @throws Error if an upstream's address is none, or may not be talked to
   */
  async start(): Promise<void> {
    const { store, upstreams } = this.#options
    const addresses = upstreams.map(text => this.#upstreams.parse(text))
    this.#cursors = new Map(await store.cursors())
    const unfinished = await this.#beginning.begin(store.unfinished())
    this.#writer.restore(this.#cursors)
    this.#sweeps.restore(this.#cursors)
    for (const address of addresses) this.#upstreams.add(address)
    this.#upstreams.restore(this.#cursors)
    await this.#hosts?.start()
    this.#beginning.resume(
      unfinished,
      addresses.some(({ kind, url }) => kind === 'firehose' && !this.#cursors.has(url)),
    )
    this.#background.every(this.#limits.sweepEvery, () => this.#looks.all())
    this.#sweepHosts()
    this.#background.every(this.#limits.purgeEvery, () =>
      this.#background.run(() => this.#purge(), { stage: 'purge' }),
    )
  }

  /**
   * Takes in what another service gives, before `start`: every repository is verified, and is compared with its own host once the
   * upstreams are heard (`caughtUp`), so that an old state cannot bring back what was deleted since. Resolves when all is stored; called
   * again after an interruption it goes on where it was.
   * @param url names the snapshot, and its cursor in the store
   * @returns how many repositories were taken in, and how many refused (`onError` says why)
   * @throws SnapshotError, or what reading a file threw
   */
  async seed(url: string, files: readonly BundleFile[]): Promise<{ taken: number; refused: number }> {
    this.#cursors = new Map(await this.#options.store.cursors())
    return this.#beginning.seed(url, files)
  }

  /** Resolves when all that was unfinished at `start` was compared with its own host, or the host could not be reached. */
  caughtUp(): Promise<void> {
    return this.#beginning.caughtUp()
  }

  /** Reads no more, stores what is queued with its cursor, and ends. */
  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return
    await Promise.all([...this.#upstreams.feeds].map(feed => feed.stop()))
    this.#stopping.abort()
    await this.#resyncs.stop()
    await this.#background.ended()
    try {
      await this.#writer.close()
    } finally {
      this.#http.close()
    }
  }

  /** How far it is, and what came of what it read. */
  status(): ConsumerStatus {
    let queued = this.#writer.queued
    for (const feed of this.#upstreams.feeds) queued += feed.open
    const upstreams = this.#upstreams
      .status()
      .map(status => (this.#sweeps.hasMissed(status.url) ? { ...status, missed: true as const } : status))
    return { upstreams, queued, resyncing: this.#resyncs.size, counters: this.#counters.all() }
  }

  /**
   * A PDS asks to be read. It is looked at first, and remembered over restarts.
   * @param host `pds.example.org`, or in a local network `localhost:2583`
   */
  requestCrawl(host: string): Promise<{ ok: true } | { ok: false; reason: string }> {
    return this.#upstreams.requestCrawl(host)
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

  /**
   * Where an account streams labels, and the key that signs them.
   * @param refresh fetches the DID document anew
   * @throws IdentityError if the DID cannot be resolved or is no labeler
   */
  async labeler(did: string, refresh = false): Promise<{ readonly origin: string; readonly key: PublicKey }> {
    const { labeler } = await this.#identities.resolve(did, refresh ? 0 : undefined)
    if (!labeler) throw new IdentityError('invalid', `the document of '${did}' names no labeler with a key`)
    return labeler
  }

  /**
   * The value of a record as the account's PDS gives it, its signature not checked: for what is shown and not kept.
   * @returns undefined where there is no such record, or no PDS
   * @throws IdentityError, HttpError
   */
  async recordOf(did: string, collection: string, rkey: string): Promise<unknown> {
    const { pds } = await this.#identities.resolve(did)
    return pds === undefined ? undefined : new PdsClient(this.#http, pds).record(did, collection, rkey)
  }

  /** The account's handle, checked both ways. @throws IdentityError, HandleError */
  async handleOf(did: string): Promise<string | undefined> {
    return this.#identities.handle(await this.#identities.resolve(did))
  }

  /** Compares with what every upstream lists, now. */
  sweepNow(): void {
    this.#looks.all()
  }

  /**
   * Follows a source of your own, after `start`; its cursor is kept under the upstream's `url`. The words of a `trusted` one count
   * for every account, those of a `pds` for the accounts whose DID documents name its `origin`.
   */
  follow(upstream: Upstream, source: EventSource): Feed {
    return this.#upstreams.follow(upstream, source)
  }

  #sweepHosts(): void {
    const { hosts } = this.#options
    if (!hosts) return
    new HostSweeps({
      hosts,
      around: this.#around,
      background: this.#background,
      upstreams: this.#upstreams,
      sweeps: this.#sweeps,
      repository: did => this.#repository(did),
      limits: this.#limits,
    }).start()
  }

  #feed(upstream: Upstream, source: EventSource): Feed {
    const feed: Feed = new Feed({
      upstream,
      source,
      cursor: this.#cursors.get(upstream.url),
      writer: this.#writer,
      counters: this.#counters,
      collections: this.#options.collections,
      openMessages: this.#limits.openMessages,
      openBytes: this.#limits.openBytes,
      // Strangers' hosts share, so that their number multiplies nothing; the few relays take nothing away from each other.
      ...(upstream.kind === 'pds' && { shared: this.#hostsOpen }),
      deliver: (did, delivery) => this.#heard(did).deliver(delivery),
      garbled: (did, from, mark) => this.#heard(did).garbled(from, mark),
      trusted: (event, mark) => this.#heard(event.did).trusted(event, mark),
      restore: (snapshot, mark, isOld) => {
        this.#heard(snapshot.did).restore(snapshot, mark, isOld)
        if (isOld) this.#beginning.restored(snapshot)
      },
      found: (did, mark) => this.#repository(did).found(mark),
      onGap: (gapped, kind) => this.#looks.gap(gapped, kind),
      onError: this.#around.onError,
      now: this.#around.now,
    })
    // Without a cursor its list is gone through as soon as it is connected.
    if (upstream.kind !== 'trusted' && this.#cursors.has(upstream.url)) this.#looks.resume(feed)
    return feed
  }

  /** The repository of which something was heard. */
  #heard(did: string): Repository {
    this.#beginning.heard(did)
    return this.#repository(did)
  }

  #repository(did: string): Repository {
    return this.#repositories.get(did)
  }

  /** Those of a host's accounts of which it was said that they are gone, and nobody who must know was asked. */
  async #unconfirmed(host: string, each: (repository: Repository) => Promise<void>): Promise<void> {
    if (this.#asking.has(host)) return
    const inactive = await this.#options.store.inactive(host)
    const unconfirmed = inactive.filter(({ isConfirmed }) => !isConfirmed)
    if (unconfirmed.length === 0) return
    this.#asking.add(host)
    // A host that is slow to answer for many does not hold up what is known of others.
    this.#background.run(
      () =>
        inParallel(unconfirmed, ({ did }) =>
          unlessAborted(this.#stopping.signal, each(this.#repository(did))),
        ).finally(() => this.#asking.delete(host)),
      { stage: 'hosts', host },
    )
  }

  async #purge(): Promise<void> {
    const before = new Date(this.#around.now() - this.#limits.deletionGrace).toISOString()
    for (const { did } of await this.#options.store.deleted(before)) {
      await this.#repository(did).purgeIfConfirmed(before)
    }
  }
}

/** Makes a consumer; it does nothing before {@link Consumer.start}. */
export function createConsumer(options: ConsumerOptions): Consumer {
  return new Consumer(options)
}
