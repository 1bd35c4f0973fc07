import { type HostState, MemoryStore } from '@frost/sync'
import type { Batch } from '@frost/sync/store'

/** A store in memory that tells when it changes, and that can be made to refuse, as a process that dies would. */
export class WatchedStore extends MemoryStore {
  readonly batches: Batch[] = []
  /** Set: nothing is stored any more. */
  dead = false
  /** What it never takes, as a database that cannot hold a value would. */
  refuses: (batch: Batch) => boolean = () => false
  #changed = Promise.withResolvers<void>()

  override async apply(batch: Batch): Promise<void> {
    if (this.dead) throw new Error('the store is gone')
    if (this.refuses(batch)) throw new Error('a value that cannot be held')
    await super.apply(batch)
    this.batches.push(batch)
    this.#wake()
  }

  override async remember(states: readonly HostState[]): Promise<void> {
    await super.remember(states)
    this.#wake()
  }

  #wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  /** Resolves when the store, now or after some batch, is as wanted. */
  async until(wanted: () => boolean | Promise<boolean>): Promise<void> {
    for (;;) {
      const { promise } = this.#changed
      if (await wanted()) return
      await promise
    }
  }

  /** Resolves when everything up to the seq is finished. */
  async reached(upstream: string, seq: number): Promise<void> {
    await this.until(async () => ((await this.cursors()).get(upstream) ?? -1) >= seq)
  }
}
