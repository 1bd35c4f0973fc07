import type { Update, UpdateLog } from './update-log.ts'

const RETRY_MILLISECONDS = 1000

/** Large batches cost less each: in a flood more is waited for before the next is taken. */
export interface Gathering {
  /** So many updates that wait are a flood; fewer are taken at once. */
  readonly from: number
  /** So many are enough. */
  readonly enough: number
  /** So long they are waited for at most, and no longer than a quarter of a flood comes in each pause. */
  readonly milliseconds: number
  readonly pause: number
}

export interface LogFollowerOptions {
  readonly updates: Pick<UpdateLog, 'read' | 'last' | 'onAppend'>
  /** Takes in what follows the position, in order; what fails is given again. */
  readonly take: (updates: readonly Update[]) => Promise<void>
  /**
   * What must be done before the first update, and the seq up to which it holds; tried until it succeeds. Without it the
   * position is said by {@link LogFollower.moveTo} before the start.
   */
  readonly begin?: () => Promise<number>
  /** Most updates at a time. */
  readonly batch: number
  /** Absent: whatever is there is taken at once. */
  readonly gathering?: Gathering
  /** Told of failures, which are tried again. */
  readonly onError: (error: unknown) => void
}

/**
 * Keeps something that is derived from the truth up with the update log, in the background and in order, from a position of its
 * own. A wish that comes while the last batch ends is never lost.
 */
export class LogFollower {
  readonly #options: LogFollowerOptions
  readonly #listeners = new Set<() => void>()
  #position = 0
  #begun = false
  #running: Promise<void> | undefined
  #wanted = false
  #closed = false
  /** How many wait for what is not taken in yet: for them nothing is gathered. */
  #awaited = 0
  #hurry: () => void = () => {}
  #unsubscribe: () => void = () => {}

  constructor(options: LogFollowerOptions) {
    this.#options = options
  }

  /** The last seq that was taken in. */
  get position(): number {
    return this.#position
  }

  /** Begins to follow; returns at once. */
  start(): void {
    this.#unsubscribe = this.#options.updates.onAppend(() => this.#wake())
    this.#wake()
  }

  /** Calls back whenever something was taken in; returns what ends it. */
  onTaken(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves once everything up to `seq` is taken in, and the beginning made; or when this is closed. */
  async reached(seq: number): Promise<void> {
    const isReached = () => this.#closed || (this.#begun && this.#position >= seq)
    if (isReached()) return
    this.#awaited++
    this.#hurry()
    await new Promise<void>(resolve => {
      const end = this.onTaken(() => {
        if (!isReached()) return
        end()
        resolve()
      })
    })
    this.#awaited--
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#running
  }

  /** Does something while nothing is under way, as a turn of its own: what comes meanwhile is taken in after it. Nothing once closed. */
  async between(work: () => Promise<void>): Promise<void> {
    while (this.#running) await this.#running
    if (this.#closed) return
    const turn = Promise.resolve().then(work)
    this.#hold(turn.catch(() => undefined))
    await turn
  }

  /** Says that everything up to `seq` is taken in. */
  moveTo(seq: number): void {
    this.#position = seq
    this.#begun = true
    this.#tell()
  }

  /** Ends what is under way and follows no more. */
  async close(): Promise<void> {
    this.#closed = true
    this.#unsubscribe()
    this.#hurry()
    await this.#running
    this.#tell()
  }

  #wake(): void {
    this.#wanted = true
    if (!this.#running) this.#hold(this.#run())
  }

  #hold(turn: Promise<void>): void {
    this.#running = turn.finally(() => {
      this.#running = undefined
      if (this.#wanted && !this.#closed) this.#wake()
    })
  }

  async #run(): Promise<void> {
    while (this.#wanted && !this.#closed) {
      this.#wanted = false
      try {
        if (!this.#begun) this.moveTo((await this.#options.begin?.()) ?? 0)
        while (!this.#closed && (await this.#step())) {}
      } catch (error) {
        this.#options.onError(error)
        await new Promise(resolve => setTimeout(resolve, RETRY_MILLISECONDS))
        this.#wanted = true
      }
    }
  }

  /** Takes in one batch of updates; false if there was none. */
  async #step(): Promise<boolean> {
    const { updates, batch, gathering, take } = this.#options
    if (gathering) await this.#gather(gathering)
    if (this.#closed) return false
    const read = await updates.read(this.#position, batch)
    const last = read.at(-1)
    if (!last) return false
    await take(read)
    this.moveTo(last.seq)
    return true
  }

  async #gather({ from, enough, milliseconds, pause }: Gathering): Promise<void> {
    const until = performance.now() + milliseconds
    for (let before = 0; ; ) {
      const waiting = (await this.#options.updates.last()) - this.#position
      // A trickle behind what came at once is no flood.
      const isFlood = waiting >= from && waiting - before >= from / 4 && waiting < enough
      if (!isFlood || performance.now() >= until || this.#awaited > 0 || this.#closed) return
      before = waiting
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#hurry = resolve
      const timer = setTimeout(resolve, pause)
      await promise
      clearTimeout(timer)
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}
