import { cidForLex } from '@atproto/lex-cbor'
import { type JsonValue, jsonToLex } from '@atproto/lex-json'
import { batchesOf } from '@frost/client/batches'
import type { KeptAccount } from './account-book.ts'

/** A record as JSON, `$type` included, with its place in a repository and the CID it has there. */
export interface PlannedRecord {
  readonly collection: string
  readonly rkey: string
  readonly value: JsonValue
  readonly cid: string
}

interface Written {
  readonly results: readonly { readonly cid?: string }[]
}

/** CID that a PDS gives a record. */
export async function recordCid(value: JsonValue): Promise<string> {
  return (await cidForLex(jsonToLex(value))).toString()
}

/** Records of some collections as `collection/rkey` → CID, read from the account's PDS. */
export async function storedRecords(
  account: KeptAccount,
  collections: Iterable<string>,
): Promise<ReadonlyMap<string, string>> {
  const stored = new Map<string, string>()
  if (account.isNew) return stored
  for (const collection of new Set(collections)) {
    let cursor: string | undefined
    do {
      const page: { records: { uri: string; cid: string }[]; cursor?: string } = await account.pds.call(
        'com.atproto.repo.listRecords',
        { params: { repo: account.did, collection, limit: 100, cursor } },
      )
      for (const { uri, cid } of page.records) stored.set(uri.split('/').slice(3).join('/'), cid)
      cursor = page.records.length > 0 ? page.cursor : undefined
    } while (cursor)
  }
  return stored
}

/**
 * Writes the records that are not stored as they should be, in as few commits as a PDS takes.
 * @returns how many were written
 * @throws Error where the PDS stored something else than was planned
 */
export async function writeRecords(
  account: KeptAccount,
  records: readonly PlannedRecord[],
  stored: ReadonlyMap<string, string>,
): Promise<number> {
  const wanted = records.filter(({ collection, rkey, cid }) => stored.get(`${collection}/${rkey}`) !== cid)
  if (wanted.length === 0) return 0
  const session = await account.session()
  for (const batch of batchesOf(wanted, ({ value }) => Buffer.byteLength(JSON.stringify(value)) + 400)) {
    const writes = batch.map(({ collection, rkey, value }) => ({
      $type: `com.atproto.repo.applyWrites#${stored.has(`${collection}/${rkey}`) ? 'update' : 'create'}`,
      collection,
      rkey,
      value,
    }))
    const { results } = await account.pds.call<Written>('com.atproto.repo.applyWrites', {
      session,
      body: { repo: account.did, writes },
    })
    batch.forEach((record, index) => {
      const cid = results[index]?.cid
      if (cid === record.cid) return
      throw new Error(
        `${account.handle}/${record.collection}/${record.rkey}: stored as ${cid}, planned ${record.cid}`,
      )
    })
  }
  return wanted.length
}
