import type { Background } from './background.ts'

/** A round that goes on; it is told of a wish for another one after it. */
export interface Round {
  again: boolean
}

/** Work in rounds, one at a time for each key: a second wish while that goes on is another round after it. */
export class Rounds {
  readonly #background: Background
  readonly #running = new Map<string, Round>()

  constructor(background: Background) {
    this.#background = background
  }

  /** @param work sets `again` to false before each round, and goes on while it is true after it */
  begin(key: string, work: (round: Round) => Promise<void>, context: Record<string, unknown>): void {
    const running = this.#running.get(key)
    if (running) {
      running.again = true
      return
    }
    const round = { again: false }
    this.#running.set(key, round)
    this.#background.run(() => work(round).finally(() => this.#running.delete(key)), context)
  }
}
