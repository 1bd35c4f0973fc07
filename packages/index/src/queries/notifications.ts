import { nsid } from '@frost/lexicon'
import { accountNames } from '../entry-facts.ts'
import { followedBy, mutedAmong, sourcesOf } from '../followed.ts'
import { inParts } from '../in-parts.ts'
import { answer, type JsonText, raw } from '../json-text.ts'
import { labelsOf, labelViews } from '../moderation/labels.ts'
import { type NewsRow, newest, type Sources, timeOf } from '../news.ts'
import { decodePosition, type Position } from '../page-cursor.ts'
import type { Reason } from '../projection.ts'
import type { Database } from '../schema.ts'
import type { Paging } from './entries.ts'
import { datasetsOf, namesOfDatasets } from './feed-items.ts'
import { datasetOf } from './gate.ts'
import { NEVER, readerOf } from './reader.ts'
import { sifted } from './sifted.ts'
import { threadsOf } from './threads.ts'
import { authorView, VIEW_COLUMNS } from './views.ts'
import { wordsThatCount } from './words-that-count.ts'

/** More that is not seen is not counted. */
const MOST_UNREAD = 500
const WORDS_ABOUT_WORDS: readonly string[] = [nsid('discussion.issueState'), nsid('graph.acknowledgement')]
/** Sorts behind every time. */
const FOREVER = '~'

export type NotificationReason = Reason | 'version' | 'notice'

interface Told extends NewsRow {
  readonly reason: NotificationReason
}

interface NotificationSources extends Sources {
  /** Of a dataset that is followed or built on, and of a thread, the time since when: what was before is no news. */
  readonly since: ReadonlyMap<string, string>
}

/** What concerns somebody, newest first. */
export async function listNotifications(
  db: Database,
  { viewer, reason, limit = 25, cursor }: Paging & { viewer: string; reason?: readonly string[] },
): Promise<JsonText> {
  const after = decodePosition(cursor)
  const [sources, reader] = await Promise.all([notificationSources(db, viewer), readerOf(db, viewer)])
  const isWanted = (one: string) =>
    !reader.quietReasons.has(one) && (reason === undefined || reason.length === 0 || reason.includes(one))
  const [{ page, cursor: next }, unread] = await Promise.all([
    sifted(
      { limit, after },
      positionOf,
      (from, most) => newest(db, sources, { after: from, limit: most }),
      rows => concerning(db, viewer, isWanted, sources, rows),
    ),
    unreadOf(db, viewer, sources),
  ])
  return answer({
    notifications: await views(db, page as Told[], reader.seenAt),
    unread: unread.length,
    seenAt: reader.seenAt === NEVER ? undefined : reader.seenAt,
    cursor: next,
  })
}

/**
 * What somebody has not been told of since a time, of not more than 500.
 * @param most of these the newest are given, in the shape of the lexicon: strangers decide how large their records are
 * @returns also how many there are in all, and the time of the newest
 */
export async function notificationsSince(db: Database, viewer: string, since: string, most: number) {
  const sources = await notificationSources(db, viewer)
  const told = await unreadOf(db, viewer, sources, since)
  const until = told[0] && timeOf(told[0].sort_key)
  return { newest: await views(db, told.slice(0, most), since), count: told.length, until }
}

const positionOf = ({ sort_key, uri }: NewsRow): Position => [sort_key, uri]

/** What others do to one's own things, and what becomes of what one follows, builds on, and takes part in. */
async function notificationSources(db: Database, viewer: string): Promise<NotificationSources> {
  const [{ datasets }, upstream, threads] = await Promise.all([
    followedBy(db, viewer),
    sourcesOf(db, viewer),
    threadsOf(db, viewer),
  ])
  const since = new Map(datasets)
  for (const [uri, time] of upstream) if (time < (since.get(uri) ?? FOREVER)) since.set(uri, time)
  return {
    accounts: [],
    links: [
      { kind: 'told', subject: viewer },
      ...[...since.keys()].map(subject => ({ kind: 'release', subject })),
      ...[...threads.keys()].map(subject => ({ kind: 'settled', subject })),
    ],
    since: new Map([...since, ...threads]),
  }
}

async function unreadOf(
  db: Database,
  viewer: string,
  sources: NotificationSources,
  since?: string,
): Promise<readonly Told[]> {
  const { seenAt, quietReasons } = await readerOf(db, viewer)
  // Above every reason of that time.
  const rows = await newest(db, sources, { since: `${since ?? seenAt} ~`, limit: MOST_UNREAD })
  return concerning(db, viewer, reason => !quietReasons.has(reason), sources, rows)
}

/** Those of the news that are told: each once, nothing of one's own, nothing of the muted, nothing from before one followed. */
async function concerning(
  db: Database,
  viewer: string,
  isWanted: (reason: string) => boolean,
  { since }: NotificationSources,
  rows: readonly NewsRow[],
): Promise<readonly Told[]> {
  const wanted = rows.flatMap((row): Told[] => {
    const reason = reasonOf(row)
    const isOld = row.kind !== 'told' && timeOf(row.sort_key) < (since.get(row.subject) ?? '')
    return reason !== undefined && row.did !== viewer && !isOld && isWanted(reason)
      ? [{ ...row, reason }]
      : []
  })
  const muted = await mutedAmong(
    db,
    viewer,
    wanted.map(({ did }) => did),
  )
  const heard = wanted.filter(({ did }) => !muted.has(did))
  const [told, known] = await Promise.all([
    wordsThatCount(db, viewer, heard),
    toldOf(
      db,
      viewer,
      heard.filter(({ kind }) => kind !== 'told').map(({ uri }) => uri),
    ),
  ])
  const seen = new Set<string>()
  return told.filter(({ uri, kind }) => {
    if (seen.has(uri) || (kind !== 'told' && known.has(uri))) return false
    seen.add(uri)
    return true
  })
}

function reasonOf({ kind, uri, sort_key }: NewsRow): NotificationReason | undefined {
  if (kind === 'told') return sort_key.slice(sort_key.lastIndexOf(' ') + 1) as Reason
  const collection = uri.split('/')[3]
  if (kind === 'settled')
    return collection === nsid('discussion.issueState') ? 'issue-state' : 'correction-state'
  if (collection === nsid('dataset.version')) return 'version'
  return collection === nsid('dataset.notice') ? 'notice' : undefined
}

/** Those of the records that concern somebody by what they say themselves. */
async function toldOf(db: Database, viewer: string, uris: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await inParts(uris, part =>
    db
      .selectFrom('link')
      .select('uri')
      .where('uri', 'in', part)
      .where('kind', '=', 'told')
      .where('subject', '=', viewer)
      .execute(),
  )
  return new Set(rows.map(({ uri }) => uri))
}

/** The dataset of each record; of words about issues, corrections and claims the one that those are about. */
async function datasetsConcerned(db: Database, uris: readonly string[]): Promise<Map<string, string>> {
  const datasets = await datasetsOf(db, uris)
  const words = uris.filter(uri => !datasets.has(uri) && WORDS_ABOUT_WORDS.includes(uri.split('/')[3] ?? ''))
  const found = await Promise.all(words.map(async uri => [uri, await datasetOf(db, uri)] as const))
  for (const [uri, dataset] of found) if (dataset !== undefined) datasets.set(uri, dataset)
  return datasets
}

async function views(db: Database, rows: readonly Told[], seenAt: string) {
  if (rows.length === 0) return []
  const uris = rows.map(({ uri }) => uri)
  const [records, names, labels, datasets] = await Promise.all([
    inParts(uris, part =>
      db
        .selectFrom('record')
        .select([...VIEW_COLUMNS, 'seq'])
        .where('uri', 'in', part)
        .execute(),
    ),
    accountNames(
      db,
      rows.map(({ did }) => did),
    ),
    labelsOf(
      db,
      rows.flatMap(({ uri, did }) => [uri, did]),
    ),
    datasetsConcerned(db, uris),
  ])
  const named = await namesOfDatasets(db, [...new Set(datasets.values())])
  const recordOf = new Map(records.map(record => [record.uri, record]))
  return rows.flatMap(({ uri, did, reason, sort_key }) => {
    const record = recordOf.get(uri)
    // Gone since the list was read.
    if (!record) return []
    return {
      seq: record.seq ?? 0,
      reason,
      uri,
      author: authorView(names.get(did), did),
      record: raw(record.json),
      indexedAt: record.indexed_at,
      sortAt: timeOf(sort_key),
      isRead: timeOf(sort_key) <= seenAt,
      labels: labelViews(labels, record),
      dataset: named.get(datasets.get(uri) ?? ''),
    }
  })
}
