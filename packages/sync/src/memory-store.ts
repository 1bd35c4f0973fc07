import type { HostState, HostStore } from './host-watch.ts'
import { type Batch, type EventStore, type RepoState, recordKey } from './store.ts'

/** A stored record: CID and canonical DAG-CBOR. */
export interface StoredRecord {
  readonly cid: string
  readonly bytes: Uint8Array
  /** It breaks the data model, and is not shown. */
  readonly malformed?: true
}

/**
 * Keeps everything in memory: for scripts that follow a few repositories, and for tests. Records of inactive accounts stay and
 * are hidden by {@link visible}; a purge erases them.
 */
export class MemoryStore implements EventStore, HostStore {
  readonly #cursors = new Map<string, number>()
  readonly #repos = new Map<string, RepoState>()
  readonly #hosts = new Map<string, HostState>()
  readonly #records = new Map<string, Map<string, StoredRecord>>()

  async cursors(): Promise<ReadonlyMap<string, number>> {
    return new Map(this.#cursors)
  }

  async repo(did: string): Promise<RepoState | undefined> {
    return this.#repos.get(did)
  }

  async records(did: string): Promise<ReadonlyMap<string, string>> {
    return new Map([...(this.#records.get(did) ?? [])].map(([key, { cid }]) => [key, cid]))
  }

  async *unfinished(): AsyncGenerator<RepoState> {
    for (const state of this.#repos.values()) if (state.sync !== 'synchronized') yield state
  }

  async inactive(host: string): Promise<readonly RepoState[]> {
    return [...this.#repos.values()].filter(state => state.host === host && !state.active)
  }

  async deleted(before: string): Promise<readonly RepoState[]> {
    return [...this.#repos.values()].filter(({ deletedAt }) => deletedAt !== undefined && deletedAt <= before)
  }

  async apply({ events, repos, cursors }: Batch): Promise<void> {
    for (const event of events) {
      if (event.type === 'account' && event.purge) this.#records.delete(event.did)
      if (event.type !== 'commit') continue
      let records = this.#records.get(event.did)
      if (!records) {
        records = new Map()
        this.#records.set(event.did, records)
      }
      for (const { action, collection, rkey, cid, bytes, malformed } of event.changes) {
        const key = recordKey(collection, rkey)
        if (action === 'delete') records.delete(key)
        // A copy: a view would keep the whole message alive.
        else records.set(key, { cid: cid!, bytes: new Uint8Array(bytes!), ...(malformed && { malformed }) })
      }
    }
    for (const repo of repos) this.#repos.set(repo.did, repo)
    for (const [key, value] of cursors) {
      if (value < 0) this.#cursors.delete(key)
      else this.#cursors.set(key, value)
    }
  }

  async hosts(): Promise<readonly HostState[]> {
    const hosts = new Set([...this.#repos.values()].flatMap(({ host }) => host || []))
    return [...hosts].map(host => this.#hosts.get(host) ?? { host, isGone: false })
  }

  async remember(states: readonly HostState[]): Promise<void> {
    for (const state of states) this.#hosts.set(state.host, state)
  }

  /** The records of an account as `collection/rkey` → record, malformed ones left out; none while the account is inactive. */
  visible(did: string): ReadonlyMap<string, StoredRecord> {
    if (this.#repos.get(did)?.active === false) return new Map()
    return new Map([...(this.#records.get(did) ?? [])].filter(([, { malformed }]) => !malformed))
  }

  /** Every tracked repository. */
  repos(): IterableIterator<RepoState> {
    return this.#repos.values()
  }
}
