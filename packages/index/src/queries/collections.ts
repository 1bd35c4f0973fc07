import { nsid } from '@frost/lexicon'
import { sql } from 'kysely'
import { QueryError } from '../errors.ts'
import { answer, type JsonText, type JsonValue, raw } from '../json-text.ts'
import { decodePosition } from '../page-cursor.ts'
import type { Database } from '../schema.ts'
import { requireAccount, withDid } from './accounts.ts'
import type { Paging } from './entries.ts'
import { listLinked, listRecords, listRecordsAmong } from './list.ts'
import { entryViews, recordViews, type ViewRow, visibleRecord } from './views.ts'

const COLLECTION = nsid('dataset.collection')

export async function getCollection(db: Database, { uri }: { uri: string }): Promise<JsonText> {
  const [collection] = await collectionViews(db, [await requireCollection(db, uri)])
  return answer({ collection })
}

export async function listCollections(
  db: Database,
  { actor, holding, limit = 25, cursor }: Paging & { actor: string; holding?: string },
): Promise<JsonText> {
  const after = decodePosition(cursor)
  const did = await requireAccount(db, actor)
  const held = holding === undefined ? undefined : ((await withDid(db, holding)) ?? holding)
  const own = [did, COLLECTION, limit, after] as const
  const { page, cursor: next } =
    held === undefined
      ? await listRecords(db, ...own)
      : await listRecordsAmong(db, collectionsHolding(did, held), ...own)
  return answer({ collections: await collectionViews(db, page), cursor: next })
}

const collectionsHolding = (did: string, held: string) => sql<{ uri: string }>`
  select item.subject from link as item join link as within on within.uri = item.uri
  where within.subject = ${held} and within.kind = 'in-collection' and within.did = ${did}
    and item.kind = 'item'`

export async function listCollectionItems(
  db: Database,
  { collection, limit = 25, cursor }: Paging & { collection: string },
): Promise<JsonText> {
  const after = decodePosition(cursor)
  const { uri } = await requireCollection(db, collection)
  const { page, cursor: next } = await listLinked(db, uri, 'item', limit, after, 'asc')
  const subjects = page.map(({ json }) => (JSON.parse(json) as { subject?: { uri?: string } }).subject?.uri)
  const entries = await entryViews(db, [...new Set(subjects.filter(subject => subject !== undefined))])
  const byUri = new Map(entries.map(entry => [entry.uri, entry]))
  return answer({
    items: page.map((row, place) => ({
      uri: row.uri,
      cid: row.cid,
      record: raw(row.json),
      indexedAt: row.indexed_at,
      entry: byUri.get(subjects[place]),
    })),
    cursor: next,
  })
}

export async function collectionViews(db: Database, rows: readonly ViewRow[]): Promise<JsonValue[]> {
  if (rows.length === 0) return []
  const uris = rows.map(({ uri }) => uri)
  const [views, counts] = await Promise.all([
    recordViews(db, rows),
    db
      .selectFrom('link')
      .select(['subject', 'kind', db.fn.countAll<number>().as('count')])
      .where('subject', 'in', uris)
      .where('kind', 'in', ['item', 'follow'])
      .groupBy(['subject', 'kind'])
      .execute(),
  ])
  const countOf = (uri: string, kind: string) =>
    Number(counts.find(row => row.subject === uri && row.kind === kind)?.count ?? 0)
  return views.map((view, place) => ({
    ...view,
    counts: { items: countOf(uris[place]!, 'item'), followers: countOf(uris[place]!, 'follow') },
  }))
}

/** @throws QueryError CollectionNotFound unless the uri names a list that is visible here */
export async function requireCollection(db: Database, uri: string): Promise<ViewRow> {
  const row = await visibleRecord(db, uri, COLLECTION)
  if (!row)
    throw new QueryError(
      'CollectionNotFound',
      `collection '${uri}' is not known here, or its curator withdrew it`,
    )
  return row
}
