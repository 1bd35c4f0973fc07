/** Work beside the messages: it ends with the consumer, and its failures are told and do not spread. */
export class Background {
  readonly #signal: AbortSignal
  readonly #onError: (error: unknown, context: Record<string, unknown>) => void
  readonly #running = new Set<Promise<void>>()

  /** @param signal aborted at the consumer's end */
  constructor(signal: AbortSignal, onError: (error: unknown, context: Record<string, unknown>) => void) {
    this.#signal = signal
    this.#onError = onError
  }

  get signal(): AbortSignal {
    return this.#signal
  }

  run(work: () => Promise<void>, context: Record<string, unknown>): void {
    if (this.#signal.aborted) return
    const running = work().catch(error => {
      if (!this.#signal.aborted) this.#onError(error, context)
    })
    this.#running.add(running)
    void running.finally(() => this.#running.delete(running))
  }

  every(milliseconds: number, work: () => void): void {
    const timer = setInterval(work, milliseconds).unref()
    this.#signal.addEventListener('abort', () => clearInterval(timer), { once: true })
  }

  /** Resolves when all of it has ended. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#running)
  }
}
