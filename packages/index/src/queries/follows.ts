import { nsid } from '@frost/lexicon'
import { QueryError } from '../errors.ts'
import { answer, type JsonText, raw } from '../json-text.ts'
import { decodePosition } from '../page-cursor.ts'
import type { Database } from '../schema.ts'
import { requireAccount, withDid } from './accounts.ts'
import { profileViews } from './actors.ts'
import type { Paging } from './entries.ts'
import { listLinked, listRecords } from './list.ts'
import { entryViews } from './views.ts'

export async function listFollows(
  db: Database,
  { actor, limit = 25, cursor }: Paging & { actor: string },
): Promise<JsonText> {
  const after = decodePosition(cursor)
  const did = await requireAccount(db, actor)
  const { page, cursor: next } = await listRecords(db, did, nsid('graph.follow'), limit, after)
  const subjects = page.map(
    ({ json }) => (JSON.parse(json) as { subject?: { did?: string; uri?: string } }).subject ?? {},
  )
  const [profiles, entries] = await Promise.all([
    profileViews(
      db,
      subjects.flatMap(subject => subject.did ?? []),
    ),
    entryViews(db, [...new Set(subjects.flatMap(subject => subject.uri ?? []))]),
  ])
  return answer({
    follows: page.map((row, place) => ({
      uri: row.uri,
      cid: row.cid,
      record: raw(row.json),
      indexedAt: row.indexed_at,
      actor: profiles.find(profile => profile.did === subjects[place]?.did),
      entry: entries.find(entry => entry.uri === subjects[place]?.uri),
    })),
    cursor: next,
  })
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
