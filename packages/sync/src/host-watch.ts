/** Which hosts still answer: the accounts of one that is gone for good stay as they are, and are marked as archived. */
import type { Background } from './background.ts'
import { type HttpClient, HttpError, isLoopbackName } from './http.ts'
import { inParallel } from './in-parallel.ts'
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
  /** Origins of the services that are heard now beside the hosts: who hears nobody does not know who is silent. */
  readonly heard: () => readonly string[]
  /** A host has answered; a host is gone, called in each round since not everybody can be asked at any time. */
  readonly onHeard: (host: string) => Promise<void>
  readonly onGone: (host: string) => Promise<void>
}

export class HostWatch {
  readonly #options: HostWatchOptions
  readonly #gone = new Set<string>()
  /** Milliseconds since 1970 of the newest commit of each host. */
  readonly #commits = new Map<string, number>()
  #running = false

  constructor(options: HostWatchOptions) {
    this.#options = options
  }

  /**
   * Begins with what was remembered, looks at once, and from time to time. Silence begins anew: nobody listened since the last look.
   */
  async start(): Promise<void> {
    const { store, background, every } = this.#options
    const known = await store.hosts()
    for (const { host, isGone } of known) if (isGone) this.#gone.add(host)
    await store.remember(known.flatMap(unheard))
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
      const { store, background, heard, onHeard, onGone } = this.#options
      const known = await store.hosts()
      const there: HostState[] = []
      const silent: HostState[] = []
      await inParallel(known, async before => {
        background.signal.throwIfAborted()
        const state = await this.#look(before)
        if (state) there.push(state)
        else silent.push(before)
      })
      const signs = [...heard(), ...there.map(({ host }) => host)]
      const away = silent.flatMap(before =>
        isBeyond(signs, before.host) ? this.#silence(before) : unheard(before),
      )
      await store.remember([...there, ...away])
      for (const { host, isGone } of [...there, ...away]) this.#gone[isGone ? 'add' : 'delete'](host)
      for (const { host } of there) await onHeard(host)
      for (const { host, isGone } of away) if (isGone) await onGone(host)
    } finally {
      this.#running = false
    }
  }

  /** What is known of the host now; undefined if it does not answer. */
  async #look(before: HostState): Promise<HostState | undefined> {
    const { now, every } = this.#options
    const { host, silentSince } = before
    const wrote = this.#commits.get(host)
    if (silentSince === undefined && wrote !== undefined && now() - wrote < every)
      return { host, heardAt: later(before.heardAt, wrote), isGone: false }
    if (await this.#answers(host)) return { host, heardAt: new Date(now()).toISOString(), isGone: false }
    return undefined
  }

  /** The host does not answer while others do. */
  #silence({ host, heardAt, silentSince }: HostState): HostState {
    const { now, patience } = this.#options
    const wrote = this.#commits.get(host)
    const since = silentSince ?? new Date(now()).toISOString()
    return {
      host,
      ...((heardAt ?? wrote) !== undefined && { heardAt: later(heardAt, wrote) }),
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

/** Whether what is heard says that a host could be: what is on this machine says so only of what is on it too. */
function isBeyond(signs: readonly string[], host: string): boolean {
  const isHere = (origin: string) => isLoopbackName(new URL(origin).hostname)
  return signs.some(sign => isHere(host) || !isHere(sign))
}

/** A silence that nobody could hear is none, unless the host is gone already. */
function unheard({ silentSince, ...host }: HostState): readonly HostState[] {
  return silentSince === undefined || host.isGone ? [] : [host]
}

function later(heardAt: string | undefined, wrote: number | undefined): string {
  return new Date(Math.max(heardAt === undefined ? 0 : Date.parse(heardAt), wrote ?? 0)).toISOString()
}
