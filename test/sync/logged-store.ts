import { type Batch, MemoryStore, type RecordChange, recordKey } from '@frost/sync'

/** A store in memory that remembers every batch, and tells whoever waits for a state when it may have come. */
export class LoggedStore extends MemoryStore {
  readonly batches: Batch[] = []
  readonly #waiting = new Set<() => void>()
  /** Called before each batch is stored; a rejection refuses it. */
  gate: () => Promise<void> | void = () => undefined

  override async apply(batch: Batch): Promise<void> {
    await this.gate()
    await super.apply(batch)
    this.batches.push(batch)
    for (const wake of this.#waiting) wake()
  }

  /** Resolves when the condition holds, looked at again after every batch. */
  async until(condition: () => boolean | Promise<boolean>, what: () => unknown = () => ''): Promise<void> {
    const deadline = AbortSignal.timeout(20_000)
    let missed: (() => void) | undefined
    const late = new Promise<never>((_, reject) => {
      missed = () => reject(new Error(`not reached: ${JSON.stringify(what(), null, 1)}`))
      deadline.addEventListener('abort', missed)
    })
    late.catch(() => undefined)
    for (;;) {
      let wake = () => {}
      const news = new Promise<void>(resolve => {
        wake = resolve
      })
      this.#waiting.add(wake)
      try {
        if (await condition()) return
        await Promise.race([news, late])
      } finally {
        this.#waiting.delete(wake)
      }
    }
  }

  /** Every change of an account in the order in which it was told. */
  changes(did: string): RecordChange[] {
    return this.batches.flatMap(({ events }) =>
      events.flatMap(event => (event.type === 'commit' && event.did === did ? event.changes : [])),
    )
  }

  /** What the account's visible records are: `collection/rkey` → CID. */
  held(did: string): Record<string, string> {
    return Object.fromEntries([...this.visible(did)].map(([key, { cid }]) => [key, cid]).sort())
  }
}

/** Short form of changes: action, path and CID. */
export function said(changes: readonly RecordChange[]): string[] {
  return changes.map(({ action, collection, rkey, cid }) =>
    [action, recordKey(collection, rkey), cid].filter(Boolean).join(' '),
  )
}
