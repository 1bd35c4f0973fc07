/** Accounts by what people call them: handle, DID, or words of the name of their profile. */

import { withoutEnd } from '@frost/lexicon'
import { type RawBuilder, sql } from 'kysely'
import { accountNames } from '../entry-facts.ts'
import { NAMED } from '../projections/profile.ts'
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
  const start = withoutEnd(name, '*').toLowerCase()
  const isPrefix = name.endsWith('*')
  const [longest] = nameWords(name).sort((a, b) => b.word.length - a.word.length)
  // Ranges of an index each: people are offered at every key that somebody presses.
  const byHandle = isPrefix
    ? within(sql.ref('handle'), start)
    : sql`(handle = ${start} or ${within(sql.ref('handle'), `${start}.`)})`
  const said = NAMED + (longest?.word ?? '')
  const byName = longest?.isStart ? within(sql.ref('link.subject'), said) : sql`link.subject = ${said}`
  const { rows } = await sql<{ did: string }>`
    select did from (select did from repo where active = 1 and ${byHandle} order by handle limit ${limit * 20}) as handles
    union
    select did from (
      select link.did as did from link join repo on repo.did = link.did
      where link.kind = 'named' and ${byName} and repo.active = 1 limit ${longest ? limit * 20 : 0}
    ) as names`.execute(db)
  const names = await accountNames(
    db,
    rows.map(({ did }) => did),
  )
  return rows
    .flatMap(({ did }) => {
      const { handle, name: called } = names.get(did)!
      const isHandle = isPrefix
        ? handle.toLowerCase().startsWith(start)
        : handle.toLowerCase() === start || handle.toLowerCase().split('.')[0] === start
      const isName = called !== undefined && valueMatches({ value: name, by: 'name' }, called)
      return isHandle || isName ? [{ did, handle, ...(called !== undefined && { name: called }) }] : []
    })
    .sort((a, b) => (a.handle < b.handle ? -1 : 1))
    .slice(0, limit)
}

/** Texts that begin so, as a range of an index. */
const within = (column: RawBuilder<unknown>, start: string) =>
  sql`(${column} >= ${start} and ${column} < ${`${start}\u{10ffff}`})`
