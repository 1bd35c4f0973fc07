import { type TypedLexMap, XrpcResponseError } from '@atproto/lex'
import { cidForLex } from '@atproto/lex-cbor'
import { MAX_BATCH_BYTES, MAX_BATCH_OPS, writeBytes } from '../batches.ts'
import { WRITE_POINTS } from '../quota.ts'
import type { Repository, StoredRecord, Write, Written } from '../repository.ts'
import type { Journal } from './journal.ts'

/** What became of one record. */
export type Outcome = 'created' | 'updated' | 'unchanged'

interface Pending {
  readonly write: Exclude<Write, { action: 'delete' }>
  readonly itemId: string
  readonly bytes: number
}

/** Where an account's part of an import goes; without a repository (dry run, no account yet) nothing is compared or written. */
export class AccountImport {
  readonly #repository?: Repository
  readonly #journal: Journal
  readonly #existing = new Map<string, Promise<Map<string, StoredRecord>>>()
  readonly #keys = new Map<string, string>()
  readonly #cids = new Map<string, string>()
  #pending: Pending[] = []
  #pendingBytes = 0

  constructor(repository: Repository | undefined, journal: Journal) {
    this.#repository = repository
    this.#journal = journal
  }

  /** A dry run that knows no account yet checks records as they would read in another. */
  get did(): string {
    return this.#repository?.did ?? 'did:web:dry-run.invalid'
  }

  /** CID that a record of this import has, or will have once it is written. */
  cid(uri: string): string | undefined {
    return this.#cids.get(uri)
  }

  get pending(): number {
    return this.#pending.length
  }

  /** True where what waits fills a request. */
  get isFull(): boolean {
    return this.#pending.length >= MAX_BATCH_OPS || this.#pendingBytes >= MAX_BATCH_BYTES
  }

  /**
   * Compares a record with what the repository holds and queues it where they differ.
   * @returns The outcome, or why the record cannot be written at all.
   */
  async add(
    itemId: string,
    rkey: string,
    record: TypedLexMap,
  ): Promise<Outcome | { readonly reason: string }> {
    const collection = record.$type
    const key = `${collection}/${rkey}`
    const earlier = this.#keys.get(key)
    if (earlier !== undefined) return { reason: `has the same key '${rkey}' as '${earlier}'` }
    this.#keys.set(key, itemId)

    const existing = (await this.#records(collection)).get(rkey)
    const kept = existing ? asBefore(record, existing.value) : record
    const cid = (await cidForLex(kept)).toString()
    const uri = `at://${this.did}/${key}`
    this.#cids.set(uri, cid)
    if (existing?.cid === cid) return 'unchanged'
    if (this.#repository && this.#journal.has(uri, cid)) return 'unchanged'

    const write = {
      action: existing ? ('update' as const) : ('create' as const),
      collection,
      rkey,
      record: kept,
    }
    const bytes = writeBytes(write)
    if (bytes > MAX_BATCH_BYTES) return { reason: `has ${bytes} bytes, more than a PDS takes in one request` }
    this.#pending.push({ write, itemId, bytes })
    this.#pendingBytes += bytes
    return existing ? 'updated' : 'created'
  }

  /** Points that the queued writes cost. */
  get points(): number {
    return this.#pending.reduce((sum, { write }) => sum + WRITE_POINTS[write.action], 0)
  }

  /**
   * Writes what waits.
   * @param onRefused Told of each record that the PDS refused for itself; other failures are thrown.
   */
  async flush(
    onRefused: (itemId: string, reason: string, action: 'create' | 'update') => void,
  ): Promise<void> {
    const pending = this.#pending
    this.#pending = []
    this.#pendingBytes = 0
    if (!this.#repository || pending.length === 0) return
    try {
      for await (const { written } of this.#repository.apply(pending.map(({ write }) => write))) {
        await this.#journal.add(written.filter((one): one is Written => one !== undefined))
      }
    } catch (error) {
      if (!isRefusal(error)) throw error
      // One bad record fails its whole batch: each is tried alone, so that the others are written.
      for (const { write, itemId } of pending) {
        try {
          await this.#journal.add([await this.#repository.put(write.record, write.rkey)])
        } catch (refusal) {
          if (!isRefusal(refusal)) throw refusal
          onRefused(itemId, `was refused by the PDS: ${(refusal as Error).message}`, write.action)
        }
      }
    }
  }

  #records(collection: string): Promise<Map<string, StoredRecord>> {
    const listed = this.#existing.get(collection) ?? this.#list(collection)
    this.#existing.set(collection, listed)
    return listed
  }

  async #list(collection: string): Promise<Map<string, StoredRecord>> {
    const records = new Map<string, StoredRecord>()
    if (!this.#repository) return records
    for await (const record of this.#repository.list(collection)) records.set(record.rkey, record)
    return records
  }
}

/**
 * The record with what an earlier import had put in and what is no change of what it says: when it was made and its source read, and
 * which state of its dataset a version describes.
 */
function asBefore(record: TypedLexMap, existing: TypedLexMap): TypedLexMap {
  const source = record.source as Record<string, unknown> | undefined
  const earlier = existing.source as Record<string, unknown> | undefined
  return {
    ...record,
    ...(existing.createdAt === undefined ? {} : { createdAt: existing.createdAt }),
    ...(source && earlier?.retrievedAt !== undefined && source.retrievedAt !== undefined
      ? { source: { ...source, retrievedAt: earlier.retrievedAt } as never }
      : {}),
    ...(record.entry === undefined || existing.entry === undefined ? {} : { entry: existing.entry }),
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof XrpcResponseError && (error.status === 400 || error.status === 413)
}
