import type { Index } from '@frost/index'
import type { AvailabilityHostRow, RawDistribution, Watched } from '@frost/index/availability'
import { LogFollower } from '@frost/index/log-follower'
import { HttpClient } from '@frost/sync/http'
import { Runner } from '../webhooks/runner.ts'
import { type Begun, isOfThisMachine, type LookTools, look, type Seen } from './look.ts'
import { placeOf } from './places.ts'
import { Robots } from './robots.ts'
import { Turns } from './turns.ts'
import { afterLook, hostAfterLook, type Pace } from './verdict.ts'

export interface HealthConfig extends Pace {
  /** Looks in a minute, at all hosts together; 0 for no limit. */
  readonly perMinute: number
  /** Hosts that are not asked, those below them included, nor followed to. */
  readonly skip: readonly string[]
}

export interface HealthServiceOptions extends HealthConfig {
  /** Plain http to this machine: in a local network. */
  readonly allowLoopbackHttp: boolean
  /** Names the operator to those who are asked. */
  readonly origin: string
  /** Whether anything beyond this machine can be reached, as far as others know. */
  readonly isOnline: () => boolean
  readonly onError: (error: unknown) => void
}

/** What robots.txt files call this. */
const AGENT = 'frost-health'
const AT_ONCE = 8
const UPDATES_A_BATCH = 500
const LONGEST_SLEEP = 60_000
/** Of this AppView's own. */
const AFTER_ERROR = 5000
/** That no host answered for so long means that this machine is cut off, not they. */
const CUT_OFF_AFTER = 600_000
/** Looks that wait to go on; beyond that the oldest begin anew. */
const MOST_BEGUN = 10_000

/**
 * Looks whether the places where data lies can be read: each once in an interval, each host at its pace, one at a time, as its
 * robots.txt allows. What is found, and when to look next, is kept in the database.
 */
export class HealthService {
  readonly #index: Index
  readonly #options: HealthServiceOptions
  readonly #http: HttpClient
  readonly #robots: Robots
  readonly #turns: Turns
  /** Looks that wait to go on, by place. */
  readonly #begun = new Map<string, Begun>()
  readonly #follower: LogFollower
  readonly #runner: Runner
  /** Hosts that are asked just now. */
  readonly #visits = new Map<string, Promise<void>>()
  #answeredAt = 0
  /** No look before this time, so that there are not too many in a minute. */
  #notBefore = 0

  constructor(index: Index, options: HealthServiceOptions) {
    this.#index = index
    this.#options = options
    this.#http = new HttpClient(
      { allowLoopbackHttp: options.allowLoopbackHttp },
      `${AGENT} (+${options.origin})`,
    )
    this.#robots = new Robots(this.#http, AGENT)
    this.#turns = new Turns(options.host)
    this.#runner = new Runner(() => this.#run(), options.onError)
    const { availability, updates } = index
    this.#follower = new LogFollower({
      updates,
      batch: UPDATES_A_BATCH,
      begin: async () => (await availability.position()) ?? availability.begin(updates, this.#watch),
      take: read => availability.take(read, this.#watch),
      onError: options.onError,
    })
    this.#follower.onTaken(() => this.#runner.wake())
  }

  /** Begins to look; returns at once. */
  start(): void {
    this.#follower.start()
    this.#runner.wake()
  }

  async stop(): Promise<void> {
    await this.#follower.close()
    await this.#runner.stop()
    await Promise.all(this.#visits.values())
    this.#http.close()
  }

  /** Throws nothing: what a stranger wrote must not hold up what others did. */
  readonly #watch = (distribution: RawDistribution): Watched | undefined => {
    try {
      return placeOf(distribution)
    } catch (error) {
      this.#options.onError(error)
      return undefined
    }
  }

  async #run(): Promise<void> {
    const early = this.#notBefore - Date.now()
    if (early > 0) return this.#runner.wakeIn(early)
    const free = AT_ONCE - this.#visits.size
    if (free === 0) return
    const now = Date.now()
    const hosts = await this.#index.availability.nextHosts(free, [...this.#visits.keys()])
    const due = hosts.filter(({ next_at }) => Date.parse(next_at) <= now)
    const { perMinute } = this.#options
    if (perMinute > 0) this.#notBefore = now + (due.length * 60_000) / perMinute
    for (const host of due) this.#begin(host)
    const next = hosts[due.length]
    if (next) this.#runner.wakeIn(Math.min(LONGEST_SLEEP, Date.parse(next.next_at) - now))
  }

  /** Visits a host; whoever is slow holds up no other. */
  #begin(host: AvailabilityHostRow): void {
    const visit = this.#visit(host)
      .catch(error => {
        this.#notBefore = Date.now() + AFTER_ERROR
        this.#options.onError(error)
      })
      .finally(() => {
        this.#visits.delete(host.host)
        this.#runner.wake()
      })
    this.#visits.set(host.host, visit)
  }

  async #visit({ host, failures }: AvailabilityHostRow): Promise<void> {
    const { availability } = this.#index
    const row = await availability.nextOf(host)
    const now = new Date().toISOString()
    const asBefore = { notBefore: now, failures }
    if (row === undefined) return availability.record({ place: '', host }, undefined, asBefore)
    if (row.next_at > now) return availability.record(row, { next_at: row.next_at }, asBefore)
    if (!(await availability.isNamed(row))) return availability.record(row, undefined, asBefore)
    const urls = JSON.parse(row.urls) as string[]
    this.#turns.book(host, this.#robots.delayOf(urls[0]!))
    const begun = this.#begun.get(row.place)
    this.#begun.delete(row.place)
    const seen = await this.#look(host, urls, begun)
    if (seen === undefined) return
    if (seen.kind === 'later' && seen.begun) this.#keep(row.place, seen.begun)
    const pace = hostAfterLook(failures, seen, this.#options, this.#robots.delayOf(urls[0]!), Date.now())
    await availability.record(row, afterLook(row, seen, this.#options, Date.now()), pace)
  }

  #keep(place: string, begun: Begun): void {
    this.#begun.set(place, begun)
    if (this.#begun.size > MOST_BEGUN) this.#begun.delete(this.#begun.keys().next().value!)
  }

  /** Undefined where this ends meanwhile; a silence that may be this machine's own is put off. */
  async #look(host: string, urls: readonly string[], begun: Begun | undefined): Promise<Seen | undefined> {
    const { signal } = this.#runner
    const { allowLoopbackHttp, retry, skip } = this.#options
    const skips = (name: string) => skip.some(parent => isBelow(name, parent))
    const tools: LookTools = {
      http: this.#http,
      robots: this.#robots,
      turns: this.#turns,
      guard: { allowLoopbackHttp },
      skips,
      signal,
    }
    try {
      const seen = await look(urls, tools, begun)
      const isHere = isOfThisMachine(host)
      const isSilent = seen.kind === 'failing' && seen.silent
      if (!isHere && !isSilent && seen.kind !== 'unchecked') this.#answeredAt = Date.now()
      return isSilent && !isHere && !this.#isOnline() ? { kind: 'later', wait: retry } : seen
    } catch (error) {
      if (signal.aborted) return undefined
      throw error
    }
  }

  #isOnline(): boolean {
    return this.#options.isOnline() || Date.now() - this.#answeredAt < CUT_OFF_AFTER
  }
}

function isBelow(host: string, parent: string): boolean {
  const name = host.replace(/:\d+$/, '')
  return host === parent || name === parent || name.endsWith(`.${parent}`)
}
