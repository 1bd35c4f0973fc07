import type { TypedLexMap } from '@atproto/lex'
import type { Home } from '@frost/catalogs'
import { inParallel } from '@frost/sync/in-parallel'
import type { Repository } from '../repository.ts'
import { AccountImport } from './account-import.ts'
import type { Journal } from './journal.ts'

export interface ImportRecord {
  readonly rkey: string
  readonly record: TypedLexMap
}

/** A dataset of another catalogue, as records; or why it cannot be carried over. */
export interface ImportItem {
  /** Id in the source. */
  readonly id: string
  /** Name of who publishes it, for an account per publisher. */
  readonly publisher?: string
  readonly records: readonly ImportRecord[]
  /** Records that name others of their account, made one after the other. */
  readonly recordsIn?: (home: Home) => Iterable<ImportRecord>
  /** Set where nothing can be made of it. */
  readonly problem?: string
}

/** Whose repositories are written to. */
export interface ImportTarget {
  /** Which account an item belongs to: items with the same key share one. */
  accountKey(item: ImportItem): string
  /** The repository of that account; undefined in a dry run where there is no account yet. */
  repository(accountKey: string): Promise<Repository | undefined>
}

export interface Rejection {
  readonly id: string
  readonly reason: string
}

export interface ImportReport {
  /** Datasets read from the source. */
  read: number
  created: number
  updated: number
  unchanged: number
  accounts: number
  /** Points of the PDSes' write quota that the writes cost. */
  points: number
  readonly rejected: Rejection[]
}

export interface ImportOptions {
  readonly target: ImportTarget
  readonly journal: Journal
  /** Checks a record against its lexicon: why it cannot be written, or undefined. */
  validate(record: TypedLexMap): string | undefined
  readonly dryRun?: boolean
  /** At most so many datasets. */
  readonly limit?: number
  onProgress?(report: Readonly<ImportReport>): void
  onRejected?(rejection: Rejection): void
}

/** Records that may wait in memory before they are written. */
const MOST_WAITING = 1_000
const ACCOUNTS_AT_ONCE = 4

/**
 * Carries a catalogue's datasets into repositories. Running it again writes only what has changed; after an interruption it
 * goes on where it was. A dataset that cannot be carried over is reported, and everything else goes on.
 * @throws where a PDS cannot be reached or takes no more writes; what was written stays, and a further run goes on.
 */
export async function importItems(
  items: AsyncIterable<ImportItem> | Iterable<ImportItem>,
  options: ImportOptions,
): Promise<ImportReport> {
  const { target, journal, dryRun = false, limit = Number.POSITIVE_INFINITY } = options
  const report: ImportReport = {
    read: 0,
    created: 0,
    updated: 0,
    unchanged: 0,
    accounts: 0,
    points: 0,
    rejected: [],
  }
  const accounts = new Map<string, Promise<AccountImport>>()

  const reject = (id: string, reason: string) => {
    const rejection = { id, reason }
    report.rejected.push(rejection)
    options.onRejected?.(rejection)
  }
  const accountOf = (item: ImportItem): Promise<AccountImport> => {
    const key = target.accountKey(item)
    const account =
      accounts.get(key) ?? target.repository(key).then(repository => new AccountImport(repository, journal))
    accounts.set(key, account)
    return account
  }
  const flush = async (account: AccountImport) => {
    report.points += account.points
    if (dryRun) return
    await account.flush((id, reason, action) => {
      report[action === 'create' ? 'created' : 'updated']--
      reject(id, reason)
    })
    options.onProgress?.(report)
  }
  const flushAll = async () => {
    const waiting = (await Promise.all(accounts.values())).filter(({ pending }) => pending > 0)
    await inParallel(waiting, flush, ACCOUNTS_AT_ONCE)
  }

  let waiting = 0
  if (limit > 0) {
    for await (const item of items) {
      report.read++
      const problem = item.problem ?? item.records.map(({ record }) => options.validate(record)).find(Boolean)
      if (problem) reject(item.id, problem)
      else {
        const account = await accountOf(item)
        const take = async ({ rkey, record }: ImportRecord) => {
          const outcome = await account.add(item.id, rkey, record)
          if (typeof outcome === 'string') report[outcome]++
          else reject(item.id, outcome.reason)
          waiting++
        }
        for (const record of item.records) await take(record)
        for (const made of item.recordsIn?.(account) ?? []) {
          const fault = options.validate(made.record)
          if (fault) reject(item.id, fault)
          else await take(made)
        }
        if (account.isFull && !dryRun) await flush(account)
        if (waiting >= MOST_WAITING && !dryRun) {
          await flushAll()
          waiting = 0
        }
      }
      options.onProgress?.(report)
      if (report.read >= limit) break
    }
  }
  await flushAll()
  report.accounts = accounts.size
  if (!dryRun) await journal.finish()
  return report
}
