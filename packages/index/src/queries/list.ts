import { rkeyOf } from '@frost/lexicon'
import { type RawBuilder, sql } from 'kysely'
import { type Position, paged } from '../page-cursor.ts'
import type { Database } from '../schema.ts'
import { rowsOf } from '../sql-text.ts'
import { VIEW_COLUMNS, type ViewRow } from './views.ts'

export interface Page<Row> {
  readonly page: Row[]
  readonly cursor?: string
}

/** One page of an account's visible records of one type, newest first. */
export async function listRecords(
  db: Database,
  did: string,
  collection: string,
  limit: number,
  after: Position | undefined,
): Promise<Page<ViewRow>> {
  const [sortAt, uri] = after ?? FIRST
  // Of one account and collection, keys are in the order of uris.
  const rows = await rowsOf<ViewRow>(db)`
    select uri, did, cid, json, indexed_at, sort_at, edited from record
    where did = ${did} and collection = ${collection} and visible = 1 and (sort_at, rkey) < (${sortAt}, ${rkeyOf(uri)})
    order by sort_at desc, rkey desc limit ${limit + 1}`
  return paged(rows, limit, positionOf)
}

/** The same of those records alone that a query of `uri` names. */
export async function listRecordsAmong(
  db: Database,
  among: RawBuilder<{ uri: string }>,
  did: string,
  collection: string,
  limit: number,
  after: Position | undefined,
): Promise<Page<ViewRow>> {
  const [sortAt, uri] = after ?? FIRST
  const rows = await db
    .selectFrom('record')
    .select(VIEW_COLUMNS)
    .where('did', '=', did)
    .where('collection', '=', collection)
    .where('visible', '=', 1)
    .where('uri', 'in', sql<string>`(${among})`)
    .where(({ eb, refTuple, tuple }) => eb(refTuple('sort_at', 'rkey'), '<', tuple(sortAt, rkeyOf(uri))))
    .orderBy('sort_at', 'desc')
    .orderBy('rkey', 'desc')
    .limit(limit + 1)
    .execute()
  return paged(rows, limit, positionOf)
}

/** Later than any time of a record. */
const FIRST: Position = ['~', '']
const positionOf = ({ sort_at, uri }: ViewRow): Position => [sort_at, uri]

export interface LinkedRow extends ViewRow {
  readonly sort_key: string
}

/** One page of the records that say something of this kind about a subject. */
export async function listLinked(
  db: Database,
  subject: string,
  kind: string,
  limit: number,
  after: Position | undefined,
  direction: 'asc' | 'desc' = 'desc',
): Promise<Page<LinkedRow>> {
  const rows = await linkedRows(db, subject, kind, limit + 1, after, direction)
  return paged(rows, limit, row => [row.sort_key, row.uri])
}

/** The records that say something of this kind about a subject, at most so many after a position. */
export async function linkedRows(
  db: Database,
  subject: string,
  kind: string,
  limit: number,
  after: Position | undefined,
  direction: 'asc' | 'desc' = 'desc',
): Promise<LinkedRow[]> {
  const rows = await db
    .selectFrom('link')
    .innerJoin('record', 'record.uri', 'link.uri')
    .select(VIEW_COLUMNS.map(column => `record.${column}` as const))
    .select('link.sort_key')
    .where('link.subject', '=', subject)
    .where('link.kind', '=', kind)
    .$if(after !== undefined, ask =>
      ask.where(({ eb, refTuple, tuple }) =>
        eb(
          refTuple('link.sort_key', 'link.uri'),
          direction === 'desc' ? '<' : '>',
          tuple(after![0], after![1]),
        ),
      ),
    )
    .orderBy('link.sort_key', direction)
    .orderBy('link.uri', direction)
    .limit(limit)
    .execute()
  return rows as unknown as LinkedRow[]
}
