/** Which hosts still answer: the accounts of one that is gone for good stay as they are, and are marked as archived. */
import type { Background } from './background.ts'
import { type HttpClient, HttpError } from './http.ts'
import type { Batch } from './store.ts'
import { tidMicroseconds } from './tid.ts'

/** What is known of one host. Times are ISO 8601. */
export interface HostState {
  /** Origin, e.g. `https://pds.example.org`. */
  readonly host: string
  /** The last time that it answered, or that a commit was made at it. */
  readonly heardAt?: string
  /** Since when it has not answered; absent while it does. */
  readonly silentSince?: string
  /** It has been silent for longer than is waited. */
  readonly isGone: boolean
}

/** Where it is remembered which hosts answer. */
export interface HostStore {
  /** Every host that tracked accounts live at, with what was remembered of it. */
  hosts(): Promise<readonly HostState[]>
  remember(states: readonly HostState[]): Promise<void>
}

export interface HostWatchOptions {
  readonly store: HostStore
  readonly http: Pick<HttpClient, 'json'>
  readonly background: Background
  /** Milliseconds between two rounds, and of silence after which a host is gone. */
  readonly every: number
  readonly patience: number
  readonly now: () => number
  /** Whether anything at all is heard of the network: who hears nobody does not know who is silent. */
  readonly isConnected: () => boolean
  /** A host has answered; a host is gone from now on. */
  readonly onHeard: (host: string) => Promise<void>
  readonly onGone: (host: string) => Promise<void>
}

/** Hosts asked at once: nobody waits for it. */
const WIDTH = 8

export class HostWatch {
  readonly #options: HostWatchOptions
  readonly #gone = new Set<string>()
  /** Milliseconds since 1970 of the newest commit of each host. */
  readonly #commits = new Map<string, number>()
  #running = false

  constructor(options: HostWatchOptions) {
    this.#options = options
  }

  /** Begins with what was remembered, looks at once, and from time to time. */
  async start(): Promise<void> {
    const { store, background, every } = this.#options
    for (const { host, isGone } of await store.hosts()) if (isGone) this.#gone.add(host)
    const round = () => background.run(() => this.round(), { stage: 'hosts' })
    round()
    background.every(every, round)
  }

  /** Whether the host is gone for good, as far as can be told. */
  isGone(host: string): boolean {
    return this.#gone.has(host)
  }

  /** A commit says when its host was there. */
  heard({ repos }: Batch): void {
    for (const { host, rev } of repos) {
      if (host === '' || rev === undefined) continue
      const time = Math.min(tidMicroseconds(rev) / 1000, this.#options.now())
      if (time > (this.#commits.get(host) ?? 0)) this.#commits.set(host, time)
    }
  }

  /** Asks every host once whether it is there. */
  async round(): Promise<void> {
    if (this.#running) return
    this.#running = true
    try {
      const { store, background, onHeard, onGone } = this.#options
      const known = await store.hosts()
      const states: HostState[] = []
      const queue = known[Symbol.iterator]()
      await Promise.all(
        Array.from({ length: Math.min(WIDTH, known.length) }, async () => {
          for (const before of queue) {
            background.signal.throwIfAborted()
            const state = await this.#look(before)
            if (state) states.push(state)
          }
        }),
      )
      await store.remember(states)
      for (const { host, silentSince, isGone } of states) {
        if (!isGone) {
          this.#gone.delete(host)
          if (silentSince === undefined) await onHeard(host)
        } else if (!this.#gone.has(host)) {
          this.#gone.add(host)
          await onGone(host)
        }
      }
    } finally {
      this.#running = false
    }
  }

  /** What is known of the host now; undefined where nothing can be said. */
  async #look(before: HostState): Promise<HostState | undefined> {
    const { now, every, patience, isConnected } = this.#options
    const { host, silentSince } = before
    const wrote = this.#commits.get(host)
    if (silentSince === undefined && wrote !== undefined && now() - wrote < every)
      return { host, heardAt: later(before.heardAt, wrote), isGone: false }
    if (await this.#answers(host)) return { host, heardAt: new Date(now()).toISOString(), isGone: false }
    if (!isConnected()) return undefined
    const since = silentSince ?? new Date(now()).toISOString()
    return {
      host,
      ...((before.heardAt ?? wrote) !== undefined && { heardAt: later(before.heardAt, wrote) }),
      silentSince: since,
      isGone: now() - Date.parse(since) >= patience,
    }
  }

  async #answers(host: string): Promise<boolean> {
    const { http, background } = this.#options
    try {
      const answer = await http.json(`${host}/xrpc/com.atproto.server.describeServer`, {
        maxBytes: 100_000,
        total: 15_000,
        signal: background.signal,
      })
      // A name that somebody else has taken over answers too, with pages.
      return typeof (answer as { did?: unknown } | null)?.did === 'string'
    } catch (error) {
      background.signal.throwIfAborted()
      return error instanceof HttpError && error.status === 429
    }
  }
}

function later(heardAt: string | undefined, wrote: number | undefined): string {
  return new Date(Math.max(heardAt === undefined ? 0 : Date.parse(heardAt), wrote ?? 0)).toISOString()
}
