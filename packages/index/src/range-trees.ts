import type { BinaryCid } from '@frost/sync/cid'

export type Nodes = ReadonlyMap<BinaryCid, Uint8Array>

/** Heads whose trees are kept, each of as many megabytes as its account is large. */
const MOST_TREES = 4

/**
 * The trees over the records of accounts, by the heads that were asked for last: of a large account it is made once for all its records,
 * and of several one after another, since each holds up the event loop.
 */
export class RangeTrees {
  readonly #kept = new Map<BinaryCid, Promise<Nodes>>()
  #turn: Promise<unknown> = Promise.resolve()

  of(head: BinaryCid, make: () => Promise<Nodes>): Promise<Nodes> {
    const tree = this.#kept.get(head) ?? this.#made(head, make)
    this.#kept.delete(head)
    this.#kept.set(head, tree)
    if (this.#kept.size > MOST_TREES) this.#kept.delete(this.#kept.keys().next().value!)
    return tree
  }

  #made(head: BinaryCid, make: () => Promise<Nodes>): Promise<Nodes> {
    const tree = this.#turn.then(make)
    this.#turn = tree.catch(() => {
      if (this.#kept.get(head) === tree) this.#kept.delete(head)
    })
    return tree
  }
}
