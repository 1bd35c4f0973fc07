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
}

/** Effects that are stored together or not at all. */
export interface Batch {
  readonly events: readonly RepoEvent[]
  /** The state of every repository that the events touched, after them. */
  readonly repos: readonly RepoState[]
  /** Per upstream URL: the highest contiguous finished seq. */
  readonly cursors: ReadonlyMap<string, number>
}

/** Where the consumer keeps what it must not lose; the index implements it over SQLite and PostgreSQL. */
export interface EventStore {
  cursors(): Promise<ReadonlyMap<string, number>>
  repo(did: string): Promise<RepoState | undefined>
  /** Stored records of one repository as `collection/rkey` → CID, for the diff of a resync. */
  records(did: string): Promise<ReadonlyMap<string, string>>
  /** Repositories whose state is not `synchronized`: work that a restart must take up again. */
  unfinished(): Promise<readonly RepoState[]>
  /** One transaction: all of the batch, or nothing and a rejection. */
  apply(batch: Batch): Promise<void>
}
