import { setTimeout as delay } from 'node:timers/promises'
import type { CursorTracker, Mark } from './cursor.ts'
import type { RepoEvent } from './events.ts'
import type { Batch, EventStore, RepoState } from './store.ts'

/** What one message, or one step of a resync, changes: kept together, in the order in which it was added. */
export interface Effect {
  readonly events?: readonly RepoEvent[]
  readonly repo?: RepoState
  /** The message that is finished when this is stored. */
  readonly mark?: Mark
  /** Called when it is stored. */
  readonly applied?: () => void
}

interface Pending {
  readonly effects: readonly Effect[]
  readonly batch: Batch
}

export interface WriterOptions {
  readonly store: EventStore
  readonly onApplied: (batch: Batch) => void
  /** A batch that the store refused is tried again until it is stored. */
  readonly onError: (error: unknown, context: Record<string, unknown>) => void
}

const MAX_EVENTS = 256
const MAX_EFFECTS = 2048
const MAX_BYTES = 8_000_000
const MAX_WAIT = 30_000
/** Milliseconds after which a cursor is stored that moved without effects. */
const CURSOR_WAIT = 1000
/** Turns of the event loop for which a batch that grows is waited for. */
const MAX_TURNS = 8

/**
 * Brings effects into the store in batches, one after the other; what arrives meanwhile makes up the next batch. Cursors are
 * stored with what they stand for.
 */
export class Writer {
  readonly #options: WriterOptions
  readonly #cursors = new Map<string, CursorTracker>()
  readonly #numbers = new Map<string, number>()
  #queue: Effect[] = []
  /** What the store refused when it had to end: its cursors are in no other batch. */
  #refused: Pending | undefined
  #running: Promise<void> | undefined
  /** Until cursors are stored that moved without effects. */
  #idle: NodeJS.Timeout | undefined
  readonly #closing = new AbortController()

  constructor(options: WriterOptions) {
    this.#options = options
  }

  /** Effects that wait to be stored. */
  get queued(): number {
    return this.#queue.length
  }

  /** From now on the cursor is stored under the name. */
  watch(name: string, tracker: CursorTracker): void {
    this.#cursors.set(name, tracker)
    tracker.onMove = () => {
      if (!this.#closing.signal.aborted) this.#idle ??= setTimeout(() => this.#wake(), CURSOR_WAIT).unref()
    }
  }

  /** Stores a number of the consumer's own with the next batch; negative: removes it. */
  remember(name: string, value: number): void {
    if (this.#closing.signal.aborted) return
    this.#numbers.set(name, value)
    this.#wake()
  }

  /** After the end nothing is taken any more: what is missing then is read again after the restart. */
  add(effect: Effect): void {
    if (this.#closing.signal.aborted) return
    this.#queue.push(effect)
    this.#wake()
  }

  /** Resolves when all that was added before is stored; rejects after the end. */
  drained(): Promise<void> {
    if (this.#closing.signal.aborted)
      return Promise.reject(new Error('nothing is stored any more: the consumer ends'))
    return new Promise(resolve => this.add({ applied: resolve }))
  }

  /**
   * Stores what is queued and ends.
   * @throws the store's error if it still refuses; the cursors then stay behind what was not stored
   */
  async close(): Promise<void> {
    this.#closing.abort()
    clearTimeout(this.#idle)
    while (this.#running) await this.#running
    this.#wake()
    while (this.#running) await this.#running
    const left = this.#queue.length + (this.#refused?.effects.length ?? 0)
    if (left > 0) throw new Error(`${left} effects could not be stored before the end`)
  }

  #wake(): void {
    if (this.#running) return
    this.#running = this.#run().finally(() => {
      this.#running = undefined
      // What came between the last look and now.
      if (!this.#refused && (this.#queue.length > 0 || this.#numbers.size > 0)) this.#wake()
    })
  }

  async #run(): Promise<void> {
    for (;;) {
      await this.#gather()
      const pending = this.#refused ?? this.#next()
      this.#refused = undefined
      if (!isEmpty(pending.batch) && !(await this.#store(pending.batch))) {
        this.#refused = pending
        return
      }
      for (const effect of pending.effects) effect.applied?.()
      if (pending.batch.events.length > 0) this.#options.onApplied(pending.batch)
      if (this.#queue.length === 0 && this.#numbers.size === 0) return
    }
  }

  /** Waits until nothing more comes at once: reads of the same moment make one batch, which costs a fraction of many. */
  async #gather(): Promise<void> {
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      const before = this.#queue.length
      await new Promise(resolve => setImmediate(resolve))
      if (this.#queue.length === before || this.#queue.length >= MAX_EVENTS) return
    }
  }

  #next(): Pending {
    const effects = this.#take()
    const batch = this.#batch(effects)
    clearTimeout(this.#idle)
    this.#idle = undefined
    return { effects, batch }
  }

  #take(): Effect[] {
    const queue = this.#queue
    let events = 0
    let bytes = 0
    let count = 0
    while (count < queue.length && count < MAX_EFFECTS) {
      const effect = queue[count]!
      let size = 0
      for (const event of effect.events ?? [])
        if (event.type === 'commit') for (const change of event.changes) size += change.bytes?.length ?? 0
      const more = effect.events?.length ?? 0
      if (count > 0 && (events + more > MAX_EVENTS || bytes + size > MAX_BYTES)) break
      events += more
      bytes += size
      count++
    }
    this.#queue = queue.slice(count)
    return count === queue.length ? queue : queue.slice(0, count)
  }

  #batch(effects: readonly Effect[]): Batch {
    const events: RepoEvent[] = []
    const repos = new Map<string, RepoState>()
    for (const effect of effects) {
      if (effect.events) events.push(...effect.events)
      if (effect.repo) repos.set(effect.repo.did, effect.repo)
      effect.mark?.finish()
    }
    const cursors = new Map<string, number>(this.#numbers)
    this.#numbers.clear()
    for (const [name, tracker] of this.#cursors)
      if (tracker.takeChanged() && tracker.value !== undefined) cursors.set(name, tracker.value)
    return { events, repos: [...repos.values()], cursors }
  }

  /** Tries until it is stored; false if the end came first. */
  async #store(batch: Batch): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#options.store.apply(batch)
        return true
      } catch (error) {
        const wait = Math.min(MAX_WAIT, 100 * 2 ** Math.min(attempt, 12))
        this.#options.onError(error, { stage: 'store', attempt, events: batch.events.length, retryIn: wait })
        if (this.#closing.signal.aborted && attempt >= 3) return false
        await delay(this.#closing.signal.aborted ? 50 : wait, undefined, {
          signal: this.#closing.signal,
        }).catch(() => undefined)
      }
    }
  }
}

function isEmpty({ events, repos, cursors }: Batch): boolean {
  return events.length === 0 && repos.length === 0 && cursors.size === 0
}
