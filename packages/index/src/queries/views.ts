import { nsid } from '@frost/lexicon'
import {
  type AccountName,
  accountNames,
  entryCounts,
  havingLinks,
  linkCounts,
  UNKNOWN_HANDLE,
} from '../entry-facts.ts'
import { type JsonValue, raw, toJsonText } from '../json-text.ts'
import { latestVersions } from '../latest-versions.ts'
import { labelsOf, labelViews } from '../moderation/labels.ts'
import { ownerNotices } from '../notice-facts.ts'
import type { Database } from '../schema.ts'
import { rowsOf } from '../sql-text.ts'
import { withDid } from './accounts.ts'

/** The columns that every view is made of. */
export const VIEW_COLUMNS = ['uri', 'did', 'cid', 'json', 'indexed_at', 'sort_at', 'edited'] as const

export interface ViewRow {
  readonly uri: string
  readonly did: string
  readonly cid: string
  readonly json: string
  readonly indexed_at: string
  readonly sort_at: string
  readonly edited: number
}

/** The record of a type that a uri, under a DID or a handle, names; undefined where it is not known here or not shown. */
export async function visibleRecord(
  db: Database,
  uri: string,
  collection: string,
): Promise<ViewRow | undefined> {
  const resolved = await withDid(db, uri)
  if (!resolved) return undefined
  return db
    .selectFrom('record')
    .select(VIEW_COLUMNS)
    .where('uri', '=', resolved)
    .where('collection', '=', collection)
    .where('visible', '=', 1)
    .executeTakeFirst()
}

export function authorView(account: AccountName | undefined, did: string): { [name: string]: JsonValue } {
  const { handle = UNKNOWN_HANDLE, name: displayName, archived } = account ?? {}
  return { did, handle, displayName, archived: archived && { ...archived } }
}

/** A record with its author: the shape of versions, mirrors and collections. */
export async function recordViews(
  db: Database,
  rows: readonly ViewRow[],
): Promise<{ [name: string]: JsonValue }[]> {
  const [names, labels] = await Promise.all([
    accountNames(
      db,
      rows.map(({ did }) => did),
    ),
    labelsOf(
      db,
      rows.flatMap(({ uri, did }) => [uri, did]),
    ),
  ])
  // A page of one account has one author.
  const authors = new Map<string, JsonValue>()
  for (const { did } of rows)
    if (!authors.has(did)) authors.set(did, raw(toJsonText(authorView(names.get(did), did))))
  return rows.map(row => ({
    uri: row.uri,
    cid: row.cid,
    author: authors.get(row.did),
    record: raw(row.json),
    indexedAt: row.indexed_at,
    labels: labelViews(labels, row),
  }))
}

/** Entries with their newest version, counts and notices, in the order given; those that are not visible are left out. */
export async function entryViews(
  db: Database,
  uris: readonly string[],
): Promise<{ [name: string]: JsonValue }[]> {
  if (uris.length === 0) return []
  const found = await rowsOf<ViewRow>(db)`
    select uri, did, cid, json, indexed_at, sort_at, edited from record
    where uri in (${uris}) and collection = ${nsid('dataset.entry')} and visible = 1`
  const rows = new Map(found.map(row => [row.uri, row]))
  return viewsOfEntries(
    db,
    uris.flatMap(uri => rows.get(uri) ?? []),
  )
}

/** The same of entries that are read already and visible. */
export async function viewsOfEntries(
  db: Database,
  rows: readonly ViewRow[],
): Promise<{ [name: string]: JsonValue }[]> {
  const present = rows.map(({ uri }) => uri)
  const links = await linkCounts(db, present)
  const [views, counts, latest, notices] = await Promise.all([
    recordViews(db, rows),
    entryCounts(db, present, links),
    latestVersions(db, havingLinks(links, 'version')),
    ownerNotices(db, havingLinks(links, 'notice')),
  ])
  return views.map((view, place) => {
    const uri = present[place]!
    return {
      ...view,
      latestVersion: latest.get(uri),
      counts: raw(JSON.stringify(counts.get(uri))),
      notices: notices.get(uri),
    }
  })
}
