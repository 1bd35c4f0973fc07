/** What changed after a seq, told by the update log: what an increment of a snapshot holds. */
import { setImmediate as breath } from 'node:timers/promises'
import type { Database } from '../schema.ts'
import { horizonOf, UpdateLog } from '../update-log.ts'

const ROWS_A_PAGE = 1000

/** Whether the log still tells of everything after the seq. */
export async function reachesBack(db: Database, since: number): Promise<boolean> {
  return since >= (await horizonOf(db))
}

/** Accounts of which anything changed. */
export async function changedAccounts(db: Database, since: number): Promise<string[]> {
  const dids = new Set<string>()
  for await (const { did } of updatesAfter(db, since)) dids.add(did)
  return [...dids].sort()
}

/** Accounts that came back, or went, as a whole. */
export async function accountsTold(db: Database, since: number): Promise<ReadonlySet<string>> {
  const dids = new Set<string>()
  for await (const { kind, did } of updatesAfter(db, since)) if (kind === 'account') dids.add(did)
  return dids
}

/** Something that is no longer shown: a record, or all of an account. */
export interface Withdrawn {
  readonly name: string
  readonly seq: number
  readonly time: string
}

/** Records and accounts that were withdrawn after the seq and have not come back since, oldest first. */
export async function withdrawn(db: Database, since: number): Promise<Withdrawn[]> {
  const gone = new Map<string, Withdrawn>()
  for await (const { kind, action, did, uri, seq, time } of updatesAfter(db, since)) {
    if (kind === 'identity') continue
    const name = uri ?? did
    gone.delete(name)
    if (action === 'delete' || action === 'hidden' || action === 'purged') gone.set(name, { name, seq, time })
  }
  return [...gone.values()]
}

async function* updatesAfter(db: Database, since: number) {
  const log = new UpdateLog(db)
  for (let after = since; ; ) {
    const updates = await log.read(after, ROWS_A_PAGE)
    yield* updates
    const last = updates.at(-1)
    if (!last) return
    await breath()
    after = last.seq
  }
}
