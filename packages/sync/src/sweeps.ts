import { setTimeout as delay } from 'node:timers/promises'
import type { Background } from './background.ts'
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
  /** All that a sweep of the feed's service needs, but what is to be compared. */
  readonly optionsFor: (feed: Feed) => Omit<SweepOptions, 'compareHeads'>
}

/** When each upstream's list is gone through: at the first connection, after a gap, and from time to time; one round at a time. */
export class Sweeps {
  readonly #options: SweepsOptions
  readonly #running = new Map<string, { again: boolean }>()
  /** Upstreams by URL that were listed whole at least once. */
  readonly #listed = new Set<string>()
  /** Upstreams by URL that list nothing and have missed events: only what a relay lists tells which. */
  readonly #missed = new Set<string>()

  constructor(options: SweepsOptions) {
    this.#options = options
  }

  /** Takes from the stored cursors what was listed before. */
  restore(cursors: ReadonlyMap<string, number>): void {
    for (const key of cursors.keys()) {
      if (key.endsWith(LISTED)) this.#listed.add(key.slice(0, -LISTED.length))
      if (key.endsWith(MISSED)) this.#missed.add(key.slice(0, -MISSED.length))
    }
  }

  /** Remembers, over restarts too, that the upstream has missed events, until a relay's heads were compared. */
  miss(url: string): void {
    this.#missed.add(url)
    this.#options.writer.remember(url + MISSED, this.#options.now())
  }

  /** Whether the upstream has missed events that no sweep has looked for; without a URL: whether any has. */
  hasMissed(url?: string): boolean {
    return url === undefined ? this.#missed.size > 0 : this.#missed.has(url)
  }

  /** Whether the upstream was listed whole at least once. */
  listed(url: string): boolean {
    return this.#listed.has(url)
  }

  /** Goes through what the service lists; a second wish while that goes on is another round after it. */
  begin(feed: Feed, compareHeads = true): void {
    const { url, kind } = feed.upstream
    // A Jetstream and an archive list nothing.
    if (kind === 'trusted') return
    const running = this.#running.get(url)
    if (running) {
      running.again = true
      return
    }
    const state = { again: false }
    this.#running.set(url, state)
    const rounds = () => this.#rounds(feed, compareHeads, state).finally(() => this.#running.delete(url))
    this.#options.background.run(rounds, { stage: 'sweep', upstream: url })
  }

  #found(url: string): void {
    this.#missed.delete(url)
    this.#options.writer.remember(url + MISSED, -1)
  }

  async #rounds(feed: Feed, compareHeads: boolean, state: { again: boolean }): Promise<void> {
    const { background, writer, now, onError, optionsFor } = this.#options
    const { signal } = background
    const { url, kind } = feed.upstream
    let compare = compareHeads
    for (let attempt = 0; ; ) {
      state.again = false
      let wait = BETWEEN_ROUNDS
      const missed = kind === 'relay' && compare ? [...this.#missed] : []
      try {
        await sweep({ ...optionsFor(feed), compareHeads: compare })
        this.#listed.add(url)
        writer.remember(url + LISTED, now())
        if (!state.again) for (const other of missed) this.#found(other)
        if (!state.again) return
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
