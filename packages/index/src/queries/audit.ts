import { setImmediate as breath } from 'node:timers/promises'
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

/** Records that one answer is made from, at least; then it ends with the account. */
const MOST_READ = 20_000
const READ_AT_ONCE = 2000

/**
 * Digests of one record type by account, in the order of their DIDs: how two AppViews find the accounts over which they differ. An
 * answer holds fewer than `limit` where accounts have many records.
 */
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
  let read = 0
  let done = 0
  for (const { did, rev } of accounts) {
    if (read >= MOST_READ) break
    const { count, digest } = await digestOf(db, did, collection)
    read += count
    done += 1
    if (count > 0) digests.push({ did, count, digest, ...(rev && { rev }) })
  }
  const isWhole = done === accounts.length && accounts.length < limit
  return isWhole ? { digests } : { digests, cursor: encodePosition(['', accounts[done - 1]!.did]) }
}

/** Read in pieces, so that a large account holds nobody up. */
async function digestOf(db: Database, did: string, collection: string) {
  const digest = new Digest()
  let count = 0
  let last: string | undefined
  for (;;) {
    const rows = await statesAfter(db, { did, collection, after: last, limit: READ_AT_ONCE })
    for (const { uri, cid } of rows) digest.add(uri, cid)
    count += rows.length
    if (rows.length < READ_AT_ONCE) return { count, digest: digest.hex }
    last = rows.at(-1)!.uri
    await breath()
  }
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
  const rows = await statesAfter(db, {
    did,
    collection,
    after: decodePosition(cursor)?.[1],
    limit: limit + 1,
  })
  const { page, cursor: next } = paged(rows, limit, ({ uri }) => ['', uri])
  return next ? { records: page, cursor: next } : { records: page }
}

function statesAfter(
  db: Database,
  {
    did,
    collection,
    after,
    limit,
  }: { did: string; collection: string; after: string | undefined; limit: number },
): Promise<{ uri: string; cid: string }[]> {
  const first = atUri(did, collection, '')
  return (
    db
      .selectFrom('record')
      .select(['uri', 'cid'])
      .where('uri', '>', after ?? first)
      // The character after the slash.
      .where('uri', '<', `${first.slice(0, -1)}0`)
      .where('visible', '=', 1)
      .orderBy('uri')
      .limit(limit)
      .execute()
  )
}
