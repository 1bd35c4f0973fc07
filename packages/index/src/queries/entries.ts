import { nsid } from '@frost/lexicon'
import { QueryError } from '../errors.ts'
import { answer, type JsonText } from '../json-text.ts'
import { decodePosition } from '../page-cursor.ts'
import type { Database } from '../schema.ts'
import { requireAccount, withDid } from './accounts.ts'
import { listLinked, listRecords } from './list.ts'
import { entryViews, recordViews, VIEW_COLUMNS } from './views.ts'

const ENTRY = nsid('dataset.entry')
const VERSION = nsid('dataset.version')

export interface Paging {
  readonly limit?: number
  readonly cursor?: string
}

export async function getEntry(db: Database, { uri }: { uri: string }): Promise<JsonText> {
  const [entry] = await entryViews(db, [await requireEntry(db, uri)])
  if (!entry) throw notFound(uri)
  return answer({ entry })
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
  const entries = await entryViews(
    db,
    page.map(({ uri }) => uri),
  )
  return answer({ entries, cursor: next })
}

export async function listVersions(
  db: Database,
  { entry, limit = 25, cursor }: Paging & { entry: string },
): Promise<JsonText> {
  const after = decodePosition(cursor)
  const uri = await requireEntry(db, entry)
  const { page, cursor: next } = await listLinked(db, uri, 'version', limit, after)
  const views = await recordViews(db, page)
  return answer({
    versions: views.map((view, place) => ({ ...view, edited: page[place]?.edited === 1 || undefined })),
    cursor: next,
  })
}

export async function getVersion(db: Database, { uri }: { uri: string }): Promise<JsonText> {
  const resolved = await withDid(db, uri)
  const row = resolved
    ? await db
        .selectFrom('record')
        .select(VIEW_COLUMNS)
        .where('uri', '=', resolved)
        .where('collection', '=', VERSION)
        .where('visible', '=', 1)
        .executeTakeFirst()
    : undefined
  if (!row)
    throw new QueryError('VersionNotFound', `version '${uri}' is not known here, or its owner withdrew it`)
  const [view] = await recordViews(db, [row])
  return answer({ version: { ...view, edited: row.edited === 1 || undefined } })
}

export async function listMirrors(
  db: Database,
  { entry, limit = 25, cursor }: Paging & { entry: string },
): Promise<JsonText> {
  const after = decodePosition(cursor)
  const uri = await requireEntry(db, entry)
  const { page, cursor: next } = await listLinked(db, uri, 'mirror', limit, after)
  return answer({ mirrors: await recordViews(db, page), cursor: next })
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
