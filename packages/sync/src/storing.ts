import { setTimeout as delay } from 'node:timers/promises'
import type { CommitEvent, RecordChange, RepoEvent } from './events.ts'
import type { Batch, EventStore, RepoState } from './store.ts'
import type { Effect } from './writer.ts'

/** What is stored at once: effects in order, and the batch that they make. */
export interface Pending {
  readonly effects: readonly Effect[]
  readonly batch: Batch
}

export interface StoringOptions {
  readonly store: EventStore
  readonly onApplied: (batch: Batch) => void
  /** What the store refused and is tried again, or is set aside. */
  readonly onError: (error: unknown, context: Record<string, unknown>) => void
  /** Something was set aside. */
  readonly onSetAside: () => void
  readonly closing: AbortSignal
  /** Milliseconds before what was refused is tried again; doubles with each time. */
  readonly retryFrom: number
}

/** Key of the store's cursors under which the number of what was set aside is kept, see `Batch.cursors`. */
export const SET_ASIDE = '#set-aside'

const MAX_WAIT = 30_000
/** Tries of a batch before it is looked for what the store refuses in it; one, once there was such a thing. */
const TRIES = 3
/** Things set aside that are remembered, so that they count once. */
const MOST_REMEMBERED = 10_000

const NOTHING: Batch = { events: [], repos: [], cursors: new Map() }

/**
 * Brings batches into a store that may refuse them. One that refuses everything (a full disk, a database that is away) is waited
 * for. One that takes other things and always refuses this batch has met something in it that it cannot hold: that is
 * found by halves and set aside, so that one record does not hold up all others for ever.
 */
export class Storing {
  readonly #options: StoringOptions
  readonly #remembered = new Set<string>()
  #count = 0

  constructor(options: StoringOptions) {
    this.#options = options
  }

  /** How many things were set aside before. */
  restore(count: number): void {
    this.#count = count
  }

  /** Tries until it is stored, but for what is set aside; false if the end came first. */
  async store(pending: Pending): Promise<boolean> {
    const { batch } = pending
    for (let attempt = 1; ; attempt++) {
      const refused = await this.#apply(batch)
      if (!refused) {
        for (const effect of pending.effects) effect.applied?.()
        this.#applied(batch)
        return true
      }
      const events = batch.events.length
      if (!(await this.#goesOn(attempt, refused.error, { stage: 'store', events }))) return false
      const tries = this.#remembered.size > 0 ? 1 : TRIES
      if (attempt < tries || batch.events.length + batch.repos.length === 0) continue
      if (await this.#takesOthers()) return this.#separate(pending)
    }
  }

  /** In order, in ever smaller parts. The cursors come last, when all that they stand for is stored or set aside. */
  async #separate({ effects, batch }: Pending): Promise<boolean> {
    const refused: Effect[] = []
    if (!(await this.#inParts(effects, refused))) return false
    const cursors = new Map(batch.cursors).set(SET_ASIDE, this.#count)
    if (!(await this.store({ effects, batch: { ...NOTHING, cursors } }))) return false
    for (const effect of refused) effect.refused?.()
    return true
  }

  async #inParts(effects: readonly Effect[], refused: Effect[]): Promise<boolean> {
    if (effects.length < 2) return effects.length === 0 || this.#alone(effects[0]!, refused)
    const middle = effects.length >> 1
    for (const part of [effects.slice(0, middle), effects.slice(middle)])
      if ((await this.#part(part)) && !(await this.#inParts(part, refused))) return false
    return true
  }

  /** Stores a part; or says why the store refuses it. */
  async #part(effects: readonly Effect[]): Promise<Refused | undefined> {
    const repos = new Map<string, RepoState>()
    for (const { repo } of effects) if (repo) repos.set(repo.did, repo)
    const events = effects.flatMap(effect => effect.events ?? [])
    const batch: Batch = { ...NOTHING, events, repos: [...repos.values()] }
    const refused = events.length + repos.size === 0 ? undefined : await this.#apply(batch)
    if (refused) return refused
    this.#applied(batch)
    return undefined
  }

  /** One effect that the store may refuse for ever; the store may also have failed since. False if the end came first. */
  async #alone(effect: Effect, refused: Effect[]): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      const refusal = await this.#part([effect])
      if (!refusal) return true
      if (await this.#takesOthers()) {
        await this.#setAside(effect, refusal.error)
        refused.push(effect)
        return true
      }
      if (!(await this.#goesOn(attempt, refusal.error, { stage: 'store', events: 1 }))) return false
    }
  }

  /** Stores what the store takes of the effect: of a commit's records all but those that it refuses. */
  async #setAside({ events = [], repo }: Effect, error: unknown): Promise<void> {
    const state = repo && unverified(repo)
    const isStateTaken = state === undefined || !(await this.#apply({ ...NOTHING, repos: [state] }))
    if (events.length === 0 && repo) this.#refuse(error, `at://${repo.did}`)
    for (const event of events) {
      if (event.type === 'commit' && isStateTaken) await this.#changes(event, event.changes)
      else this.#refuse(error, `at://${event.did}`)
    }
  }

  async #changes(event: CommitEvent, changes: readonly RecordChange[]): Promise<void> {
    const events: RepoEvent[] = [{ ...event, changes }]
    const refused = await this.#apply({ ...NOTHING, events })
    if (!refused) return this.#applied({ ...NOTHING, events })
    if (changes.length > 1) {
      const middle = changes.length >> 1
      await this.#changes(event, changes.slice(0, middle))
      return this.#changes(event, changes.slice(middle))
    }
    for (const { collection, rkey, cid } of changes)
      this.#refuse(refused.error, `at://${event.did}/${collection}/${rkey}`, cid)
  }

  #refuse(error: unknown, uri: string, cid?: string): void {
    this.#options.onError(error, { stage: 'set-aside', uri, cid, reason: String(error) })
    const name = `${uri} ${cid ?? ''}`
    if (this.#remembered.has(name)) return
    if (this.#remembered.size >= MOST_REMEMBERED)
      this.#remembered.delete(this.#remembered.values().next().value!)
    this.#remembered.add(name)
    this.#count++
    this.#options.onSetAside()
  }

  async #apply(batch: Batch): Promise<Refused | undefined> {
    try {
      await this.#options.store.apply(batch)
      return undefined
    } catch (error) {
      return { error }
    }
  }

  /** Whether the store takes something else: then it is the batch that it does not take. */
  async #takesOthers(): Promise<boolean> {
    if (this.#options.closing.aborted) return false
    return !(await this.#apply({ ...NOTHING, cursors: new Map([[SET_ASIDE, this.#count]]) }))
  }

  /** Says what failed and waits; false if the end came and there were tries enough. */
  async #goesOn(attempt: number, error: unknown, context: Record<string, unknown>): Promise<boolean> {
    const { closing, onError, retryFrom } = this.#options
    const wait = Math.min(MAX_WAIT, retryFrom * 2 ** Math.min(attempt, 12))
    onError(error, { ...context, attempt, retryIn: wait })
    if (closing.aborted && attempt >= 3) return false
    const options = { signal: closing }
    await delay(closing.aborted ? 50 : wait, undefined, closing.aborted ? {} : options).catch(() => undefined)
    return true
  }

  /** What the listener does must not stop the writer. */
  #applied(batch: Batch): void {
    if (batch.events.length === 0) return
    try {
      this.#options.onApplied(batch)
    } catch (error) {
      this.#options.onError(error, { stage: 'applied' })
    }
  }
}

interface Refused {
  readonly error: unknown
}

/** The state of a repository of which not all is held: its head is not what the store stands at. */
function unverified({ commit, data, formerKey, ...state }: RepoState): RepoState {
  return { ...state, sync: 'desynchronized' }
}
