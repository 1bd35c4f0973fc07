import { edtfRange, parseBbox } from '@frost/lexicon'
import { accountNames } from '../entry-facts.ts'
import { QueryError } from '../errors.ts'
import { inParts } from '../in-parts.ts'
import { answer, type JsonText, type JsonValue } from '../json-text.ts'
import { labelsOf, labelViews } from '../moderation/labels.ts'
import { ownerOf } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import { parsePolygon } from '../search/area.ts'
import {
  type FacetName,
  facetNames,
  type SearchEngine,
  type SearchFilters,
  type SearchSort,
} from '../search/engine.ts'
import { accountsIn, accountsLike } from './account-names.ts'
import { findAccount } from './accounts.ts'
import { entryViews } from './views.ts'

export interface SearchParams {
  readonly q?: string
  readonly format?: readonly string[]
  readonly license?: readonly string[]
  readonly model?: readonly string[]
  readonly keyword?: readonly string[]
  readonly variable?: readonly string[]
  readonly publisher?: string
  readonly creator?: readonly string[]
  readonly offer?: readonly string[]
  readonly access?: readonly string[]
  readonly bbox?: string
  readonly polygon?: string
  readonly from?: string
  readonly until?: string
}

export async function searchEntries(
  db: Database,
  search: SearchEngine,
  { sort, limit = 25, cursor, ...params }: SearchParams & { sort?: string; limit?: number; cursor?: string },
): Promise<JsonText> {
  const filters = await readFilters(db, params)
  if (!filters) return answer({ entries: [], total: 0, totalIsExact: true })
  const page = await search.search({
    ...filters,
    limit,
    ...(sort && { sort: sort as SearchSort }),
    ...(cursor && { cursor }),
  })
  const entries = await entryViews(
    db,
    page.hits.map(({ uri }) => uri),
  )
  const didYouMean = cursor === undefined && params.q ? await search.correct(params.q) : undefined
  return answer({
    entries,
    total: page.total,
    totalIsExact: page.totalIsExact,
    cursor: page.cursor,
    didYouMean,
  })
}

/** The matches by the time that they cover; years as text, since records and answers hold no fractions. */
export async function countTimeline(
  db: Database,
  search: SearchEngine,
  { buckets = 48, ...params }: SearchParams & { buckets?: number },
): Promise<JsonText> {
  const filters = await readFilters(db, params)
  if (!filters) return answer({ buckets: [], undated: 0, total: 0, exact: true })
  return answer((await search.timeline(filters, buckets)) as unknown as JsonValue & object)
}

export async function countFacets(
  db: Database,
  search: SearchEngine,
  { facet = [], limit = 20, ...params }: SearchParams & { facet?: readonly string[]; limit?: number },
): Promise<JsonText> {
  const unknown = facet.find(name => !(facetNames as readonly string[]).includes(name))
  if (unknown)
    throw new QueryError(
      'InvalidFilter',
      `facet is '${unknown.slice(0, 60)}': there are ${facetNames.join(', ')}`,
    )
  const filters = await readFilters(db, params)
  if (!filters) return answer({ facets: [], total: 0, exact: true })
  const names = (facet.length > 0 ? facet : facetNames) as readonly FacetName[]
  const counted = await search.facets(filters, names, { limit })
  const publishers = counted.facets.find(({ name }) => name === 'publisher')?.values ?? []
  const accounts = await accountNames(
    db,
    publishers.map(({ value }) => value),
  )
  return answer({
    facets: counted.facets.map(({ name, values }) => ({
      name,
      exact: counted.exact,
      values: values.map(({ value, count }) => {
        const account = name === 'publisher' ? accounts.get(value) : undefined
        return { value, label: account && (account.name ?? account.handle), count }
      }),
    })),
    total: counted.total,
    exact: counted.exact,
  })
}

export async function suggest(
  db: Database,
  search: SearchEngine,
  { q, limit = 10 }: { q: string; limit?: number },
): Promise<JsonText> {
  const [completions, people] = await Promise.all([
    search.suggest(q, limit),
    suggestPeople(db, q, Math.ceil(limit / 3)),
  ])
  const suggestions = completions.map(({ kind, value, count, uri }) => ({
    kind: kind === 'title' ? 'dataset' : kind,
    text: value,
    uri,
    count,
  }))
  return answer({ suggestions: await labelled(db, [...people, ...suggestions].slice(0, limit)) })
}

/** Suggestions with what labelers say of the datasets and people among them. */
async function labelled<Suggestion extends { uri?: string; did?: string }>(
  db: Database,
  suggestions: readonly Suggestion[],
) {
  const about = suggestions.map(({ uri, did = uri && ownerOf(uri) }) => ({ uri, did }))
  const labels = await labelsOf(
    db,
    about.flatMap(({ uri, did }) => [uri, did].filter(one => one !== undefined)),
  )
  if (labels.size === 0) return suggestions
  const rows = await inParts(
    about.flatMap(({ uri }) => uri ?? []),
    part => db.selectFrom('record').select(['uri', 'cid']).where('uri', 'in', part).execute(),
  )
  const cids = new Map(rows.map(({ uri, cid }) => [uri, cid]))
  return suggestions.map((suggestion, place) => {
    const { uri, did } = about[place]!
    return { ...suggestion, labels: did && labelViews(labels, { did, uri, cid: uri && cids.get(uri) }) }
  })
}

async function suggestPeople(db: Database, q: string, limit: number) {
  const prefix = q.trim().toLowerCase().slice(0, 100)
  if (prefix.length < 2) return []
  const accounts = await accountsLike(db, `${prefix}*`, limit)
  return accounts.map(({ did, handle, name }) => ({ kind: 'person', text: name ?? handle, did, handle }))
}

/** Filters as the engine takes them; undefined where a filter can match nothing (a publisher that is not known). */
export async function readFilters(db: Database, params: SearchParams): Promise<SearchFilters | undefined> {
  const { publisher, bbox, polygon, from, until, ...rest } = params
  const did = publisher === undefined ? undefined : await findAccount(db, publisher)
  if (publisher !== undefined && !did) return undefined
  const accounts = rest.q ? await accountsIn(db, rest.q) : undefined
  return {
    ...rest,
    ...(accounts && { accounts }),
    ...(did && { publisher: [did] }),
    ...(bbox !== undefined && { bbox: parseBbox(bbox) }),
    ...(polygon !== undefined && { polygon: parsePolygon(polygon) }),
    ...(from !== undefined && { from: readTime('from', from).start }),
    ...(until !== undefined && { until: readTime('until', until).end }),
  }
}

function readTime(field: string, text: string) {
  const range = edtfRange(text)
  if (!range) {
    throw new QueryError(
      'InvalidTime',
      `${field} is '${text.slice(0, 60)}': write an ISO 8601 year, month or day, such as 2002-06-01`,
    )
  }
  return range
}
