import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { type Listener, startListener } from '../listener.ts'
import { Crawler } from './crawler.ts'
import { DidHosts } from './did-hosts.ts'
import { Downstream } from './downstream.ts'
import { Faults, interleave, randomSource } from './faults.ts'
import type { Frame, RepoMessage } from './frames.ts'
import { checkHost, type HostPolicy, hostUrl, localHostsOnly } from './hosts.ts'
import { RelayStore, type Retention } from './store.ts'
import { Upstream, type UpstreamStatus } from './upstream.ts'
import { answer } from './xrpc.ts'

const MAX_HOSTS = 500

export interface RelayOptions {
  /** File of the relay's state; made if absent. */
  readonly path: string
  readonly plcUrl: string
  /** 0 or absent: `portBefore` if it is free, else any. */
  readonly port?: number
  readonly portBefore?: number
  readonly host?: string
  readonly retention?: Partial<Retention>
  /** Whether to subscribe to the hosts known from before at once; else when `resume` is called (true). */
  readonly resume?: boolean
  /** Which hosts may announce themselves; by default those on this machine only. */
  readonly accepts?: HostPolicy
  readonly log?: (line: string) => void
}

/** What the relay knows of a host. */
export interface HostStatus {
  readonly hostname: string
  readonly seq?: number
  readonly accountCount: number
  readonly status: UpstreamStatus
}

/** Why events were refused, with how many there were. */
export type Refusals = Readonly<Record<'malformed' | 'foreign' | 'stale', number>>

/** Starts a relay: it gathers the firehoses of the hosts that announce themselves into one log and serves that. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const server = createServer()
  const listener = await startListener(server, options.port, {
    before: options.portBefore,
    host: options.host,
  })
  const relay = new Relay(options, listener)
  server.on('request', (request, response) => void answer(relay, request, response))
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1_024 })
  server.on('upgrade', (request, socket, head) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://relay')
    if (pathname !== '/xrpc/com.atproto.sync.subscribeRepos') {
      socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n')
      return
    }
    const cursor = searchParams.get('cursor')
    if (cursor !== null && !/^\d{1,15}$/.test(cursor)) {
      socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, socket, head, webSocket => {
      relay.serve(webSocket, cursor === null ? undefined : Number(cursor))
    })
  })
  if (options.resume ?? true) relay.resume()
  return relay
}

type Pending = { host: string; message: RepoMessage }

export class Relay {
  readonly store: RelayStore
  readonly faults = new Faults()
  readonly #listener: Listener
  readonly #owners: DidHosts
  readonly #crawler: Crawler
  readonly #upstreams = new Map<string, Upstream>()
  readonly #downstreams = new Set<Downstream>()
  readonly #accepts: HostPolicy
  readonly #log: (line: string) => void
  readonly #refused = { malformed: 0, foreign: 0, stale: 0 }
  #connections = 0
  #held: Pending[] = []
  #heldTimer: NodeJS.Timeout | undefined
  #random: (() => number) | undefined
  readonly #stopping = new AbortController()

  constructor(options: RelayOptions, listener: Listener) {
    this.#listener = listener
    this.#accepts = options.accepts ?? localHostsOnly
    this.#log = options.log ?? (() => undefined)
    this.#owners = new DidHosts({ plcUrl: options.plcUrl, signal: this.#stopping.signal, log: this.#log })
    this.store = new RelayStore(options.path, { events: 500_000, hours: 72, ...options.retention })
    this.#crawler = new Crawler(
      this.store,
      async (did, hostname) => (await this.#owners.hostOf(did, { expected: hostname })) === hostname,
      this.#log,
    )
  }

  get port(): number {
    return this.#listener.port
  }

  /** For XRPC over HTTP. */
  get httpUrl(): string {
    return `http://localhost:${this.port}`
  }

  /** For subscriptions. */
  get url(): string {
    return `ws://localhost:${this.port}`
  }

  get refused(): Refusals {
    return { ...this.#refused }
  }

  /** Subscribes again to every host known from before. */
  resume(): void {
    for (const { hostname } of this.store.hosts()) this.#subscribe(hostname)
  }

  /**
   * What `com.atproto.sync.requestCrawl` does.
   * @throws XrpcFailure where the host may not be crawled or does not answer as a PDS does
   */
  async requestCrawl(hostname: string): Promise<void> {
    const known = this.#upstreams.get(hostname)
    if (known) {
      known.kick()
      return
    }
    await checkHost(hostname, this.#accepts, this.store.hosts().length < MAX_HOSTS)
    if (this.#stopping.signal.aborted) return
    this.store.addHost(hostname)
    this.#subscribe(hostname)
  }

  hosts(): HostStatus[] {
    return this.store.hosts().map(({ hostname, cursor }) => ({
      hostname,
      seq: cursor ?? undefined,
      accountCount: this.store.accountCount(hostname),
      status: this.#upstreams.get(hostname)?.status ?? 'offline',
    }))
  }

  /** Serves the log to a WebSocket. */
  serve(socket: import('ws').WebSocket, cursor: number | undefined): void {
    this.#connections += 1
    const downstream = new Downstream(
      socket,
      this.store,
      this.faults.forConnection(this.#connections),
      cursor,
    )
    this.#downstreams.add(downstream)
    socket.on('close', () => this.#downstreams.delete(downstream))
  }

  /** Forgets every event, as after a disk failure; with `restartSequence`, the sequence begins at 1 again. */
  loseLog({ restartSequence = false } = {}): void {
    this.store.loseLog(restartSequence)
  }

  /** Waits until the repositories of every connected host are listed and their collections known. */
  settled(): Promise<void> {
    return this.#crawler.idle()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    clearTimeout(this.#heldTimer)
    await this.#listener.close(0)
    await Promise.all([...this.#upstreams.values()].map(upstream => upstream.stop()))
    await this.#crawler.stop()
    this.#flush()
    this.store.close()
  }

  #subscribe(hostname: string): void {
    if (this.#upstreams.has(hostname)) return
    const url = hostUrl(hostname)
    const upstream = new Upstream(url, {
      cursor: () => this.store.host(hostname)?.cursor ?? null,
      connected: () => this.#crawler.crawl(hostname, url),
      malformed: reason => {
        this.#refused.malformed += 1
        this.#log(`relay: ${hostname}: malformed frame: ${reason}`)
      },
      failed: reason => {
        if (!this.#stopping.signal.aborted) this.#log(`relay: ${hostname}: ${reason}`)
      },
      frame: frame => this.#receive(hostname, frame),
    })
    this.#upstreams.set(hostname, upstream)
  }

  async #receive(hostname: string, frame: Frame): Promise<void> {
    switch (frame.kind) {
      case 'message':
        return this.#ingest(hostname, frame.message)
      case 'info':
        if (frame.name === 'OutdatedCursor') this.#crawler.crawl(hostname, hostUrl(hostname), true)
        return
      case 'error':
        this.#log(`relay: ${hostname}: ${frame.error}: ${frame.message ?? ''}`)
        // The host lost its log and counts anew: everything it still has is new.
        if (frame.error === 'FutureCursor') this.store.resetCursor(hostname)
        return
      case 'unknown':
        return
    }
  }

  async #ingest(host: string, message: RepoMessage): Promise<void> {
    const { did, type, rev } = message
    const news = type === '#account' || type === '#identity'
    const owner = await this.#owners.hostOf(did, { fresh: news, expected: host })
    // A DID that is gone names no host any more; the last one may still say that the account is.
    const farewell = owner === undefined && message.active === false && this.store.repo(did)?.host === host
    const owned = owner === host || farewell
    if (this.#stopping.signal.aborted) return
    if (!owned) return this.#refuse(host, message, 'foreign')
    const lastRev = this.#held.findLast(held => held.message.did === did && held.message.rev)?.message.rev
    const knownRev = lastRev ?? this.store.repo(did)?.logged
    if (rev && knownRev) {
      const stale = type === '#sync' ? rev < knownRev : rev <= knownRev
      if (stale) return this.#refuse(host, message, 'stale')
    }
    if (this.faults.reorder > 1) this.#hold({ host, message })
    else {
      this.#flush()
      this.#append([{ host, message }])
    }
  }

  #refuse(host: string, message: RepoMessage, reason: keyof Refusals): void {
    this.#refused[reason] += 1
    if (reason === 'foreign')
      this.#log(`relay: ${host} speaks for ${message.did}, whose PDS it is not: refused`)
    this.store.moveCursor(host, message.seq)
  }

  #append(events: readonly Pending[]): void {
    this.store.append(events)
    for (const { host, message } of events) this.#crawler.noticed(message, hostUrl(host))
    for (const downstream of this.#downstreams) downstream.notify()
  }

  #hold(event: Pending): void {
    this.#held.push(event)
    clearTimeout(this.#heldTimer)
    if (this.#held.length >= this.faults.reorder) this.#flush()
    else this.#heldTimer = setTimeout(() => this.#flush(), this.faults.reorderWaitMs)
  }

  #flush(): void {
    clearTimeout(this.#heldTimer)
    if (this.#held.length === 0) {
      if (this.faults.reorder <= 1) this.#random = undefined
      return
    }
    this.#random ??= randomSource(this.faults.seed)
    const events = interleave(this.#held, ({ message }) => message.did, this.#random)
    this.#held = []
    this.#append(events)
  }
}
