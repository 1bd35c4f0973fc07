/** Which repositories are to be fetched again, and when: few at once, fewer per host, later after each failure. */

export type ResyncOutcome =
  | { readonly kind: 'done' | 'failed' }
  /** The host is at fault: its other repositories wait as well. */
  | { readonly kind: 'host-failed' }
  /** The repository lives on another host: it is fetched from there, in turn. */
  | { readonly kind: 'elsewhere'; readonly host: string }

export interface ResyncQueueOptions {
  /** Fetches from the host and applies; a rejection means: later again. */
  readonly run: (did: string, host: string) => Promise<ResyncOutcome>
  readonly concurrency: number
  readonly perHost: number
  /** Milliseconds before the second attempt; doubles up to `maxWait`. */
  readonly minWait: number
  readonly maxWait: number
}

interface Entry {
  readonly did: string
  host: string
  attempts: number
  running: boolean
  /** Asked for once more while it ran. */
  again: boolean
  timer?: NodeJS.Timeout
  /** Resolves when it was tried once, or its host could not be reached. */
  readonly tried: PromiseWithResolvers<void>
}

interface Host {
  readonly ready: Entry[]
  running: number
  failures: number
  /** Milliseconds since 1970 before which the host is left alone. */
  notBefore: number
  timer?: NodeJS.Timeout
}

export class ResyncQueue {
  readonly #options: ResyncQueueOptions
  readonly #entries = new Map<string, Entry>()
  readonly #hosts = new Map<string, Host>()
  #running = 0
  #stopped = false
  readonly #active = new Set<Promise<void>>()

  constructor(options: ResyncQueueOptions) {
    this.#options = options
  }

  /** Repositories that wait or run. */
  get size(): number {
    return this.#entries.size
  }

  has(did: string): boolean {
    return this.#entries.has(did)
  }

  /**
   * Asks for a resync; one that waits already takes it in, one that runs is followed by another.
   * @param attempts how many there were to no avail: the next comes later after each
   */
  add(did: string, host: string, attempts = 0): void {
    if (this.#stopped) return
    const known = this.#entries.get(did)
    if (known) {
      if (known.running) known.again = true
      known.attempts = Math.max(known.attempts, attempts)
      return
    }
    const entry: Entry = {
      did,
      host,
      attempts,
      running: false,
      again: false,
      tried: Promise.withResolvers(),
    }
    this.#entries.set(did, entry)
    if (attempts === 0) this.#ready(entry)
    else entry.timer = setTimeout(() => this.#ready(entry), this.#wait(attempts - 1))
  }

  /** The repository lives elsewhere now: if it waits, it waits no longer, since its former host may have been what failed. */
  moved(did: string, host: string): void {
    const entry = this.#entries.get(did)
    // Where no host is known yet, the directory is about to be asked.
    if (!entry || entry.running || entry.host === host || entry.host === '' || this.#stopped) return
    clearTimeout(entry.timer)
    const ready = this.#hosts.get(entry.host)?.ready ?? []
    const place = ready.indexOf(entry)
    if (place >= 0) ready.splice(place, 1)
    entry.host = host
    this.#ready(entry)
  }

  /** Resolves when each that waits now was tried once, or its host could not be reached. */
  async tried(): Promise<void> {
    await Promise.all(Array.from(this.#entries.values(), ({ tried }) => tried.promise))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    for (const { timer, tried } of this.#entries.values()) {
      clearTimeout(timer)
      tried.resolve()
    }
    for (const { timer } of this.#hosts.values()) clearTimeout(timer)
    await Promise.allSettled(this.#active)
  }

  #host(name: string): Host {
    let host = this.#hosts.get(name)
    if (!host) {
      host = { ready: [], running: 0, failures: 0, notBefore: 0 }
      this.#hosts.set(name, host)
    }
    return host
  }

  #ready(entry: Entry): void {
    const host = this.#host(entry.host)
    host.ready.push(entry)
    if (host.failures > 0) entry.tried.resolve()
    this.#turn(entry.host)
  }

  #turn(name: string): void {
    if (this.#stopped) return
    const host = this.#host(name)
    const wait = host.notBefore - Date.now()
    if (wait > 0) {
      host.timer ??= setTimeout(() => {
        host.timer = undefined
        this.#turn(name)
      }, wait)
      return
    }
    // A host that failed last is tried with one repository first. Without a host there is only a directory to be asked.
    const { perHost, concurrency } = this.#options
    const most = name === '' ? concurrency : host.failures > 0 ? 1 : perHost
    while (host.ready.length > 0 && host.running < most && this.#running < this.#options.concurrency)
      this.#start(host.ready.shift()!, host)
    if (host.ready.length === 0 && host.running === 0 && host.failures === 0) this.#hosts.delete(name)
  }

  #start(entry: Entry, host: Host): void {
    entry.running = true
    host.running++
    this.#running++
    const run = this.#options
      .run(entry.did, entry.host)
      .catch((): ResyncOutcome => ({ kind: 'failed' }))
      .then(outcome => {
        entry.running = false
        host.running--
        this.#running--
        if (!this.#stopped) this.#ended(entry, host, outcome)
      })
    this.#active.add(run)
    void run.finally(() => this.#active.delete(run))
  }

  #ended(entry: Entry, host: Host, outcome: ResyncOutcome): void {
    const from = entry.host
    if (outcome.kind === 'elsewhere') {
      entry.host = outcome.host
      this.#ready(entry)
    } else {
      const done = outcome.kind === 'done'
      entry.tried.resolve()
      if (done) host.failures = 0
      else if (outcome.kind === 'host-failed') {
        host.notBefore = Date.now() + this.#wait(++host.failures)
        for (const { tried } of host.ready) tried.resolve()
      }
      if (done && !entry.again) this.#entries.delete(entry.did)
      else {
        // Asked for again while it ran: at once the first time, later if that goes on.
        const wait = done && entry.attempts === 0 ? 0 : this.#wait(entry.attempts)
        entry.attempts++
        entry.again = false
        entry.timer = setTimeout(() => this.#ready(entry), wait)
      }
    }
    this.#turn(from)
    for (const name of this.#hosts.keys()) {
      if (this.#running >= this.#options.concurrency) break
      if (name !== from) this.#turn(name)
    }
  }

  #wait(attempts: number): number {
    const most = Math.min(this.#options.maxWait, this.#options.minWait * 2 ** Math.min(attempts, 20))
    return most * (0.5 + Math.random() / 2)
  }
}
