import { hashRkey, nsid } from '@frost/lexicon'
import { sql } from 'kysely'
import { QueryError } from '../errors.ts'
import { answer, type JsonText, raw } from '../json-text.ts'
import { decodePosition } from '../page-cursor.ts'
import type { Database } from '../schema.ts'
import { requireAccount, withDid } from './accounts.ts'
import { profileViews } from './actors.ts'
import { collectionViews } from './collections.ts'
import type { Paging } from './entries.ts'
import { listLinked, listRecords, listRecordsAmong } from './list.ts'
import { entryViews, VIEW_COLUMNS } from './views.ts'

export async function listFollows(
  db: Database,
  { actor, subject, limit = 25, cursor }: Paging & { actor: string; subject?: readonly string[] },
): Promise<JsonText> {
  const after = decodePosition(cursor)
  const did = await requireAccount(db, actor)
  const own = [did, nsid('graph.follow'), limit, after] as const
  const { page, cursor: next } = subject?.length
    ? await listRecordsAmong(db, followsOf(did, subject), ...own)
    : await listRecords(db, ...own)
  const subjects = page.map(
    ({ json }) => (JSON.parse(json) as { subject?: { did?: string; uri?: string } }).subject ?? {},
  )
  const uris = [...new Set(subjects.flatMap(({ uri }) => uri ?? []))]
  const [profiles, entries, collections] = await Promise.all([
    profileViews(
      db,
      subjects.flatMap(subject => subject.did ?? []),
    ),
    entryViews(db, uris),
    followedCollections(db, uris),
  ])
  return answer({
    follows: page.map((row, place) => ({
      uri: row.uri,
      cid: row.cid,
      record: raw(row.json),
      indexedAt: row.indexed_at,
      actor: profiles.find(profile => profile.did === subjects[place]?.did),
      entry: entries.find(entry => entry.uri === subjects[place]?.uri),
      collection: collections.find(collection => collection.uri === subjects[place]?.uri),
    })),
    cursor: next,
  })
}

/** Follows of an account by what they are of; those of searches have no link, and their key is a hash of the query. */
const followsOf = (did: string, subjects: readonly string[]) => sql<{ uri: string }>`
  select uri from link where kind = 'follow' and did = ${did} and subject in (${sql.join(subjects)})
  union
  select uri from record where uri in (${sql.join(subjects.map(subject => `at://${did}/${nsid('graph.follow')}/${hashRkey(subject)}`))})`

async function followedCollections(db: Database, uris: readonly string[]) {
  const lists = uris.filter(uri => uri.split('/')[3] === nsid('dataset.collection'))
  if (lists.length === 0) return []
  const rows = await db
    .selectFrom('record')
    .select(VIEW_COLUMNS)
    .where('uri', 'in', lists)
    .where('visible', '=', 1)
    .execute()
  return (await collectionViews(db, rows)) as { uri: string }[]
}

export async function listFollowers(
  db: Database,
  { subject, limit = 25, cursor }: Paging & { subject: string },
): Promise<JsonText> {
  const after = decodePosition(cursor)
  const key = subject.startsWith('at://')
    ? await withDid(db, subject)
    : await requireAccount(db, subject.replace(/^@/, ''))
  if (!key) throw new QueryError('EntryNotFound', `subject '${subject}' is not known here`)
  const { page, cursor: next } = await listLinked(db, key, 'follow', limit, after)
  const profiles = await profileViews(
    db,
    page.map(({ did }) => did),
  )
  return answer({
    followers: page.map(({ uri, indexed_at }, place) => ({
      uri,
      actor: profiles[place],
      indexedAt: indexed_at,
    })),
    cursor: next,
  })
}
