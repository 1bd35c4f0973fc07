import { setTimeout as delay } from 'node:timers/promises'
import type { Background } from './background.ts'
import type { Upstream } from './repository.ts'
import { type Round, Rounds } from './rounds.ts'
import { type SweepOptions, sweep } from './sweep.ts'
import type { Feed } from './upstream.ts'
import type { Writer } from './writer.ts'

/** Suffix of the store's cursor keys, see `Batch.cursors`. */
const LISTED = '#listed'
const MISSED = '#missed'
/** Milliseconds between two rounds through one service's list, however often it gives cause for one. */
const BETWEEN_ROUNDS = 1000

export interface SweepsOptions {
  readonly background: Background
  readonly writer: Writer
  readonly now: () => number
  readonly onError: (error: unknown, context: Record<string, unknown>) => void
  /** Milliseconds after which a list is gone through again. */
  readonly every: number
  /** Whether the upstream is followed and lists what it has. */
  readonly lists: (url: string) => boolean
  /** All that a sweep of the feed's service needs, but what is to be compared, and until when. */
  readonly optionsFor: (feed: Feed) => Omit<SweepOptions, 'compareHeads' | 'signal'>
}

/** When each upstream's list is gone through: at the first connection, after a gap, and from time to time; one round at a time. */
export class Sweeps {
  readonly #options: SweepsOptions
  readonly #rounds: Rounds
  /** When each upstream, by URL, was last listed whole: milliseconds since 1970. */
  readonly #listed = new Map<string, number>()
  /** Upstreams by URL that have missed events: what they list tells which, or a relay of those that list nothing. */
  readonly #missed = new Set<string>()

  constructor(options: SweepsOptions) {
    this.#options = options
    this.#rounds = new Rounds(options.background)
  }

  /** Takes from the stored cursors what was listed before. */
  restore(cursors: ReadonlyMap<string, number>): void {
    for (const [key, value] of cursors) {
      if (key.endsWith(LISTED)) this.#listed.set(key.slice(0, -LISTED.length), value)
      if (key.endsWith(MISSED)) this.#missed.add(key.slice(0, -MISSED.length))
    }
  }

  /** Remembers, over restarts too, that the upstream has missed events, until heads were compared. */
  miss(url: string): void {
    this.#missed.add(url)
    this.#options.writer.remember(url + MISSED, this.#options.now())
  }

  /** The upstream is not followed any more. */
  forget(url: string): void {
    this.#listed.delete(url)
    this.#missed.delete(url)
    for (const suffix of [LISTED, MISSED]) this.#options.writer.remember(url + suffix, -1)
  }

  /** Whether the upstream has missed events that no sweep has looked for. */
  hasMissed(url: string): boolean {
    return this.#missed.has(url)
  }

  /** Whether a look was begun and not ended, or the last one is long ago: nothing of that is lost with the process. */
  isDue(upstream: Upstream): boolean {
    const listed = this.#listed.get(upstream.url)
    const { now, every } = this.#options
    return listed === undefined || now() - listed >= every || this.#missedBy(upstream).length > 0
  }

  /** Whether the upstream was listed whole at least once. */
  listed(url: string): boolean {
    return this.#listed.has(url)
  }

  /** Remembers that what it lists was gone through. */
  end({ url }: Upstream): void {
    const { writer, now } = this.#options
    const time = now()
    this.#listed.set(url, time)
    writer.remember(url + LISTED, time)
  }

  /** Goes through what the service lists; a second wish while that goes on is another round after it. */
  begin(feed: Feed): void {
    const { url, kind } = feed.upstream
    // A Jetstream and an archive list nothing.
    if (kind === 'trusted') return
    const work = (round: Round) =>
      this.#sweep(feed, round).catch(error => {
        // Its end is none of a failure.
        if (!feed.forgotten.aborted) throw error
      })
    this.#rounds.begin(url, work, { stage: 'sweep', upstream: url })
  }

  /** Whose missed events its list tells: its own, and a relay's also those of what lists nothing. */
  #missedBy({ url, kind }: Upstream): string[] {
    const { lists } = this.#options
    return [...this.#missed].filter(other => other === url || (kind === 'relay' && !lists(other)))
  }

  #found(url: string): void {
    this.#missed.delete(url)
    this.#options.writer.remember(url + MISSED, -1)
  }

  async #sweep(feed: Feed, round: Round): Promise<void> {
    const { background, onError, optionsFor } = this.#options
    const signal = AbortSignal.any([background.signal, feed.forgotten])
    const { url } = feed.upstream
    // What was never listed is found, not compared: what follows is told from the first connection on.
    let compare = this.listed(url)
    for (let attempt = 0; ; ) {
      round.again = false
      let wait = BETWEEN_ROUNDS
      const missed = this.#missedBy(feed.upstream)
      compare ||= missed.length > 0
      try {
        await sweep({ ...optionsFor(feed), compareHeads: compare, signal })
        signal.throwIfAborted()
        this.end(feed.upstream)
        if (!round.again) for (const other of missed) this.#found(other)
        if (!round.again) return
        attempt = 0
        compare = true
      } catch (error) {
        signal.throwIfAborted()
        wait = Math.min(600_000, 1000 * 2 ** Math.min(attempt++, 10))
        onError(error, { stage: 'sweep', upstream: url, retryIn: wait })
      }
      await delay(wait, undefined, { signal })
    }
  }
}
