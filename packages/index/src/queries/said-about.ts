import { type RawBuilder, sql } from 'kysely'
import type { Position } from '../page-cursor.ts'
import type { Database } from '../schema.ts'
import type { LinkedRow } from './list.ts'
import { VIEW_COLUMNS } from './views.ts'

/** Subjects of one statement: each has a branch of its own in it. */
const MOST_BRANCHES = 100

export interface Asked {
  readonly after: Position | undefined
  readonly limit: number
  readonly direction: 'asc' | 'desc'
  /** Of `link.uri` and `link.did`: which of them. */
  readonly only?: RawBuilder<boolean> | undefined
}

/**
 * The records that say something of one kind about any of these subjects, in the order of their keys, each once. The index is read
 * in that order for each subject, and no further than the page goes.
 */
export async function saidAbout(
  db: Database,
  subjects: readonly string[],
  kind: string,
  asked: Asked,
): Promise<LinkedRow[]> {
  const found = new Map<string, LinkedRow>()
  for (let start = 0; start < subjects.length; start += MOST_BRANCHES)
    for (const row of await pageOf(db, subjects.slice(start, start + MOST_BRANCHES), kind, asked))
      found.set(row.uri, row)
  const rows = [...found.values()]
  if (subjects.length <= MOST_BRANCHES) return rows
  const sign = asked.direction === 'asc' ? 1 : -1
  const before = (a: LinkedRow, b: LinkedRow) =>
    a.sort_key === b.sort_key ? a.uri < b.uri : a.sort_key < b.sort_key
  return rows.sort((a, b) => (before(a, b) ? -sign : sign)).slice(0, asked.limit)
}

/** Those of the subjects about which something of the kind is said. */
export async function subjectsWith(
  db: Database,
  subjects: RawBuilder<string>,
  kind: string,
): Promise<string[]> {
  const { rows } = await sql<{ uri: string }>`
    select uri from ${subjects} as about
    where exists (select 1 from link where link.subject = about.uri and link.kind = ${kind})`.execute(db)
  return rows.map(({ uri }) => uri)
}

async function pageOf(
  db: Database,
  subjects: readonly string[],
  kind: string,
  { after, limit, direction, only = sql<boolean>`1 = 1` }: Asked,
): Promise<LinkedRow[]> {
  const [way, beyond] = direction === 'asc' ? [sql`asc`, sql`>`] : [sql`desc`, sql`<`]
  const rest = after ? sql`(link.sort_key, link.uri) ${beyond} (${after[0]}, ${after[1]})` : sql`1 = 1`
  const branches = subjects.map(
    subject => sql`select * from (
      select link.sort_key, link.uri from link
      where link.subject = ${subject} and link.kind = ${kind} and ${rest} and ${only}
      order by link.sort_key ${way}, link.uri ${way} limit ${limit}
    ) as branch`,
  )
  const columns = VIEW_COLUMNS.map(column => sql.ref(`record.${column}`))
  const { rows } = await sql<LinkedRow>`
    select ${sql.join(columns)}, page.sort_key from (
      select sort_key, uri from (${sql.join(branches, sql` union `)}) as said
      order by sort_key ${way}, uri ${way} limit ${limit}
    ) as page
    join record on record.uri = page.uri
    order by page.sort_key ${way}, page.uri ${way}`.execute(db)
  return rows
}
