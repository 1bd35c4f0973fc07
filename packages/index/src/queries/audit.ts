import { atUri } from '@frost/lexicon'
import { Digest } from '../digest.ts'
import { decodePosition, encodePosition, paged } from '../page-cursor.ts'
import type { Database } from '../schema.ts'

interface AccountDigest {
  readonly did: string
  readonly count: number
  readonly digest: string
  readonly rev?: string
}

/** Digests of one record type by account: how two AppViews find the accounts over which they differ. */
export async function listDigests(
  db: Database,
  { collection, limit = 250, cursor }: { collection: string; limit?: number; cursor?: string },
): Promise<{ digests: AccountDigest[]; cursor?: string }> {
  const after = decodePosition(cursor)
  const accounts = await db
    .selectFrom('repo')
    .select(['did', 'rev'])
    .$if(after !== undefined, ask => ask.where('did', '>', after![1]))
    .orderBy('did')
    .limit(limit)
    .execute()
  const digests: AccountDigest[] = []
  for (const { did, rev } of accounts) {
    const rows = await db
      .selectFrom('record')
      .select(['uri', 'cid'])
      .where('did', '=', did)
      .where('collection', '=', collection)
      .where('visible', '=', 1)
      .execute()
    if (rows.length === 0) continue
    const digest = new Digest()
    for (const { uri, cid } of rows) digest.add(uri, cid)
    digests.push({ did, count: rows.length, digest: digest.hex, ...(rev && { rev }) })
  }
  const last = accounts.at(-1)
  return accounts.length === limit && last ? { digests, cursor: encodePosition(['', last.did]) } : { digests }
}

/** Names and states of one account's visible records of one type, in the order of their keys. */
export async function listRecordStates(
  db: Database,
  {
    did,
    collection,
    limit = 500,
    cursor,
  }: { did: string; collection: string; limit?: number; cursor?: string },
): Promise<{ records: { uri: string; cid: string }[]; cursor?: string }> {
  const after = decodePosition(cursor)
  const first = atUri(did, collection, '')
  const rows = await db
    .selectFrom('record')
    .select(['uri', 'cid'])
    .where('uri', '>', after ? after[1] : first)
    // The character after the slash.
    .where('uri', '<', `${first.slice(0, -1)}0`)
    .where('visible', '=', 1)
    .orderBy('uri')
    .limit(limit + 1)
    .execute()
  const { page, cursor: next } = paged(rows, limit, ({ uri }) => ['', uri])
  return next ? { records: page, cursor: next } : { records: page }
}
