import { edtfRange, parseBbox } from '@frost/lexicon'
import { accountNames } from '../entry-facts.ts'
import { QueryError } from '../errors.ts'
import { answer, type JsonText } from '../json-text.ts'
import type { Database } from '../schema.ts'
import {
  type FacetName,
  facetNames,
  type SearchEngine,
  type SearchFilters,
  type SearchSort,
} from '../search/engine.ts'
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
  readonly bbox?: string
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
  return answer({ entries, total: page.total, totalIsExact: page.totalIsExact, cursor: page.cursor })
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
  return answer({ suggestions: [...people, ...suggestions].slice(0, limit) })
}

async function suggestPeople(db: Database, q: string, limit: number) {
  const prefix = q
    .trim()
    .toLowerCase()
    .replace(/[\\%_]/g, '\\$&')
    .slice(0, 100)
  if (prefix.length < 2) return []
  const rows = await db
    .selectFrom('repo')
    .select(['did', 'handle'])
    .where(({ eb }) => eb('handle', 'like', eb.val(`${prefix}%`)))
    .where('active', '=', 1)
    .orderBy('handle')
    .limit(limit)
    .execute()
  const names = await accountNames(
    db,
    rows.map(({ did }) => did),
  )
  return rows.map(({ did }) => {
    const account = names.get(did)!
    return { kind: 'person', text: account.name ?? account.handle, did, handle: account.handle }
  })
}

/** Filters as the engine takes them; undefined where a filter can match nothing (a publisher that is not known). */
export async function readFilters(db: Database, params: SearchParams): Promise<SearchFilters | undefined> {
  const { publisher, bbox, from, until, ...rest } = params
  const did = publisher === undefined ? undefined : await findAccount(db, publisher)
  if (publisher !== undefined && !did) return undefined
  return {
    ...rest,
    ...(did && { publisher: [did] }),
    ...(bbox !== undefined && { bbox: parseBbox(bbox) }),
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
