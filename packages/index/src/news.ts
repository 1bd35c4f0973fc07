import { sql } from 'kysely'
import { parts } from './in-parts.ts'
import type { Position } from './page-cursor.ts'
import { BY_AN_ACCOUNT } from './queries/feed-items.ts'
import type { Database } from './schema.ts'

/** Where news is read from, each a range of an index: nothing is written for those who read. */
export interface Sources {
  /** DIDs: what they publish. */
  readonly accounts: readonly string[]
  /** What is said of these subjects, by kind of link. */
  readonly links: readonly { readonly kind: string; readonly subject: string }[]
}

export interface NewsRow {
  readonly uri: string
  readonly did: string
  readonly kind: string
  /** The source that brought it. */
  readonly subject: string
  /** Begins with the time of the news. */
  readonly sort_key: string
}

export interface NewsRange {
  /** Only what is older than this position. */
  readonly after?: Position
  /** Only what is newer than this time. */
  readonly since?: string
  readonly limit: number
}

/** Newest first, ties by uri; what several sources bring comes as often. */
export async function newest(db: Database, sources: Sources, range: NewsRange): Promise<NewsRow[]> {
  const asked = [
    ...sources.accounts.flatMap(did => BY_AN_ACCOUNT.map(collection => published(did, collection, range))),
    ...sources.links.map(({ kind, subject }) => linked(kind, subject, range)),
  ]
  const rows: NewsRow[] = []
  // SQLite joins at most 500 selects.
  for (const part of parts(asked)) {
    const all = sql.join(part, sql` union all `)
    const { rows: found } = await sql<NewsRow>`
      select * from (${all}) as news order by sort_key desc, uri desc limit ${range.limit}`.execute(db)
    rows.push(...found)
  }
  return rows.sort(byNews).slice(0, range.limit)
}

/** The time of a news, of which its sort key says more. */
export const timeOf = (sortKey: string): string => sortKey.split(' ', 1)[0]!

/** Behind the time of what accounts published, so that its place is never that of the same record as news of something else. */
export const PUBLISHED = ' ~'

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const byNews = (a: NewsRow, b: NewsRow) => compare(b.sort_key, a.sort_key) || compare(b.uri, a.uri)

const linked = (kind: string, subject: string, { after, since, limit }: NewsRange) => sql`
  select * from (
    select uri, did, kind, subject, sort_key from link
    where kind = ${kind} and subject = ${subject}
      ${after ? sql`and (sort_key, uri) < (${after[0]}, ${after[1]})` : sql``}
      ${since ? sql`and sort_key > ${since}` : sql``}
    order by sort_key desc, uri desc limit ${limit}
  ) as linked`

const published = (did: string, collection: string, { after, since, limit }: NewsRange) => sql`
  select * from (
    select uri, did, 'published' as kind, did as subject, sort_at || ${PUBLISHED} as sort_key from record
    where did = ${did} and collection = ${collection} and visible = 1
      ${after ? sql`and sort_at <= ${timeOf(after[0])} and (sort_at || ${PUBLISHED}, uri) < (${after[0]}, ${after[1]})` : sql``}
      ${since ? sql`and sort_at > ${since}` : sql``}
    order by sort_at desc, rkey desc limit ${limit}
  ) as published`
