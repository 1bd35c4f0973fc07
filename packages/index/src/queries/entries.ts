import { nsid } from '@frost/lexicon'
import { QueryError } from '../errors.ts'
import { answer, type JsonText } from '../json-text.ts'
import { decodePosition } from '../page-cursor.ts'
import type { Database } from '../schema.ts'
import { requireAccount, withDid } from './accounts.ts'
import { acknowledgementViews } from './acknowledgements.ts'
import { availabilityOfMirrors, copiesOfEntry } from './availability.ts'
import { listLinked, listRecords } from './list.ts'
import { entryViews, recordViews, viewsOfEntries, visibleRecord } from './views.ts'

const ENTRY = nsid('dataset.entry')

export interface Paging {
  readonly limit?: number
  readonly cursor?: string
}

export async function getEntry(db: Database, { uri }: { uri: string }): Promise<JsonText> {
  const row = await visibleRecord(db, uri, ENTRY)
  if (!row) throw notFound(uri)
  const [[entry], copies, acknowledgements] = await Promise.all([
    viewsOfEntries(db, [row]),
    copiesOfEntry(db, row.uri, row.json),
    acknowledgementViews(db, row.uri),
  ])
  return answer({ entry: { ...entry, ...copies, acknowledgements } })
}

export async function getEntries(db: Database, { uris }: { uris: readonly string[] }): Promise<JsonText> {
  const resolved = await Promise.all(uris.map(uri => withDid(db, uri)))
  return answer({ entries: await entryViews(db, [...new Set(resolved.filter(uri => uri !== undefined))]) })
}

export async function listEntries(
  db: Database,
  { actor, limit = 25, cursor }: Paging & { actor: string },
): Promise<JsonText> {
  const after = decodePosition(cursor)
  const did = await requireAccount(db, actor)
  const { page, cursor: next } = await listRecords(db, did, ENTRY, limit, after)
  return answer({ entries: await viewsOfEntries(db, page), cursor: next })
}

export async function listMirrors(
  db: Database,
  { entry, limit = 25, cursor }: Paging & { entry: string },
): Promise<JsonText> {
  const after = decodePosition(cursor)
  const uri = await requireEntry(db, entry)
  const { page, cursor: next } = await listLinked(db, uri, 'mirror', limit, after)
  const [views, found] = await Promise.all([recordViews(db, page), availabilityOfMirrors(db, page)])
  const mirrors = views.map((view, place) => ({ ...view, availability: found[place] }))
  return answer({ mirrors, cursor: next })
}

/** @throws QueryError EntryNotFound unless the uri names an entry that is visible here */
export async function requireEntry(db: Database, uri: string): Promise<string> {
  const resolved = await withDid(db, uri)
  if (!resolved) throw notFound(uri)
  const row = await db
    .selectFrom('record')
    .select('uri')
    .where('uri', '=', resolved)
    .where('collection', '=', ENTRY)
    .where('visible', '=', 1)
    .executeTakeFirst()
  if (!row) throw notFound(uri)
  return row.uri
}

const notFound = (uri: string) =>
  new QueryError(
    'EntryNotFound',
    `dataset '${uri}' is not known here, or its owner withdrew it: search for it by its title`,
  )
