import { setImmediate as breath } from 'node:timers/promises'
import type { BundledAccount } from '@frost/sync/bundle'
import type { BinaryCid } from '@frost/sync/cid'
import { repositoryBlocks } from '../archive.ts'
import { QueryError } from '../errors.ts'
import type { Database } from '../schema.ts'
import { changedAccounts } from './changed.ts'

/** An account of a snapshot, with the blocks that prove its FROST records; without, it is only named. */
export interface SnapshotAccount extends BundledAccount {
  readonly blocks: readonly (readonly [BinaryCid, Uint8Array])[]
}

const ROWS_A_PAGE = 500
/** A commit that comes between two reads makes them disagree. */
const TRIES = 3

/**
 * Every account that is followed, in the order of their DIDs, or those of which something changed after `since`. Not active, taken down
 * here, or not provable from what is held, an account is only named.
 */
export async function* snapshotAccounts(db: Database, since?: number): AsyncGenerator<SnapshotAccount> {
  for await (const did of since === undefined ? allAccounts(db) : await changedAccounts(db, since)) {
    yield await accountOf(db, did)
    await breath()
  }
}

async function* allAccounts(db: Database): AsyncGenerator<string> {
  for (let after = ''; ; ) {
    const rows = await db
      .selectFrom('repo')
      .select('did')
      .where('did', '>', after)
      .orderBy('did')
      .limit(ROWS_A_PAGE)
      .execute()
    for (const { did } of rows) yield did
    const last = rows.at(-1)
    if (!last) return
    after = last.did
  }
}

async function accountOf(db: Database, did: string): Promise<SnapshotAccount> {
  for (let attempt = 1; ; attempt++) {
    try {
      return { did, ...(await repositoryBlocks(db, did)) }
    } catch (error) {
      if (!(error instanceof QueryError)) throw error
      if (error.name === 'ProofUnavailable' && attempt < TRIES) continue
      return { did, blocks: [] }
    }
  }
}
