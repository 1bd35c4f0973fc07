import type { CursorTracker, Mark } from './cursor.ts'
import type { RepoEvent } from './events.ts'
import type { Batch, EventStore, RepoState } from './store.ts'
import { type Pending, SET_ASIDE, Storing } from './storing.ts'

/** What one message, or one step of a resync, changes: kept together, in the order in which it was added. */
export interface Effect {
  readonly events?: readonly RepoEvent[]
  readonly repo?: RepoState
  /** The message that is finished when this is stored. */
  readonly mark?: Mark
  /** Called when it is stored, or set aside. */
  readonly applied?: () => void
  /** Called after that if the store refuses it, or a record of it, for ever. */
  readonly refused?: () => void
}

export interface WriterOptions {
  readonly store: EventStore
  readonly onApplied: (batch: Batch) => void
  /** What the store refused: tried again, or set aside. */
  readonly onError: (error: unknown, context: Record<string, unknown>) => void
  /** Something is set aside that the store refuses for ever. */
  readonly onSetAside?: () => void
  /** Milliseconds before what was refused is tried again; doubles with each time. */
  readonly retryFrom?: number
}

/**
 * Events of a batch at most. Whoever is behind pays less for each of many: they share the pages of indexes that a transaction writes.
 * A store lets others have their turn while it applies them.
 */
export const MAX_EVENTS = 2048
const MAX_EFFECTS = 4096
/** Events from which on a batch is a large one. */
const LADEN_FROM = MAX_EVENTS / 2
const MAX_BYTES = 8_000_000
/** Milliseconds after which a cursor is stored that moved without effects. */
const CURSOR_WAIT = 1000
/** Turns of the event loop for which a batch that grows is waited for. */
const MAX_TURNS = 64

/**
 * Brings effects into the store in batches, one after the other; what arrives meanwhile makes up the next batch. Cursors are
 * stored with what they stand for.
 */
export class Writer {
  readonly #cursors = new Map<string, CursorTracker>()
  readonly #numbers = new Map<string, number>()
  #queue: Effect[] = []
  /** What the store refused when it had to end: its cursors are in no other batch. */
  #refused: Pending | undefined
  #running: Promise<void> | undefined
  /** Until cursors are stored that moved without effects. */
  #idle: NodeJS.Timeout | undefined
  readonly #closing = new AbortController()
  readonly #storing: Storing
  #isLaden = false
  readonly #whenUnladen = new Set<() => void>()

  constructor(options: WriterOptions) {
    const { onSetAside = () => undefined, retryFrom = 100 } = options
    this.#storing = new Storing({ ...options, onSetAside, retryFrom, closing: this.#closing.signal })
  }

  /** Takes from the stored cursors what was set aside before. */
  restore(cursors: ReadonlyMap<string, number>): void {
    this.#storing.restore(cursors.get(SET_ASIDE) ?? 0)
  }

  /** Effects that wait to be stored. */
  get queued(): number {
    return this.#queue.length
  }

  /**
   * Whether a large batch is being stored. Whoever reads on meanwhile only fills memory: the batch that follows would be made of
   * what grew old waiting.
   */
  get isLaden(): boolean {
    return this.#isLaden
  }

  /** Calls back whenever a large batch is no longer being stored; returns what ends it. */
  onUnladen(listener: () => void): () => void {
    this.#whenUnladen.add(listener)
    return () => this.#whenUnladen.delete(listener)
  }

  /** From now on the cursor is stored under the name. */
  watch(name: string, tracker: CursorTracker): void {
    this.#cursors.set(name, tracker)
    tracker.onMove = () => {
      if (!this.#closing.signal.aborted) this.#idle ??= setTimeout(() => this.#wake(), CURSOR_WAIT).unref()
    }
  }

  /** The cursor is not stored any more. */
  unwatch(name: string): void {
    const tracker = this.#cursors.get(name)
    if (tracker) tracker.onMove = undefined
    this.#cursors.delete(name)
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
      await gathered(() => this.#queue.length)
      const pending = this.#refused ?? this.#next()
      this.#refused = undefined
      try {
        if (isEmpty(pending.batch)) for (const effect of pending.effects) effect.applied?.()
        else if (!(await this.#storing.store(pending))) {
          this.#refused = pending
          return
        }
      } finally {
        this.#unload()
      }
      if (this.#queue.length === 0 && this.#numbers.size === 0) return
    }
  }

  #unload(): void {
    if (!this.#isLaden) return
    this.#isLaden = false
    for (const tell of this.#whenUnladen) tell()
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
    this.#isLaden = events >= LADEN_FROM
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
}

function isEmpty({ events, repos, cursors }: Batch): boolean {
  return events.length === 0 && repos.length === 0 && cursors.size === 0
}

/** Waits until nothing more comes at once: reads of the same moment make one batch, which costs a fraction of many. */
export async function gathered(waiting: () => number): Promise<void> {
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const before = waiting()
    await new Promise(resolve => setImmediate(resolve))
    if (waiting() === before || waiting() >= MAX_EVENTS) return
  }
}
