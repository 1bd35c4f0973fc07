import { nsid } from '@frost/lexicon'
import { type AccountName, accountNames, UNKNOWN_HANDLE } from '../entry-facts.ts'
import { inParts } from '../in-parts.ts'
import type { JsonValue } from '../json-text.ts'
import { labelsOf, labelViews } from '../moderation/labels.ts'
import { isEntryUri, isVersionUri } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import type { SearchEngine } from '../search/engine.ts'
import { requireAccount } from './accounts.ts'
import { requireCollection } from './collections.ts'
import { requireEntry } from './entries.ts'
import { readFilters, type SearchParams } from './search.ts'

/** Something new, as feeds tell of it. */
export interface FeedItem {
  readonly uri: string
  readonly cid: string
  readonly collection: string
  readonly author: AccountName
  readonly record: Readonly<Record<string, unknown>>
  /** The dataset it is about, and its title; absent where it is about none, or none that is shown. */
  readonly dataset?: { readonly uri: string; readonly title: string }
  readonly publishedAt: string
  readonly updatedAt: string
}

export interface FeedOf {
  /** What the feed is about. */
  readonly title: string
  /** Newest first. */
  readonly items: readonly FeedItem[]
}

const MOST_ITEMS = 50
const MOST_DATASETS = 1000
const ENTRY = nsid('dataset.entry')

/** What followers of a dataset want to read of. */
const ABOUT_A_DATASET = ['version', 'head', 'notice', 'mirror', 'correction', 'citation', 'endorsement']
/** What an account publishes. */
export const BY_AN_ACCOUNT = ['dataset.entry', 'dataset.version', 'dataset.notice', 'dataset.collection'].map(
  nsid,
)

/** News of one dataset. @throws QueryError EntryNotFound */
export async function datasetFeed(db: Database, { uri }: { uri: string }): Promise<FeedOf> {
  const dataset = await requireEntry(db, uri)
  const title = (await titlesOf(db, [dataset])).get(dataset) ?? dataset
  const uris = [dataset, ...(await newestAbout(db, [dataset], ABOUT_A_DATASET))]
  return { title, items: await itemsOf(db, uris) }
}

/** What an account publishes. @throws QueryError ActorNotFound */
export async function accountFeed(db: Database, { actor }: { actor: string }): Promise<FeedOf> {
  const did = await requireAccount(db, actor)
  const rows = await db
    .selectFrom('record')
    .select('uri')
    .where('did', '=', did)
    .where('collection', 'in', BY_AN_ACCOUNT)
    .where('visible', '=', 1)
    .orderBy('sort_at', 'desc')
    .limit(MOST_ITEMS)
    .execute()
  const account = (await accountNames(db, [did])).get(did)
  return {
    title: account?.name ?? account?.handle ?? did,
    items: await itemsOf(
      db,
      rows.map(row => row.uri),
    ),
  }
}

/** News of the datasets of a curator's list, and what comes into it. @throws QueryError CollectionNotFound */
export async function collectionFeed(db: Database, { uri }: { uri: string }): Promise<FeedOf> {
  const list = await requireCollection(db, uri)
  const members = await db
    .selectFrom('link as item')
    .innerJoin('link as within', join =>
      join.onRef('within.uri', '=', 'item.uri').on('within.kind', '=', 'in-collection'),
    )
    .select('within.subject')
    .where('item.subject', '=', list.uri)
    .where('item.kind', '=', 'item')
    .limit(MOST_DATASETS)
    .execute()
  const datasets = members.map(({ subject }) => subject)
  const uris = [...datasets, ...(await newestAbout(db, datasets, ['version', 'head', 'notice']))]
  const { title } = JSON.parse(list.json) as { title?: unknown }
  return { title: String(title ?? 'Collection'), items: await itemsOf(db, uris) }
}

/** The newest datasets that a search finds. @throws QueryError, InvalidQuery, InvalidFilter */
export async function searchFeed(db: Database, search: SearchEngine, params: SearchParams): Promise<FeedOf> {
  const filters = await readFilters(db, params)
  const page = filters ? await search.search({ ...filters, sort: 'newest', limit: MOST_ITEMS }) : { hits: [] }
  return {
    title: params.q ? `Search: ${params.q}` : 'New datasets',
    items: await itemsOf(
      db,
      page.hits.map(({ uri }) => uri),
    ),
  }
}

/** The newest records about these datasets, of these kinds. */
async function newestAbout(
  db: Database,
  datasets: readonly string[],
  kinds: readonly string[],
): Promise<string[]> {
  if (datasets.length === 0) return []
  const rows = await db
    .selectFrom('link')
    .select('uri')
    .where('subject', 'in', datasets)
    .where('kind', 'in', kinds)
    .orderBy('sort_key', 'desc')
    .limit(MOST_ITEMS)
    .execute()
  return rows.map(({ uri }) => uri)
}

async function itemsOf(db: Database, uris: readonly string[]): Promise<FeedItem[]> {
  if (uris.length === 0) return []
  const rows = await db
    .selectFrom('record')
    .select(['uri', 'cid', 'did', 'collection', 'json', 'sort_at', 'indexed_at'])
    .where('uri', 'in', [...new Set(uris)])
    .where('visible', '=', 1)
    .orderBy('indexed_at', 'desc')
    .orderBy('uri')
    .limit(MOST_ITEMS)
    .execute()
  const datasets = await datasetsOf(
    db,
    rows.map(({ uri }) => uri),
  )
  const [names, titles] = await Promise.all([
    accountNames(
      db,
      rows.map(({ did }) => did),
    ),
    titlesOf(db, [...new Set(datasets.values())]),
  ])
  return rows.map(({ uri, cid, did, collection, json, sort_at, indexed_at }) => {
    const dataset = datasets.get(uri)
    const title = dataset === undefined ? undefined : titles.get(dataset)
    return {
      uri,
      cid,
      collection,
      author: names.get(did) ?? { did, handle: UNKNOWN_HANDLE },
      record: JSON.parse(json) as Record<string, unknown>,
      ...(title !== undefined && { dataset: { uri: dataset!, title } }),
      publishedAt: sort_at,
      updatedAt: indexed_at,
    }
  })
}

/** The dataset that each record is, or is about; one about a version is about the version's dataset. */
export async function datasetsOf(db: Database, uris: readonly string[]): Promise<Map<string, string>> {
  const datasets = new Map(uris.filter(isEntryUri).map(uri => [uri, uri]))
  if (uris.length === 0) return datasets
  const links = await db
    .selectFrom('link')
    .leftJoin('link as of', join => join.onRef('of.uri', '=', 'link.subject').on('of.kind', '=', 'version'))
    .select(['link.uri', 'link.subject', 'of.subject as dataset'])
    .where('link.uri', 'in', uris)
    .execute()
  for (const { uri, subject, dataset } of links) {
    if (datasets.has(uri)) continue
    if (isEntryUri(subject)) datasets.set(uri, subject)
    else if (isVersionUri(subject) && dataset) datasets.set(uri, dataset)
  }
  return datasets
}

/** Titles of datasets, as far as they are shown. */
export async function titlesOf(db: Database, uris: readonly string[]): Promise<Map<string, string>> {
  return new Map((await shownDatasets(db, uris)).map(({ uri, title }) => [uri, title]))
}

/** Datasets by their names, as far as they are shown, with what labelers say of them. */
export async function namesOfDatasets(
  db: Database,
  uris: readonly string[],
): Promise<Map<string, { [name: string]: JsonValue }>> {
  const rows = await shownDatasets(db, uris)
  const labels = await labelsOf(
    db,
    rows.flatMap(({ uri, did }) => [uri, did]),
  )
  return new Map(
    rows.map(row => [row.uri, { uri: row.uri, title: row.title, labels: labelViews(labels, row) }]),
  )
}

async function shownDatasets(db: Database, uris: readonly string[]) {
  const rows = await inParts(uris, part =>
    db
      .selectFrom('record')
      .select(['uri', 'did', 'cid', 'json'])
      .where('uri', 'in', part)
      .where('collection', '=', ENTRY)
      .where('visible', '=', 1)
      .execute(),
  )
  return rows.map(({ json, ...row }) => ({
    ...row,
    title: String((JSON.parse(json) as { title?: unknown }).title),
  }))
}
