/** Which repositories are to be fetched again, and when: few at once, fewer per host, later after each failure. */

export interface ResyncQueueOptions {
  /** Fetches and applies; a rejection means: later again. */
  readonly run: (did: string) => Promise<'done' | 'host-failed' | 'failed'>
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
  /** Milliseconds since 1970 of the last run's end. */
  ended: number
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

  /** Asks for a resync; one that waits already takes it in, one that runs is followed by another. */
  add(did: string, host: string): void {
    if (this.#stopped) return
    const known = this.#entries.get(did)
    if (known) {
      if (known.running) known.again = true
      return
    }
    const entry: Entry = { did, host, attempts: 0, running: false, again: false, ended: 0 }
    this.#entries.set(did, entry)
    this.#ready(entry)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    for (const { timer } of this.#entries.values()) clearTimeout(timer)
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
    this.#host(entry.host).ready.push(entry)
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
    // A host that failed last is tried with one repository first.
    const most = host.failures > 0 ? 1 : this.#options.perHost
    while (host.ready.length > 0 && host.running < most && this.#running < this.#options.concurrency)
      this.#start(host.ready.shift()!, host)
    if (host.ready.length === 0 && host.running === 0 && host.failures === 0) this.#hosts.delete(name)
  }

  #start(entry: Entry, host: Host): void {
    entry.running = true
    host.running++
    this.#running++
    const run = this.#options
      .run(entry.did)
      .catch(() => 'failed' as const)
      .then(outcome => {
        entry.running = false
        host.running--
        this.#running--
        if (this.#stopped) return
        if (outcome === 'host-failed') {
          host.failures++
          host.notBefore = Date.now() + this.#wait(host.failures)
        } else if (outcome === 'done') host.failures = 0
        if (outcome === 'done' && !entry.again) this.#entries.delete(entry.did)
        else {
          // Asked for again while it ran: at once the first time, later if that goes on.
          const wait = outcome === 'done' && entry.attempts === 0 ? 0 : this.#wait(entry.attempts)
          entry.attempts++
          entry.again = false
          entry.timer = setTimeout(() => this.#ready(entry), wait)
        }
        this.#turn(entry.host)
        for (const name of this.#hosts.keys()) {
          if (this.#running >= this.#options.concurrency) break
          if (name !== entry.host) this.#turn(name)
        }
      })
    this.#active.add(run)
    void run.finally(() => this.#active.delete(run))
  }

  #wait(attempts: number): number {
    const most = Math.min(this.#options.maxWait, this.#options.minWait * 2 ** Math.min(attempts, 20))
    return most * (0.5 + Math.random() / 2)
  }
}
