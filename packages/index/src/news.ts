import { type RawBuilder, sql } from 'kysely'
import { inParts, parts } from './in-parts.ts'
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

/** One range of an index: what an account publishes of one type, or what is said of a subject. */
interface Source {
  readonly kind: string
  readonly subject: string
  /** Its newest sort key in the range that is asked for. */
  readonly newest: string
}

/** Newest first, ties by uri; what several sources bring comes as often. */
export async function newest(db: Database, sources: Sources, range: NewsRange): Promise<NewsRow[]> {
  const { accounts, links } = sources
  const kinds = [...new Set(links.map(({ kind }) => kind))]
  const heads = await Promise.all([
    ...BY_AN_ACCOUNT.map(collection => headsOf(db, accounts, collection, newestPublished(collection, range))),
    ...kinds.map(kind => {
      const subjects = links.flatMap(link => (link.kind === kind ? link.subject : []))
      return headsOf(db, subjects, kind, newestLinked(kind, range))
    }),
  ])
  const known = heads.flat().sort((a, b) => compare(b.newest, a.newest))
  // The newest so many come of as many sources at most, and of those that are as new as the last of them.
  const last = known[range.limit - 1]?.newest ?? ''
  const asked = known
    .filter(source => source.newest >= last)
    .map(({ kind, subject }) =>
      BY_AN_ACCOUNT.includes(kind as never) ? published(subject, kind, range) : linked(kind, subject, range),
    )
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

/** How new each subject is; those of which there is nothing are left out. */
async function headsOf(
  db: Database,
  subjects: readonly string[],
  kind: string,
  newestOf: RawBuilder<unknown>,
): Promise<Source[]> {
  const heads = await inParts([...new Set(subjects)], async part => {
    const named = sql.join(part.map(subject => sql`(cast(${subject} as text))`))
    const { rows } = await sql<{ subject: string; newest: string | null }>`
      with asked(subject) as (values ${named})
      select asked.subject as subject, (${newestOf}) as newest from asked`.execute(db)
    return rows
  })
  return heads.flatMap(({ subject, newest: at }) => (at === null ? [] : { kind, subject, newest: at }))
}

const newestLinked = (kind: string, range: NewsRange) => sql`
  select sort_key from link where link.subject = asked.subject and kind = ${kind} ${ofLinks(range)}
  order by sort_key desc, uri desc limit 1`

const newestPublished = (collection: string, range: NewsRange) => sql`
  select sort_at || ${PUBLISHED} from record
  where did = asked.subject and collection = ${collection} and visible = 1 ${ofRecords(range)}
  order by sort_at desc, rkey desc limit 1`

const ofLinks = ({ after, since }: NewsRange) => sql`
  ${after ? sql`and (sort_key, uri) < (${after[0]}, ${after[1]})` : sql``}
  ${since ? sql`and sort_key > ${since}` : sql``}`

const ofRecords = ({ after, since }: NewsRange) => sql`
  ${after ? sql`and sort_at <= ${timeOf(after[0])} and (sort_at || ${PUBLISHED}, uri) < (${after[0]}, ${after[1]})` : sql``}
  ${since ? sql`and sort_at > ${since}` : sql``}`

/** The time of a news, of which its sort key says more. */
export const timeOf = (sortKey: string): string => sortKey.split(' ', 1)[0]!

/** Behind the time of what accounts published, so that its place is never that of the same record as news of something else. */
export const PUBLISHED = ' ~'

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const byNews = (a: NewsRow, b: NewsRow) => compare(b.sort_key, a.sort_key) || compare(b.uri, a.uri)

const linked = (kind: string, subject: string, range: NewsRange) => sql`
  select * from (
    select uri, did, kind, subject, sort_key from link
    where kind = ${kind} and subject = ${subject} ${ofLinks(range)}
    order by sort_key desc, uri desc limit ${range.limit}
  ) as linked`

const published = (did: string, collection: string, range: NewsRange) => sql`
  select * from (
    select uri, did, 'published' as kind, did as subject, sort_at || ${PUBLISHED} as sort_key from record
    where did = ${did} and collection = ${collection} and visible = 1 ${ofRecords(range)}
    order by sort_at desc, rkey desc limit ${range.limit}
  ) as published`
