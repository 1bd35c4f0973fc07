import { nsid } from '@frost/lexicon'
import { accountNames } from '../entry-facts.ts'
import { QueryError } from '../errors.ts'
import { inParts } from '../in-parts.ts'
import { answer, type JsonText, type JsonValue } from '../json-text.ts'
import { latestVersions, strongRefs } from '../latest-versions.ts'
import { ownerNotices } from '../notice-facts.ts'
import { decodePosition } from '../page-cursor.ts'
import { parseRecord } from '../record-text.ts'
import { ownerOf } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import { type Paging, requireEntry } from './entries.ts'
import { listLinked } from './list.ts'
import { authorView, recordViews, type ViewRow, visibleRecord } from './views.ts'

const VERSION = nsid('dataset.version')

export async function listVersions(
  db: Database,
  { entry, limit = 25, cursor }: Paging & { entry: string },
): Promise<JsonText> {
  const after = decodePosition(cursor)
  const uri = await requireEntry(db, entry)
  const { page, cursor: next } = await listLinked(db, uri, 'version', limit, after)
  return answer({ versions: await versionViews(db, page), cursor: next })
}

export async function getVersion(db: Database, { uri }: { uri: string }): Promise<JsonText> {
  const [version] = await versionViews(db, [await requireVersion(db, uri)])
  return answer({ version })
}

/** @throws QueryError VersionNotFound unless the uri names a version that is visible here */
async function requireVersion(db: Database, uri: string): Promise<ViewRow> {
  const row = await visibleRecord(db, uri, VERSION)
  if (!row)
    throw new QueryError('VersionNotFound', `version '${uri}' is not known here, or its owner withdrew it`)
  return row
}

async function versionViews(db: Database, rows: readonly ViewRow[]): Promise<JsonValue[]> {
  if (rows.length === 0) return []
  const records = rows.map(({ json }) => parseRecord(json))
  const entries = records.flatMap(({ dataset }, place) =>
    typeof dataset === 'string' && ownerOf(dataset) === rows[place]!.did ? dataset : [],
  )
  const [views, latest, notices, adoptions] = await Promise.all([
    recordViews(db, rows),
    latestVersions(db, [...new Set(entries)]),
    ownerNotices(
      db,
      rows.map(({ uri }) => uri),
    ),
    adoptionViews(
      db,
      records.map(({ corrects }) => strongRefs(corrects)),
    ),
  ])
  const newest = new Set([...latest.values()].map(({ uri }) => uri))
  return views.map((view, place) => ({
    ...view,
    edited: rows[place]!.edited === 1 || undefined,
    latest: newest.has(rows[place]!.uri) || undefined,
    notices: notices.get(rows[place]!.uri),
    adopts: adoptions[place],
  }))
}

/** Corrections and issues that versions settle, and who proposed them; undefined for a version that names none. */
async function adoptionViews(
  db: Database,
  adopted: readonly ReturnType<typeof strongRefs>[],
): Promise<(JsonValue[] | undefined)[]> {
  const uris = [...new Set(adopted.flat().map(({ uri }) => uri))]
  const rows = await inParts(uris, part =>
    db
      .selectFrom('record')
      .select(['uri', 'cid', 'did'])
      .where('uri', 'in', part)
      .where('visible', '=', 1)
      .execute(),
  )
  const held = new Map(rows.map(row => [row.uri, row]))
  const names = await accountNames(
    db,
    rows.map(({ did }) => did),
  )
  return adopted.map(refs =>
    refs.length === 0
      ? undefined
      : refs.map(({ uri, cid }) => {
          const row = held.get(uri)
          return {
            uri,
            cid,
            author: row && authorView(names.get(row.did), row.did),
            changedSince: (row && row.cid !== cid) || undefined,
          }
        }),
  )
}
