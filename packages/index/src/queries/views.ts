import { nsid } from '@frost/lexicon'
import { type AccountName, accountNames, entryCounts, UNKNOWN_HANDLE } from '../entry-facts.ts'
import { type JsonValue, raw } from '../json-text.ts'
import type { Database } from '../schema.ts'

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

export function authorView(account: AccountName | undefined, did: string): JsonValue {
  return { did, handle: account?.handle ?? UNKNOWN_HANDLE, displayName: account?.name }
}

/** A record with its author: the shape of versions, mirrors and collections. */
export async function recordViews(
  db: Database,
  rows: readonly ViewRow[],
): Promise<{ [name: string]: JsonValue }[]> {
  const names = await accountNames(
    db,
    rows.map(({ did }) => did),
  )
  return rows.map(row => ({
    uri: row.uri,
    cid: row.cid,
    author: authorView(names.get(row.did), row.did),
    record: raw(row.json),
    indexedAt: row.indexed_at,
  }))
}

/** Entries with their newest version, counts and notices, in the order given; those that are not visible are left out. */
export async function entryViews(
  db: Database,
  uris: readonly string[],
): Promise<{ [name: string]: JsonValue }[]> {
  if (uris.length === 0) return []
  const found = await db
    .selectFrom('record')
    .select(VIEW_COLUMNS)
    .where('uri', 'in', uris)
    .where('collection', '=', nsid('dataset.entry'))
    .where('visible', '=', 1)
    .execute()
  const rows = new Map(found.map(row => [row.uri, row]))
  const ordered = uris.flatMap(uri => rows.get(uri) ?? [])
  const present = ordered.map(({ uri }) => uri)
  const [views, counts, latest, notices] = await Promise.all([
    recordViews(db, ordered),
    entryCounts(db, present),
    latestVersions(db, present),
    ownerNotices(db, present),
  ])
  return views.map((view, place) => {
    const uri = present[place]!
    return { ...view, latestVersion: latest.get(uri), counts: counts.get(uri), notices: notices.get(uri) }
  })
}

/** The newest version of each entry, by the time of its release, then by uri. */
async function latestVersions(db: Database, uris: readonly string[]): Promise<Map<string, JsonValue>> {
  if (uris.length === 0) return new Map()
  const rows = await db
    .selectFrom(
      db
        .selectFrom('link')
        .select(['subject', 'uri', 'sort_key'])
        .select(({ fn }) =>
          fn
            .agg<number>('row_number')
            .over(over => over.partitionBy('subject').orderBy('sort_key', 'desc').orderBy('uri', 'desc'))
            .as('place'),
        )
        .where('kind', '=', 'version')
        .where('subject', 'in', uris)
        .as('ranked'),
    )
    .innerJoin('record', 'record.uri', 'ranked.uri')
    .select(['ranked.subject', 'record.uri', 'record.cid', 'record.json'])
    .where('ranked.place', '=', 1)
    .execute()
  return new Map(
    rows.map(({ subject, uri, cid, json }) => {
      const { version, releasedAt } = JSON.parse(json) as { version: string; releasedAt: string }
      return [subject, { uri, cid, version, releasedAt }]
    }),
  )
}

const MOST_NOTICES = 16

/** What the owner says that users must know now; notices that are resolved are left out. */
async function ownerNotices(db: Database, uris: readonly string[]): Promise<Map<string, JsonValue[]>> {
  const notices = new Map<string, JsonValue[]>()
  if (uris.length === 0) return notices
  const rows = await db
    .selectFrom('link')
    .innerJoin('record', 'record.uri', 'link.uri')
    .select(['link.subject', 'link.did', 'record.uri', 'record.json'])
    .where('link.kind', '=', 'notice')
    .where('link.subject', 'in', uris)
    .orderBy('link.sort_key', 'desc')
    .execute()
  for (const { subject, did, uri, json } of rows) {
    if (!subject.startsWith(`at://${did}/`)) continue
    const { kind, text, createdAt, resolvedAt } = JSON.parse(json) as Record<string, string | undefined>
    const list = notices.get(subject) ?? []
    if (resolvedAt || list.length >= MOST_NOTICES) continue
    list.push({ uri, kind, text, createdAt })
    notices.set(subject, list)
  }
  return notices
}
