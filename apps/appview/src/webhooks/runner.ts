import { retryDelay } from './retry.ts'

/**
 * Does work whenever there may be some, one run at a time: woken while it runs, it runs once more. A run that fails is told of, and
 * tried again.
 */
export class Runner {
  readonly #run: () => Promise<void>
  readonly #onError: (error: unknown) => void
  readonly #pause: number
  readonly #stopped = new AbortController()
  #isWanted = false
  #running: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  /** @param pause Milliseconds between a run and the one that was wanted meanwhile. */
  constructor(run: () => Promise<void>, onError: (error: unknown) => void, pause = 0) {
    this.#run = run
    this.#onError = onError
    this.#pause = pause
  }

  /** Aborted once it runs no more. */
  get signal(): AbortSignal {
    return this.#stopped.signal
  }

  /** The run that goes on now. */
  get running(): Promise<void> | undefined {
    return this.#running
  }

  /** Runs, or runs once more; returns at once. */
  wake(): void {
    this.#isWanted = true
    if (this.#running || this.signal.aborted) return
    this.#isWanted = false
    this.#running = this.#run()
      .catch(error => {
        if (this.signal.aborted) return
        this.#onError(error)
        this.wakeIn(retryDelay(1))
      })
      .finally(() => {
        this.#running = undefined
        if (!this.#isWanted) return
        if (this.#pause > 0) this.wakeIn(this.#pause)
        else this.wake()
      })
  }

  /** Instead of any time that was set before. */
  wakeIn(milliseconds: number): void {
    clearTimeout(this.#timer)
    if (this.signal.aborted) return
    this.#timer = setTimeout(() => this.wake(), Math.max(0, milliseconds))
    this.#timer.unref()
  }

  /** The run that goes on now is the last. */
  end(): void {
    this.#stopped.abort()
    clearTimeout(this.#timer)
  }

  /** Resolves once the last run has ended. */
  async stop(): Promise<void> {
    this.end()
    await this.#running
  }
}
