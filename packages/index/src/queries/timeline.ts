import { accountNames } from '../entry-facts.ts'
import { followedBy, foundBy, membersOf, mutedAmong } from '../followed.ts'
import { answer, type JsonText, raw } from '../json-text.ts'
import { labelsOf, labelViews } from '../moderation/labels.ts'
import { type NewsRow, newest, PUBLISHED, timeOf } from '../news.ts'
import { decodePosition, type Position, paged } from '../page-cursor.ts'
import { isEntryUri } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import type { SearchEngine } from '../search/engine.ts'
import { requireAccount } from './accounts.ts'
import type { Paging } from './entries.ts'
import { BY_AN_ACCOUNT, datasetsOf } from './feed-items.ts'
import { admitted, type Gate, gateOf } from './gate.ts'
import { sifted } from './sifted.ts'
import { authorView, entryViews, VIEW_COLUMNS } from './views.ts'

/** What others do to what somebody follows, and what those whom they follow publish; newest first. */
export async function getTimeline(
  db: Database,
  search: SearchEngine,
  { viewer, limit = 25, cursor }: Paging & { viewer: string },
): Promise<JsonText> {
  const after = decodePosition(cursor)
  const { accounts, datasets, collections, searches } = await followedBy(db, viewer)
  const [members, found] = await Promise.all([membersOf(db, collections), foundBy(db, search, searches)])
  const releasing = new Map([...found, ...members, ...[...datasets.keys()].map(uri => [uri, uri] as const)])
  const sources = {
    accounts: accounts.filter(did => did !== viewer),
    links: [
      ...[...datasets.keys(), ...collections].map(subject => ({ kind: 'activity', subject })),
      ...[...releasing.keys()].map(subject => ({ kind: 'release', subject })),
    ],
  }
  const discoveries = await publishedEntries(db, [...found.keys()])
  const { page, cursor: next } = await sifted(
    { limit, after },
    positionOf,
    async (from, most) =>
      merged(await newest(db, sources, { after: from, limit: most }), discoveries, from, most),
    rows => wanted(db, viewer, new Set(accounts), rows),
  )
  const via = ({ subject }: NewsRow) => releasing.get(subject) ?? subject
  return answer({ items: await itemViews(db, page, via), cursor: next })
}

/** What an account publishes, newest first. @throws QueryError ActorNotFound */
export async function getActorFeed(
  db: Database,
  { actor, limit = 25, cursor }: Paging & { actor: string },
): Promise<JsonText> {
  const after = decodePosition(cursor)
  const sources = { accounts: [await requireAccount(db, actor)], links: [] }
  const rows = await newest(db, sources, { after, limit: limit + 1 })
  const { page, cursor: next } = paged(rows, limit, positionOf)
  return answer({ items: await itemViews(db, page, ({ subject }) => subject), cursor: next })
}

const positionOf = ({ sort_key, uri }: NewsRow): Position => [sort_key, uri]

/** Datasets that searches found, as news of when they were published. */
async function publishedEntries(db: Database, uris: readonly string[]): Promise<NewsRow[]> {
  if (uris.length === 0) return []
  const rows = await db
    .selectFrom('record')
    .select(['uri', 'did', 'sort_at'])
    .where('uri', 'in', uris)
    .where('visible', '=', 1)
    .execute()
  return rows.map(({ uri, did, sort_at }) => ({
    uri,
    did,
    kind: 'published',
    subject: uri,
    sort_key: sort_at + PUBLISHED,
  }))
}

/** Two lists in the same order as one, after a position and not longer than asked. */
function merged(
  news: readonly NewsRow[],
  more: readonly NewsRow[],
  after: Position | undefined,
  limit: number,
): NewsRow[] {
  const rest = after ? more.filter(row => isOlder(row, after)) : more
  return [...news, ...rest].sort((a, b) => (isOlder(a, positionOf(b)) ? 1 : -1)).slice(0, limit)
}

const isOlder = ({ sort_key, uri }: NewsRow, [key, than]: Position) =>
  sort_key < key || (sort_key === key && uri < than)

/** What of the news is told: each once, nothing of one's own, nothing of the muted, nothing that a dataset's owner keeps out. */
async function wanted(
  db: Database,
  viewer: string,
  accounts: ReadonlySet<string>,
  rows: readonly NewsRow[],
): Promise<readonly NewsRow[]> {
  const seen = new Set<string>()
  const fresh = rows.filter(({ uri, did, kind }) => {
    // What an account published stands at the time that it says, whoever else brought it.
    const isTwice = kind !== 'published' && accounts.has(did) && isPublished(uri)
    if (did === viewer || isTwice || seen.has(uri)) return false
    seen.add(uri)
    return true
  })
  const muted = await mutedAmong(
    db,
    viewer,
    fresh.map(({ did }) => did),
  )
  const heard = fresh.filter(({ did }) => !muted.has(did))
  const kept = await keptOut(db, heard)
  return heard.filter(({ uri }) => !kept.has(uri))
}

const isPublished = (uri: string) => BY_AN_ACCOUNT.includes(uri.split('/')[3] as never)

/** What the owners of the datasets keep out of their discussions. */
async function keptOut(db: Database, rows: readonly NewsRow[]): Promise<ReadonlySet<string>> {
  const out = new Set<string>()
  const said = rows.filter(({ kind, subject }) => kind === 'activity' && isEntryUri(subject))
  const gates = new Map<string, Gate>()
  for (const { uri, did, subject, sort_key } of said) {
    const gate = gates.get(subject) ?? (await gateOf(db, subject))
    gates.set(subject, gate)
    const isIn = (await admitted(db, gate, subject, [{ did, sort_at: sort_key }])).length > 0
    if (gate.hidden.has(uri) || !isIn) out.add(uri)
  }
  return out
}

async function itemViews(db: Database, rows: readonly NewsRow[], via: (row: NewsRow) => string) {
  if (rows.length === 0) return []
  const uris = rows.map(({ uri }) => uri)
  const [records, names, labels, datasets] = await Promise.all([
    db
      .selectFrom('record')
      .select([...VIEW_COLUMNS, 'seq', 'collection'])
      .where('uri', 'in', uris)
      .execute(),
    accountNames(
      db,
      rows.map(({ did }) => did),
    ),
    labelsOf(
      db,
      rows.flatMap(({ uri, did }) => [uri, did]),
    ),
    datasetsOf(db, uris),
  ])
  const entries = await entryViews(db, [...new Set(datasets.values())])
  const entryOf = new Map(entries.map(entry => [entry.uri, entry]))
  const recordOf = new Map(records.map(record => [record.uri, record]))
  return rows.flatMap(row => {
    const record = recordOf.get(row.uri)
    // Gone since the list was read.
    if (!record) return []
    return {
      seq: record.seq ?? 0,
      kind: record.collection.slice(record.collection.lastIndexOf('.') + 1),
      uri: row.uri,
      author: authorView(names.get(row.did), row.did),
      record: datasets.get(row.uri) === row.uri ? undefined : raw(record.json),
      indexedAt: record.indexed_at,
      sortAt: timeOf(row.sort_key),
      labels: labelViews(labels, record),
      entry: entryOf.get(datasets.get(row.uri)!),
      via: via(row),
    }
  })
}
