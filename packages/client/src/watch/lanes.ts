import { pause, type Update } from './update-stream.ts'

const FIRST_RETRY = 1000
const LONGEST_RETRY = 600_000

export interface LanesOptions {
  /** Does what the update asks for; what it throws has it tried again. */
  readonly run: (update: Update, attempt: number) => Promise<void>
  readonly finished: (update: Update) => Promise<void>
  readonly onTrouble: (message: string) => void
  /** Runs at once, each of another dataset. */
  readonly jobs: number
  readonly retryDelay?: (attempt: number) => number
  readonly signal: AbortSignal
}

/** Updates of one dataset are worked on one after another, those of different datasets side by side. */
export class Lanes {
  readonly #options: LanesOptions
  readonly #lanes = new Map<string, Update[]>()
  #running = 0
  #queued = 0
  readonly #waiting: (() => void)[] = []
  readonly #changes: (() => void)[] = []

  constructor(options: LanesOptions) {
    this.#options = options
  }

  /** Updates that are not finished. */
  get queued(): number {
    return this.#queued
  }

  add(update: Update): void {
    const name = update.dataset ?? update.uri
    this.#queued += 1
    const lane = this.#lanes.get(name)
    if (lane) {
      lane.push(update)
      return
    }
    const fresh = [update]
    this.#lanes.set(name, fresh)
    void this.#work(name, fresh)
  }

  /** Resolves when nothing is worked on any more: everything is finished, or the signal ended it. */
  async idle(): Promise<void> {
    while (this.#lanes.size > 0) await this.#change()
  }

  /** Resolves when fewer than `count` are not finished, or the signal ended it. */
  async below(count: number): Promise<void> {
    while (this.#queued >= count && this.#lanes.size > 0) await this.#change()
  }

  #change(): Promise<void> {
    return new Promise<void>(resolve => {
      this.#changes.push(resolve)
    })
  }

  async #work(name: string, lane: Update[]): Promise<void> {
    const { signal } = this.#options
    while (lane.length > 0 && !signal.aborted) {
      await this.#finish(lane[0]!)
      lane.shift()
      this.#queued -= 1
      this.#tell()
    }
    this.#lanes.delete(name)
    this.#tell()
  }

  #tell(): void {
    for (const resolve of this.#changes.splice(0)) resolve()
  }

  /** Tries until it succeeds; other lanes run while this one waits. */
  async #finish(update: Update): Promise<void> {
    const { finished, onTrouble, signal, retryDelay = defaultDelay } = this.#options
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await this.#attempt(update, attempt)
        if (!signal.aborted) await finished(update)
        return
      } catch (error) {
        if (signal.aborted) return
        const wait = retryDelay(attempt)
        const { message } = error as Error
        onTrouble(`seq ${update.seq}, attempt ${attempt}: ${message}; again in ${Math.round(wait / 1000)} s`)
        await pause(wait, signal)
      }
    }
  }

  async #attempt(update: Update, attempt: number): Promise<void> {
    if (this.#running >= this.#options.jobs)
      await new Promise<void>(resolve => {
        this.#waiting.push(resolve)
      })
    else this.#running += 1
    try {
      if (!this.#options.signal.aborted) await this.#options.run(update, attempt)
    } finally {
      // The place goes to who waits longest.
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running -= 1
    }
  }
}

const defaultDelay = (attempt: number) =>
  Math.min(FIRST_RETRY * 2 ** (attempt - 1), LONGEST_RETRY) * (0.5 + Math.random())
