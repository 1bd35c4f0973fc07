/** A server or an account had no turn left to give, or kept the site waiting a moment ago. */
export class NoTurn extends Error {}

/** Work that threw after so long was kept waiting. */
const SLOW_MILLISECONDS = 2_000

export interface TurnsOptions {
  /** How many works of the same key go on at once. */
  readonly most: number
  /** How many of it wait besides. */
  readonly mostWaiting: number
  /** Milliseconds for which a key gets no turn after it kept a work waiting in vain. */
  readonly rest?: number
}

/** Lets so much at a time be done with the same server or account, so that no slow one takes the turns of others. */
export class Turns {
  readonly #options: TurnsOptions
  readonly #taken = new Map<string, number>()
  readonly #waiting = new Map<string, (() => void)[]>()
  /** Until when a key rests; those that have rested are at the front. */
  readonly #resting = new Map<string, number>()

  constructor(options: TurnsOptions) {
    this.#options = options
  }

  /**
   * Does the work when its turn has come.
   * @throws NoTurn at once where too many wait, or the key rests
   */
  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    await this.#turn(key)
    const begun = performance.now()
    try {
      this.#refuseResting(key)
      return await work()
    } catch (error) {
      if (!(error instanceof NoTurn) && performance.now() - begun >= SLOW_MILLISECONDS) this.#letRest(key)
      throw error
    } finally {
      this.#passOn(key)
    }
  }

  async #turn(key: string): Promise<void> {
    this.#refuseResting(key)
    const taken = this.#taken.get(key) ?? 0
    if (taken < this.#options.most) {
      this.#taken.set(key, taken + 1)
      return
    }
    const waiting = this.#waiting.get(key) ?? []
    if (waiting.length >= this.#options.mostWaiting) throw new NoTurn(`too much is asked of ${key} already`)
    this.#waiting.set(key, waiting)
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting.push(resolve)
    await promise
  }

  /** Whoever waited longest gets the turn as it is. */
  #passOn(key: string): void {
    const waiting = this.#waiting.get(key)
    const next = waiting?.shift()
    if (waiting?.length === 0) this.#waiting.delete(key)
    if (next) return next()
    const left = this.#taken.get(key)! - 1
    if (left > 0) this.#taken.set(key, left)
    else this.#taken.delete(key)
  }

  #refuseResting(key: string): void {
    if (performance.now() < (this.#resting.get(key) ?? 0)) throw new NoTurn(`${key} does not answer`)
  }

  #letRest(key: string): void {
    const now = performance.now()
    this.#resting.delete(key)
    for (const [rested, until] of this.#resting) {
      if (until > now) break
      this.#resting.delete(rested)
    }
    this.#resting.set(key, now + (this.#options.rest ?? 0))
  }
}
