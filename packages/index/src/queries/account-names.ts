/** Accounts by what people call them: handle, DID, or words of the name of their profile. */
import { nsid } from '@frost/lexicon'
import { sql } from 'kysely'
import { accountNames } from '../entry-facts.ts'
import type { Database } from '../schema.ts'
import { nameWords, valueMatches } from '../search/query.ts'
import { queryParts } from '../search/query-parts.ts'

/** Accounts that one name may stand for. */
const MOST_ACCOUNTS = 50
const MOST_NAMES = 8

export interface NamedAccount {
  readonly did: string
  readonly handle: string
  readonly name?: string
}

/** For each value of `publisher:` in a query text, the DIDs that it means. */
export async function accountsIn(
  db: Database,
  q: string,
): Promise<ReadonlyMap<string, readonly string[]> | undefined> {
  const names = queryParts(q).flatMap(({ field, value }) => (field === 'publisher' ? value : []))
  if (names.length === 0) return undefined
  const meant = await Promise.all(
    [...new Set(names)].slice(0, MOST_NAMES).map(async (name): Promise<[string, readonly string[]]> => {
      const plain = name.replace(/^@/, '')
      if (plain.startsWith('did:')) return [name, [plain]]
      const accounts = await accountsLike(db, plain, MOST_ACCOUNTS)
      return [name, accounts.map(({ did }) => did)]
    }),
  )
  return new Map(meant)
}

/**
 * Active accounts whose handle is the name, or begins with it where it ends with `*`, or whose profile's name holds its words;
 * in the order of their handles.
 */
export async function accountsLike(db: Database, name: string, limit: number): Promise<NamedAccount[]> {
  const start = name.replace(/\*+$/, '').toLowerCase()
  const escaped = start.replace(/[\\%_]/g, '\\$&')
  const handle = name.endsWith('*') ? `${escaped}%` : `${escaped}`
  const [longest] = nameWords(name).sort((a, b) => b.word.length - a.word.length)
  const { rows } = await sql<{ did: string; handle: string; name: string | null }>`
    select repo.did as did, repo.handle as handle from repo
    left join record on record.did = repo.did and record.collection = ${nsid('actor.profile')} and record.visible = 1
    where repo.active = 1 and (lower(repo.handle) like ${handle} escape '\\'
      or (${longest?.word ?? ''} <> '' and lower(record.json) like ${`%${longest?.word ?? ''}%`}))
    order by repo.handle limit ${limit * 20}`.execute(db)
  const names = await accountNames(
    db,
    rows.map(({ did }) => did),
  )
  return rows
    .flatMap(({ did }) => {
      const { handle, name: called } = names.get(did)!
      const isHandle = name.endsWith('*')
        ? handle.toLowerCase().startsWith(start)
        : handle.toLowerCase() === start || handle.toLowerCase().split('.')[0] === start
      const isName = called !== undefined && valueMatches({ value: name, by: 'name' }, called)
      return isHandle || isName ? [{ did, handle, ...(called !== undefined && { name: called }) }] : []
    })
    .slice(0, limit)
}
