/**
 * What the network says, once it is verified. Whatever the source (firehose, Jetstream, archive), a store sees these and
 * nothing else, in order within one repository.
 */

import type { MstOperation } from './mst-inversion.ts'

/**
 * One record's change inside a commit. `bytes` is the record's canonical DAG-CBOR, perhaps as a view of the whole message: copy
 * what you keep in memory. A delete has neither cid nor bytes.
 */
export interface RecordChange {
  readonly action: 'create' | 'update' | 'delete'
  /** NSID of the collection. */
  readonly collection: string
  readonly rkey: string
  readonly cid?: string
  readonly bytes?: Uint8Array
  /**
   * The block is not canonical DAG-CBOR of a map, or what a Jetstream says of it does not encode to its CID (then `bytes` is
   * empty): the commit stands, the record is counted and not shown.
   */
  readonly malformed?: true
}

/** What proves a state of a repository: the signed commit, and where its tree enters and leaves the range of keys that is kept. */
export interface SignedHead {
  /** The commit block. As with records: copy what you keep. */
  readonly commit: Uint8Array
  /** Blocks by CID (36 bytes as Latin-1), nodes of the edge among them; those that the commit left as they were may be missing. */
  readonly nodes: ReadonlyMap<string, Uint8Array>
  /** Of a single commit: all that it wrote, of whatever collection. Undone, it leads back to the tree before. */
  readonly writes?: readonly MstOperation[]
}

/** A verified state of one repository: what changed since the state held before. */
export interface CommitEvent {
  readonly type: 'commit'
  readonly did: string
  /** The commit's inner `rev` (a TID). */
  readonly rev: string
  /** CID of the signed commit block; absent where the source does not say it (Jetstream). */
  readonly commit?: string
  /** ISO 8601 time at which this consumer received it. */
  readonly time: string
  /** Only records of the collections that the consumer asked for. */
  readonly changes: readonly RecordChange[]
  /**
   * `firehose`: one commit. `resync`: a diff between the stored records and a whole repository (`getRepo`, an archive); a large
   * diff comes in several such events. `trusted`: another service verified it (Jetstream), which may send the records of one
   * commit in several events.
   */
  readonly origin: 'firehose' | 'resync' | 'trusted'
  /** Where the consumer was asked for proofs: of the state after these changes. */
  readonly head?: SignedHead
}

/** The DID document or handle changed; `handle` is set only if it resolves both ways. */
export interface IdentityEvent {
  readonly type: 'identity'
  readonly did: string
  readonly handle?: string
  readonly time: string
}

/** The account's standing. `status` is one of takendown, suspended, deleted, deactivated, desynchronized, throttled. */
export interface AccountEvent {
  readonly type: 'account'
  readonly did: string
  readonly active: boolean
  readonly status?: string
  /**
   * True only when deletion was confirmed at the current PDS or by the DID's tombstone and the period of grace has passed:
   * what the account wrote is to be erased.
   */
  readonly purge?: boolean
  readonly time: string
}

export type RepoEvent = CommitEvent | IdentityEvent | AccountEvent
