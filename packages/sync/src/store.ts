import type { RepoEvent } from './events.ts'

/** What is remembered of one repository between events (the sync specification's per-repository state). */
export interface RepoState {
  readonly did: string
  /** Origin of the account's current PDS, e.g. `https://pds.example.org`. */
  readonly host: string
  readonly handle?: string
  /** False while the account is deactivated, taken down, suspended or deleted: its records are hidden. */
  readonly active: boolean
  readonly status?: string
  /** Inner rev of the last verified commit; absent before the first. */
  readonly rev?: string
  /** CID of the last verified commit block. */
  readonly commit?: string
  /** CID of the MST root (`data`) of that commit. */
  readonly data?: string
  readonly sync: 'desynchronized' | 'in-progress' | 'synchronized'
  /** ISO 8601 time since when the account is said to be deleted: it is purged when the period of grace has passed. */
  readonly deletedAt?: string
  /** The account's own host, or its DID's tombstone, was asked and has said that it is not active. */
  readonly isConfirmed?: true
  /** The head is signed by a former key of the DID, as after a migration, until the account writes again. */
  readonly formerKey?: true
}

/** Effects that are stored together or not at all. */
export interface Batch {
  readonly events: readonly RepoEvent[]
  /** The state of every repository that the events touched, after them. */
  readonly repos: readonly RepoState[]
  /**
   * Per upstream URL: the highest contiguous finished seq. Keys of the form `URL#name` hold the consumer's other durable
   * numbers (`#listed`: when its repositories were last listed whole, `#crawl`: when it asked to be read, `#missed`: when it had
   * lost events that are still to be looked for, all in milliseconds since 1970); `#set-aside`, without a URL, how many things
   * this store refused for ever. A negative value removes the key.
   */
  readonly cursors: ReadonlyMap<string, number>
}

/** Where the consumer keeps what it must not lose; the index implements it over SQLite and PostgreSQL. */
export interface EventStore {
  cursors(): Promise<ReadonlyMap<string, number>>
  repo(did: string): Promise<RepoState | undefined>
  /** Stored records of one repository as `collection/rkey` → CID, for the diff of a resync. */
  records(did: string): Promise<ReadonlyMap<string, string>>
  /** Repositories whose state is not `synchronized`: work that a restart must take up again, of which there may be millions. */
  unfinished(): AsyncIterable<RepoState>
  /** Repositories of a host whose accounts are not active. */
  inactive(host: string): Promise<readonly RepoState[]>
  /** Repositories whose `deletedAt` is at or before the ISO 8601 time `before`. */
  deleted(before: string): Promise<readonly RepoState[]>
  /** One transaction: all of the batch, or nothing and a rejection. */
  apply(batch: Batch): Promise<void>
}

/** How {@link EventStore.records} names a record. */
export function recordKey(collection: string, rkey: string): string {
  return `${collection}/${rkey}`
}
