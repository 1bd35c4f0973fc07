import {
  type BlobRef,
  Client,
  type LexMap,
  type NsidString,
  type TypedLexMap,
  type WriteOperation,
  XrpcResponseError,
} from '@atproto/lex'
import { rkeyOf } from '@frost/lexicon'
import { batchesOf, writeBytes } from './batches.ts'
import { FrostError } from './errors.ts'
import { Pace, WRITE_POINTS } from './quota.ts'
import type { Session } from './session.ts'

/** A record with the at-uri and CID it has in a repository. */
export interface StoredRecord<T extends LexMap = TypedLexMap> {
  readonly uri: string
  readonly cid: string
  readonly rkey: string
  readonly value: T
}

export type Write =
  | {
      readonly action: 'create' | 'update'
      readonly collection: string
      readonly rkey: string
      readonly record: TypedLexMap
    }
  | { readonly action: 'delete'; readonly collection: string; readonly rkey: string }

/** What a write has left: where the record is and which state it has now. */
export interface Written {
  readonly uri: string
  readonly cid: string
  /** Revision of the repository with this write in it: what an AppView must have reached to show it. */
  readonly rev?: string
}

/** The signed-in account's repository, through its PDS. */
export class Repository {
  readonly did: string
  readonly #agent: Session['agent']
  readonly #client: Client
  #rev: string | undefined
  readonly #pace: Pace

  constructor(session: Pick<Session, 'agent'>, pace = new Pace()) {
    this.#agent = session.agent
    this.did = session.agent.did
    this.#client = new Client(session.agent, { validateResponse: false })
    this.#pace = pace
  }

  /** Revision that the last write through this object left: what an AppView must have reached to show it. */
  get rev(): string | undefined {
    return this.#rev
  }

  async get(collection: string, rkey: string): Promise<StoredRecord | undefined> {
    return readRecord(this.#client, this.did, collection, rkey)
  }

  /** Every record of a collection, oldest key first. */
  async *list(collection: string): AsyncGenerator<StoredRecord> {
    let cursor: string | undefined
    do {
      const { body } = await this.#retried(0, () =>
        this.#client.listRecords(collection as NsidString, { limit: 100, cursor, reverse: true }),
      )
      for (const { uri, cid, value } of body.records) {
        yield { uri, cid, rkey: rkeyOf(uri), value: value as TypedLexMap }
      }
      cursor = body.records.length > 0 ? body.cursor : undefined
    } while (cursor)
  }

  /**
   * Writes one record.
   * @param expected CID that the record must have now; null where there must be none. Left out, the last write wins.
   * @throws FrostError `RecordChanged` where the record has another state by now.
   */
  async put(record: TypedLexMap, rkey: string, expected?: string | null): Promise<Written> {
    const collection = record.$type
    try {
      const { body } = await this.#retried(expected ? WRITE_POINTS.update : WRITE_POINTS.create, () =>
        // The method's input allows null ("must not exist"); the client's own type leaves it out.
        this.#client.putRecord(record as TypedLexMap<NsidString>, rkey, {
          swapRecord: expected as string | undefined,
        }),
      )
      return { uri: body.uri, cid: body.cid, ...this.#noted(body) }
    } catch (error) {
      throw conflict(error, `at://${this.did}/${collection}/${rkey}`, expected)
    }
  }

  /**
   * Deletes one record; deleting what is not there does nothing.
   * @param expected CID that it must have now.
   * @returns The repository's revision, where something was deleted.
   */
  async delete(collection: string, rkey: string, expected?: string): Promise<{ readonly rev?: string }> {
    try {
      const { body } = await this.#retried(WRITE_POINTS.delete, () =>
        this.#client.deleteRecord(collection as NsidString, rkey, { swapRecord: expected }),
      )
      return this.#noted(body)
    } catch (error) {
      throw conflict(error, `at://${this.did}/${collection}/${rkey}`, expected)
    }
  }

  /**
   * Writes many records, in batches that a PDS takes, each atomic.
   * @yields After each batch, what has been written.
   */
  async *apply(
    writes: Iterable<Write>,
  ): AsyncGenerator<{ batch: Write[]; written: (Written | undefined)[] }> {
    for (const batch of batchesOf(writes, writeBytes)) {
      const points = batch.reduce((sum, { action }) => sum + WRITE_POINTS[action], 0)
      const { body } = await this.#retried(points, () =>
        this.#client.applyWrites(() => batch.map(operationOf)),
      )
      const results = (body.results ?? []) as Partial<Written>[]
      yield {
        batch,
        written: batch.map((_write, index) => {
          const { uri, cid } = results[index] ?? {}
          return uri && cid ? { uri, cid } : undefined
        }),
      }
    }
  }

  /** Takes a file into the account's storage; it stays if a record refers to it soon. */
  async upload(bytes: Uint8Array, mimeType: string): Promise<BlobRef> {
    const { body } = await this.#retried(0, () =>
      this.#client.uploadBlob(new Uint8Array(bytes), { encoding: mimeType as `${string}/${string}` }),
    )
    return body.blob
  }

  /** The commit that the repository is at. */
  async head(): Promise<string> {
    const path = `/xrpc/com.atproto.sync.getLatestCommit?did=${encodeURIComponent(this.did)}` as const
    const response = await this.#agent.fetchHandler(path, { method: 'GET' })
    const { cid } = (await response.json().catch(() => ({}))) as { cid?: unknown }
    if (response.ok && typeof cid === 'string') return cid
    throw new FrostError('NoHead', `the PDS does not say which state ${this.did} is in (${response.status})`)
  }

  /**
   * Writes records all or none, where the repository is still at a commit.
   * @returns the repository's revision
   * @throws FrostError `RecordChanged` where something was written meanwhile
   */
  async applyAt(head: string, writes: readonly Write[]): Promise<{ readonly rev?: string }> {
    const points = writes.reduce((sum, { action }) => sum + WRITE_POINTS[action], 0)
    try {
      const { body } = await this.#retried(points, () =>
        this.#client.applyWrites(() => writes.map(operationOf), { swapCommit: head as never }),
      )
      return this.#noted(body as { commit?: { rev: string } })
    } catch (error) {
      throw conflict(error, `at://${this.did}`, head)
    }
  }

  #noted(body: { readonly commit?: { readonly rev: string } }): { readonly rev?: string } {
    const noted = revOf(body)
    if (noted.rev !== undefined) this.#rev = noted.rev
    return noted
  }

  async #retried<T extends { headers: Headers }>(points: number, request: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      if (points > 0) await this.#pace.spend(points)
      try {
        const response = await request()
        if (points > 0) this.#pace.observe(response.headers)
        return response
      } catch (error) {
        if (!(error instanceof XrpcResponseError) || (error.status !== 429 && error.status !== 503))
          throw error
        if (await this.#pace.afterRefusal(error.headers, attempt)) continue
        throw new FrostError(
          'RateLimited',
          `the PDS takes no more writes for now (${error.message}): try again later`,
          {
            cause: error,
          },
        )
      }
    }
  }
}

function revOf({ commit }: { readonly commit?: { readonly rev: string } }): { readonly rev?: string } {
  return commit ? { rev: commit.rev } : {}
}

function operationOf(write: Write): WriteOperation {
  const { action, rkey } = write
  const collection = write.collection as NsidString
  if (write.action === 'delete')
    return { $type: 'com.atproto.repo.applyWrites#delete', collection, rkey } as WriteOperation
  return {
    $type: `com.atproto.repo.applyWrites#${action}`,
    collection,
    rkey,
    value: write.record,
  } as WriteOperation
}

/** Reads one record from the PDS that `client` talks to; undefined where there is none. */
export async function readRecord(
  client: Client,
  repo: string,
  collection: string,
  rkey: string,
): Promise<StoredRecord | undefined> {
  try {
    const { body } = await client.getRecord(collection as NsidString, rkey, { repo: repo as never })
    return { uri: body.uri, cid: body.cid ?? '', rkey, value: body.value as TypedLexMap }
  } catch (error) {
    // PDSes answer RecordNotFound; older ones InvalidRequest with the same message.
    if (
      error instanceof XrpcResponseError &&
      (error.error === 'RecordNotFound' || /could not locate record/i.test(error.message))
    ) {
      return undefined
    }
    throw error
  }
}

/** Every record of a collection in anyone's repository, oldest key first. */
export async function* listPublic(
  client: Client,
  repo: string,
  collection: string,
): AsyncGenerator<StoredRecord> {
  let cursor: string | undefined
  do {
    const { body } = await client.listRecords(collection as NsidString, {
      repo: repo as never,
      limit: 100,
      cursor,
      reverse: true,
    })
    for (const { uri, cid, value } of body.records)
      yield { uri, cid, rkey: rkeyOf(uri), value: value as TypedLexMap }
    cursor = body.records.length > 0 ? body.cursor : undefined
  } while (cursor)
}

function conflict(error: unknown, uri: string, expected: string | null | undefined): unknown {
  if (!(error instanceof XrpcResponseError) || error.error !== 'InvalidSwap') return error
  const message =
    expected === null
      ? `${uri} exists already: choose another --slug, or change it with 'frost edit'`
      : `${uri} was changed by somebody else meanwhile: nothing was written; read it again and repeat the change`
  return new FrostError('RecordChanged', message, { cause: error })
}
