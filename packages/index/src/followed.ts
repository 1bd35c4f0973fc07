import { nsid } from '@frost/lexicon'
import { documentsOf } from './documents.ts'
import { inParts } from './in-parts.ts'
import { items, text } from './projection.ts'
import { readFilters } from './queries/search.ts'
import { parseRecord } from './record-text.ts'
import { isEntryUri, isVersionUri, ownerOf } from './reference-key.ts'
import type { Database } from './schema.ts'
import type { SearchEngine } from './search/engine.ts'
import { readSavedSearch, savedSearchParams } from './updates/saved-search.ts'
import { datasetsOfVersions } from './version-datasets.ts'

/** The newest follows count. */
const MOST_FOLLOWS = 2000
const MOST_MEMBERS = 1000
const MOST_SEARCHES = 20
/** Of a search that is followed, this many of the newest datasets. */
const MOST_FOUND = 100
const MOST_RECORDS = 5000
const MOST_SOURCES = 1000

export interface Followed {
  /** DIDs. */
  readonly accounts: readonly string[]
  /** at-uris, each with the time since when. */
  readonly datasets: ReadonlyMap<string, string>
  readonly collections: readonly string[]
  /** Query strings. */
  readonly searches: readonly string[]
}

/** What an account follows. */
export async function followedBy(db: Database, did: string): Promise<Followed> {
  const rows = await db
    .selectFrom('record')
    .select(['json', 'sort_at'])
    .where('did', '=', did)
    .where('collection', '=', nsid('graph.follow'))
    .where('visible', '=', 1)
    .orderBy('sort_at', 'desc')
    .orderBy('rkey', 'desc')
    .limit(MOST_FOLLOWS)
    .execute()
  const follows = rows.flatMap(({ json, sort_at }) =>
    items([parseRecord(json).subject]).map(subject => ({ subject, sort_at })),
  )
  const subjects = follows.map(({ subject }) => subject)
  const distinct = (values: readonly (string | undefined)[]) => [
    ...new Set(values.filter(value => value !== undefined)),
  ]
  const uris = distinct(subjects.map(subject => text(subject.uri)))
  // Newest first: of several follows of one dataset the oldest counts.
  const since = new Map(follows.map(({ subject, sort_at }) => [text(subject.uri), sort_at]))
  return {
    accounts: distinct(subjects.map(subject => text(subject.did))),
    datasets: new Map(uris.filter(isEntryUri).map(uri => [uri, since.get(uri)!])),
    collections: uris.filter(uri => uri.split('/')[3] === nsid('dataset.collection')),
    searches: distinct(subjects.map(subject => text(subject.query))).slice(0, MOST_SEARCHES),
  }
}

/** Datasets in these collections, with the collection that each is in. */
export async function membersOf(
  db: Database,
  collections: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const members = new Map<string, string>()
  for (const list of collections) {
    const rows = await db
      .selectFrom('link as item')
      .innerJoin('link as within', join =>
        join.onRef('within.uri', '=', 'item.uri').on('within.kind', '=', 'in-collection'),
      )
      .select('within.subject')
      .where('item.subject', '=', list)
      .where('item.kind', '=', 'item')
      .limit(MOST_MEMBERS)
      .execute()
    for (const { subject } of rows) if (members.size < MOST_MEMBERS) members.set(subject, list)
  }
  return members
}

/** The newest datasets that each of these searches finds, with the search; a search that cannot be read finds nothing. */
export async function foundBy(
  db: Database,
  search: SearchEngine,
  queries: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const query of queries) {
    const saved = await readable(db, query)
    if (!saved) continue
    const { hits } = await search.search({ ...saved.filters, sort: 'newest', limit: MOST_FOUND })
    const documents = await documentsOf(
      db,
      hits.map(({ uri }) => uri),
    )
    // Results are ranked and may lack a word; what is news must have all of them, as for subscribers.
    for (const document of documents)
      if (!found.has(document.uri) && saved.search.matches(document)) found.set(document.uri, query)
  }
  return found
}

async function readable(db: Database, query: string) {
  try {
    const filters = await readFilters(db, savedSearchParams(query))
    return filters && { filters, search: await readSavedSearch(db, query) }
  } catch {
    // Anyone writes what they like into a record; it was not checked when it was written.
    return undefined
  }
}

/** Datasets of others that an account's own were made from, as it says itself, each with the time since when it does. */
export async function sourcesOf(db: Database, did: string): Promise<ReadonlyMap<string, string>> {
  const own = db
    .selectFrom('record')
    .select(['uri', 'sort_at'])
    .where('did', '=', did)
    .where('collection', 'in', [nsid('dataset.entry'), nsid('dataset.version')])
    .where('visible', '=', 1)
    .limit(MOST_RECORDS)
  const rows = await db
    .selectFrom(own.as('own'))
    .innerJoin('edge', 'edge.uri', 'own.uri')
    .select(({ fn }) => ['edge.to_key', fn.min<string>('own.sort_at').as('since')])
    .where('edge.relation', '=', 'is-derived-from')
    .where('edge.asserted_by', '=', 'downstream-owner')
    .groupBy('edge.to_key')
    .limit(MOST_SOURCES)
    .execute()
  const keys = rows.map(({ to_key }) => to_key)
  const datasets = await datasetsOfVersions(db, keys.filter(isVersionUri))
  const sources = new Map<string, string>()
  for (const { to_key, since } of rows) {
    const uri = isEntryUri(to_key) ? to_key : datasets.get(to_key)
    if (uri === undefined || ownerOf(uri) === did) continue
    const known = sources.get(uri)
    if (known === undefined || since < known) sources.set(uri, since)
  }
  return sources
}

/** Those of the accounts that somebody has muted. */
export async function mutedAmong(
  db: Database,
  did: string,
  accounts: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await inParts([...new Set(accounts)], part =>
    db.selectFrom('mute').select('subject').where('did', '=', did).where('subject', 'in', part).execute(),
  )
  return new Set(rows.map(({ subject }) => subject))
}
