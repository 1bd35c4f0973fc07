import { setTimeout as delay } from 'node:timers/promises'
import { parseUpstream, type UpstreamAddress } from './address.ts'
import type { Background } from './background.ts'
import { HttpError } from './http.ts'
import { ServiceLists } from './listing.ts'
import type { ConsumerLimits, ConsumerOptions } from './options.ts'
import type { Surroundings, Upstream } from './repository.ts'
import { type Round, Rounds } from './rounds.ts'
import type { EventSource } from './source.ts'
import { Archive } from './sources/archive.ts'
import { Firehose } from './sources/firehose.ts'
import { Jetstream } from './sources/jetstream.ts'
import type { Feed, UpstreamStatus } from './upstream.ts'

/** Suffix of the store's cursor keys, see `Batch.cursors`. */
const CRAWL = '#crawl'
/** Of `crawledHosts`, the part that the hosts of one domain may take which ask to be read: names under one's own cost nothing. */
const SHARE = 1 / 10

const FULL = { ok: false, reason: 'too many hosts are read already' } as const

export interface UpstreamsOptions {
  readonly around: Surroundings
  readonly background: Background
  readonly consumer: ConsumerOptions
  readonly limits: ConsumerLimits
  readonly feed: (upstream: Upstream, source: EventSource) => Feed
  /** An upstream is not followed any more. */
  readonly onForgotten: (url: string) => void
}

/** Which services are followed: those of the configuration, hosts that ask for it, and hosts that relays list. */
export class Upstreams {
  readonly #options: UpstreamsOptions
  readonly #feeds = new Map<string, Feed>()
  readonly relays: Feed[] = []
  /** PDSes by origin. */
  readonly #hosts = new Map<string, Feed>()
  /** By URL; those whose kind is not known yet have no feed. */
  readonly #known = new Set<string>()
  /** Of those, the ones that did not answer yet which of the two they are: resolved once they were asked. */
  readonly #asked: Promise<void>[] = []
  /** Those that asked to be read: URL → domain. */
  readonly #crawled = new Map<string, string>()
  /** Relays by URL whose lists of hosts are gone through. */
  readonly #discovering: Rounds

  constructor(options: UpstreamsOptions) {
    this.#options = options
    this.#discovering = new Rounds(options.background)
  }

  get feeds(): Iterable<Feed> {
    return this.#feeds.values()
  }

  status(): UpstreamStatus[] {
    return [...this.#known].map(url => this.#feeds.get(url)?.status() ?? { url, connected: false })
  }

  /** Whether it is followed and lists what it has. */
  listing(url: string): boolean {
    const feed = this.#feeds.get(url)
    return feed !== undefined && feed.upstream.kind !== 'trusted'
  }

  /** Whether the PDS of that origin is followed. */
  isHost(origin: string): boolean {
    return this.#hosts.has(origin)
  }

  /** Whether a relay, or the PDS of that origin, is connected. */
  hears(host: string): boolean {
    return this.#hosts.get(host)?.isConnected === true || this.relays.some(({ isConnected }) => isConnected)
  }

  lists(origin: string): ServiceLists {
    return new ServiceLists(this.#options.around.http, origin)
  }

  /** @throws Error if the address may not be followed; see {@link parseUpstream} */
  parse(address: string): UpstreamAddress {
    const { allowLoopbackHttp = false } = this.#options.consumer
    return parseUpstream(address, { allowLoopbackHttp })
  }

  /** Follows the hosts that asked for it before the last end. */
  restore(cursors: ReadonlyMap<string, number>): void {
    for (const key of cursors.keys()) {
      if (!key.endsWith(CRAWL)) continue
      const url = key.slice(0, -CRAWL.length)
      // What the configuration names is followed for its sake.
      if (this.#known.has(url)) continue
      try {
        this.add(this.parse(url), 'pds')
        this.#crawled.set(url, domainOf(url))
      } catch (error) {
        // Allowed when it asked, and no longer: the configuration changed.
        this.#options.around.onError(error, { stage: 'connection', upstream: url })
      }
    }
  }

  /** Follows what the address names; whether it is a relay or a PDS is asked of it until it answers. */
  add(address: UpstreamAddress, kind?: 'relay' | 'pds'): void {
    const { url } = address
    if (this.#known.has(url)) return
    this.#known.add(url)
    if (address.kind !== 'firehose') return this.#followTrusted(address)
    const { origin } = address
    if (kind) return this.#followFirehose(url, origin, kind)
    const asked = Promise.withResolvers<void>()
    this.#asked.push(asked.promise)
    this.#options.background.run(
      async () => {
        this.#followFirehose(url, origin, await this.#kindOf(url, origin, asked.resolve))
        asked.resolve()
      },
      { stage: 'connection', upstream: url },
    )
  }

  /** Resolves when each was connected, or once could not be. */
  async tried(): Promise<void> {
    await Promise.all(this.#asked)
    await Promise.all([...this.relays, ...this.#hosts.values()].map(({ tried }) => tried))
  }

  /** Follows a source made by the caller. */
  follow(upstream: Upstream, source: EventSource): Feed {
    const { background, feed: make } = this.#options
    this.#known.add(upstream.url)
    const feed = make(upstream, source)
    this.#feeds.set(upstream.url, feed)
    if (upstream.kind === 'relay') this.relays.push(feed)
    if (upstream.kind === 'pds') this.#hosts.set(upstream.origin, feed)
    if (!background.signal.aborted) feed.start()
    return feed
  }

  /** Follows a PDS that asks for it, after a look at it, also after restarts. */
  async requestCrawl(host: string): Promise<{ ok: true } | { ok: false; reason: string }> {
    const { around, consumer } = this.#options
    const name = host.replace(/^https?:\/\//, '').replace(/\/+$/, '')
    let address: UpstreamAddress & { kind: 'firehose' }
    try {
      address = this.#hostAddress(name, consumer.allowLoopbackHttp ?? false)
    } catch (error) {
      return { ok: false, reason: (error as Error).message }
    }
    if (this.#known.has(address.url)) return { ok: true }
    const asked = this.#place(address.url)
    if (!asked.ok) return asked
    try {
      const kind = await this.lists(address.origin).kind(around.stopping)
      if (kind !== 'pds') return { ok: false, reason: `'${name}' does not answer as a PDS does` }
    } catch (error) {
      return { ok: false, reason: (error as Error).message }
    }
    const silent = await this.#silent(asked.leaving)
    // Others may have asked meanwhile.
    if (this.#known.has(address.url)) return { ok: true }
    const place = this.#place(address.url)
    if (!place.ok) return place
    if (place.leaving && place.leaving !== silent) return FULL
    if (place.leaving) this.#forget(place.leaving)
    this.#crawled.set(address.url, domainOf(address.url))
    around.writer.remember(address.url + CRAWL, around.now())
    this.add(address, 'pds')
    await around.writer.drained()
    return { ok: true }
  }

  /** Follows the hosts that a relay lists, as soon as it answers; a second wish while that goes on is another round after it. */
  discover(relay: Upstream): void {
    const context = { stage: 'hosts', upstream: relay.url }
    const onFailure = (error: unknown) => {
      if (error instanceof HttpError && [400, 404, 501].includes(error.status)) throw error
    }
    const work = async (round: Round) => {
      do {
        round.again = false
        await this.#persist(() => this.#discover(relay), context, onFailure)
      } while (round.again)
    }
    this.#discovering.begin(relay.url, work, context)
  }

  async #discover(relay: Upstream): Promise<void> {
    const { background, limits, consumer, around } = this.#options
    const options = { signal: background.signal, mostHosts: limits.crawledHosts }
    for await (const host of this.lists(relay.origin).hosts(options)) {
      let address: UpstreamAddress
      try {
        address = this.#hostAddress(host, consumer.allowLoopbackHttp ?? false)
      } catch {
        around.counters.add('hosts.unusable')
        continue
      }
      if (this.#known.has(address.url)) continue
      if (this.#known.size >= limits.crawledHosts) return around.counters.add('hosts.beyond-limit')
      around.counters.add('hosts.discovered')
      this.add(address, 'pds')
    }
  }

  /** The place of another host that asks: free, or that of one who leaves; or why there is none. */
  #place(url: string): { ok: true; leaving?: Feed } | { ok: false; reason: string } {
    const domain = domainOf(url)
    const isFull = this.#isFull()
    if (isFull && !this.#forsaken()) return FULL
    const isCrowded = this.#isCrowded(domain)
    if (!isFull && !isCrowded) return { ok: true }
    const leaving = this.#forsaken(isCrowded ? domain : undefined)
    return leaving
      ? { ok: true, leaving }
      : { ok: false, reason: `too many hosts of '${domain}' are read already` }
  }

  /** Asks it once more before it loses its place: who could hear nobody does not know who was silent. Undefined if it answers. */
  async #silent(feed: Feed | undefined): Promise<Feed | undefined> {
    if (!feed) return undefined
    const kind = await this.lists(feed.upstream.origin)
      .kind(this.#options.around.stopping)
      .catch(() => undefined)
    if (kind !== 'pds') return feed
    feed.heard()
    return undefined
  }

  #isFull(): boolean {
    return this.#known.size >= this.#options.limits.crawledHosts
  }

  #isCrowded(domain: string): boolean {
    let hosts = 0
    for (const other of this.#crawled.values()) if (other === domain) hosts++
    return hosts >= Math.ceil(this.#options.limits.crawledHosts * SHARE)
  }

  /** Of the hosts that asked to be read, of one domain or of all, the one that is away longest, if that is for long. */
  #forsaken(domain?: string): Feed | undefined {
    const { limits, around } = this.#options
    let longest: Feed | undefined
    let since = around.now() - limits.hostPatience
    for (const [url, other] of this.#crawled) {
      if (domain !== undefined && other !== domain) continue
      const feed = this.#feeds.get(url)
      if (feed?.awaySince === undefined || feed.awaySince > since) continue
      longest = feed
      since = feed.awaySince
    }
    return longest
  }

  /** It may ask again. */
  #forget(feed: Feed): void {
    const { around, background, onForgotten } = this.#options
    const { url, origin } = feed.upstream
    this.#crawled.delete(url)
    this.#known.delete(url)
    this.#feeds.delete(url)
    if (this.#hosts.get(origin) === feed) this.#hosts.delete(origin)
    around.counters.add('hosts.forgotten')
    around.writer.remember(url + CRAWL, -1)
    onForgotten(url)
    background.run(() => feed.forget(), { stage: 'connection', upstream: url })
  }

  #hostAddress(name: string, allowLoopbackHttp: boolean): UpstreamAddress & { kind: 'firehose' } {
    const local = allowLoopbackHttp && /^localhost(:\d+)?$/.test(name)
    const address = this.parse(`${local ? 'ws' : 'wss'}://${name}`)
    if (address.kind !== 'firehose') throw new Error(`'${name}' is no host`)
    return address
  }

  #followFirehose(url: string, origin: string, kind: 'relay' | 'pds'): void {
    this.follow({ url, origin, kind }, new Firehose(url, this.#connection()))
  }

  #followTrusted(address: Exclude<UpstreamAddress, { kind: 'firehose' }>): void {
    const { around, limits, consumer } = this.#options
    const { url } = address
    if (address.kind === 'jetstream') {
      const source = new Jetstream(address.endpoint, {
        ...this.#connection(),
        now: around.now,
        ...(consumer.collectionNames && { collectionNames: consumer.collectionNames }),
        ...(consumer.jetstreamDictionary && { dictionary: consumer.jetstreamDictionary }),
      })
      this.follow({ url, origin: address.origin, kind: 'trusted' }, source)
      return
    }
    const source = new Archive(address.folder, {
      collections: around.collections,
      ...(around.proofs && { proofs: around.proofs }),
      identities: around.identities,
      trusted: address.trusted,
      maxBytes: limits.repoBytes,
      now: around.now,
      minWait: limits.reconnectFrom,
      maxWait: limits.reconnectTo,
    })
    this.follow({ url, origin: '', kind: 'trusted' }, source)
  }

  #connection() {
    const { consumer, limits } = this.#options
    const { allowLoopbackHttp = false, userAgent } = consumer
    return {
      allowLoopbackHttp,
      ...(userAgent !== undefined && { userAgent }),
      minWait: limits.reconnectFrom,
      maxWait: limits.reconnectTo,
    }
  }

  #kindOf(url: string, origin: string, onFailure: () => void): Promise<'relay' | 'pds'> {
    const ask = () => this.lists(origin).kind(this.#options.background.signal)
    return this.#persist(ask, { stage: 'connection', upstream: url }, onFailure)
  }

  /** Asks a service that is away again and again, later each time. @param onFailure may throw where that is of no use */
  async #persist<T>(
    ask: () => Promise<T>,
    context: Record<string, unknown>,
    onFailure: (error: unknown) => void,
  ): Promise<T> {
    const { around, background, limits } = this.#options
    const { signal } = background
    for (let attempt = 0; ; attempt++) {
      try {
        return await ask()
      } catch (error) {
        onFailure(error)
        signal.throwIfAborted()
        const most = Math.min(limits.reconnectTo, limits.reconnectFrom * 2 ** Math.min(attempt, 20))
        const wait = Math.round(most * (0.5 + Math.random() / 2))
        around.onError(error, { ...context, retryIn: wait })
        await delay(wait, undefined, { signal })
      }
    }
  }
}

/** The last two labels of the host's name: whose it is, or the register that gave it out. */
function domainOf(url: string): string {
  return new URL(url).hostname.split('.').slice(-2).join('.')
}
