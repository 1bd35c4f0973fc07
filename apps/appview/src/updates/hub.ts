import type { Index } from '@frost/index'
import { LogFollower } from '@frost/index/log-follower'
import { describeUpdates, type UpdateFilter, UpdateMatcher } from '@frost/index/updates'
import type { Message, Source } from '../streams/stream.ts'
import { UpdateMessage } from './message.ts'

const UPDATES_A_BATCH = 500

/** Someone who is told of updates as they come. */
export interface Listener {
  readonly filter: UpdateFilter
  /** Called in the order of the seqs, never for the same one twice. */
  hear(message: UpdateMessage): void
}

/**
 * Reads the update log once for all who listen. Who is behind reads the log at a pace of their own ({@link read}) and joins when
 * nothing lies between.
 */
export class UpdateHub {
  readonly #index: Index
  readonly #follower: LogFollower
  /** By listener: the seq that it has already. */
  readonly #listeners = new Map<Listener, number>()
  #joined = 0
  /** The last seq that listeners were told of, or would have been. */
  #told = 0

  constructor(index: Index, onError: (error: unknown) => void) {
    this.#index = index
    this.#follower = new LogFollower({
      updates: index.updates,
      batch: UPDATES_A_BATCH,
      begin: async () => {
        const last = await index.updates.last()
        // What was appended since somebody joined, while this began, is theirs too.
        this.#told = Math.min(last, ...this.#listeners.values())
        return this.#told
      },
      take: updates => this.#tell(updates),
      onError,
    })
  }

  start(): void {
    this.#follower.start()
  }

  close(): Promise<void> {
    return this.#follower.close()
  }

  get listeners(): number {
    return this.#listeners.size
  }

  /**
   * Reads on from a seq for one filter.
   * @returns what matches, and how far was read: not beyond `after` when there is nothing more
   */
  async read(
    after: number,
    filter: UpdateFilter,
    most = UPDATES_A_BATCH,
  ): Promise<{ readonly messages: UpdateMessage[]; readonly seq: number }> {
    const { database, graph, updates } = this.#index
    const read = await updates.read(after, most)
    const views = await describeUpdates(database, read)
    const matcher = await UpdateMatcher.over(database, graph, views, [filter])
    return {
      messages: views.filter(view => matcher.matches(filter, view)).map(view => new UpdateMessage(view)),
      seq: read.at(-1)?.seq ?? after,
    }
  }

  /** Lets somebody listen who has everything up to `seq`; false if more than that was told already: read on first. */
  join(listener: Listener, seq: number): boolean {
    if (seq < this.#told) return false
    this.#listeners.set(listener, seq)
    this.#joined += 1
    return true
  }

  leave(listener: Listener): void {
    this.#listeners.delete(listener)
  }

  /** What somebody hears through one filter. */
  source(filter: UpdateFilter): Source {
    let listener: Listener | undefined
    return {
      read: after => this.read(after, filter),
      join: (hear: (message: Message) => void, seq) => {
        listener = { filter, hear }
        return this.join(listener, seq)
      },
      leave: () => {
        if (listener) this.leave(listener)
      },
    }
  }

  async #tell(updates: Parameters<typeof describeUpdates>[1]): Promise<void> {
    const last = updates.at(-1)!.seq
    if (this.#listeners.size === 0) {
      this.#told = last
      return
    }
    const { database, graph } = this.#index
    const views = await describeUpdates(database, updates)
    let matcher: UpdateMatcher
    let joined: number
    // Who joins while things are made ready may ask for more of them.
    do {
      joined = this.#joined
      const filters = [...this.#listeners.keys()].map(({ filter }) => filter)
      matcher = await UpdateMatcher.over(database, graph, views, filters)
    } while (joined !== this.#joined)
    // From here on nothing is waited for: who joins afterwards finds the new position.
    for (const view of views) {
      const message = new UpdateMessage(view)
      for (const [listener, seq] of this.#listeners)
        if (view.seq > seq && matcher.matches(listener.filter, view)) listener.hear(message)
    }
    this.#told = last
  }
}
