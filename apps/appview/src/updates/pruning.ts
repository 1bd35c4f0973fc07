import type { Index } from '@frost/index'

const DAY_MILLISECONDS = 86_400_000
const EVERY_MILLISECONDS = 3_600_000

/** Forgets, once an hour, what the update log need not tell any more, proofs that are kept no longer, and offers that are over. */
export class LogPruning {
  readonly #timer: NodeJS.Timeout

  /** @param days how far the log goes back; 0 keeps all of it */
  constructor(index: Index, days: number, onError: (error: unknown) => void) {
    const prune = () => {
      index.pruneProofs().catch(onError)
      index.endOffers().catch(onError)
      if (days > 0)
        index.pruneUpdates(new Date(Date.now() - days * DAY_MILLISECONDS).toISOString()).catch(onError)
    }
    this.#timer = setInterval(prune, EVERY_MILLISECONDS)
    this.#timer.unref()
    prune()
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
