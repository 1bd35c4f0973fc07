import type { Index } from '@frost/index'

const DAY_MILLISECONDS = 86_400_000
const EVERY_MILLISECONDS = 3_600_000

/** Forgets what the update log need not tell any more, once an hour. */
export class LogPruning {
  readonly #timer: NodeJS.Timeout | undefined

  /** @param days how far the log goes back; 0 keeps all of it */
  constructor(index: Index, days: number, onError: (error: unknown) => void) {
    if (days === 0) return
    const prune = () =>
      index.pruneUpdates(new Date(Date.now() - days * DAY_MILLISECONDS).toISOString()).catch(onError)
    this.#timer = setInterval(prune, EVERY_MILLISECONDS)
    this.#timer.unref()
    void prune()
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
