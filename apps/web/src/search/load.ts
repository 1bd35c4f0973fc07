/** What the pages of search need from the AppView. */
import { frost } from '@frost/lexicon'
import { type AppView, type Facet, Refused, type SearchAnswer, type Timeline } from '../appview.ts'
import { chipText } from '../design/search/chips.tsx'
import type { Relaxed } from '../design/search/help-out.tsx'
import { chosenFilters, type SearchState, savedQuery } from '../search-state.ts'

const RESULTS_A_PAGE = 20
const FACETS = [
  'format',
  'model',
  'keyword',
  'license',
  'publisher',
  'creator',
  'variable',
  'offer',
  'access',
]
/** Things that are tried without, where nothing is found. */
const MOST_RELAXED = 10
const MOST_FOLLOWS = 100

/** Results, facets and timeline; a query that the AppView refuses is told as a problem. */
export async function loadResults(appview: AppView, state: SearchState) {
  try {
    const [answer, facets, timeline] = await Promise.all([
      search(appview, state, RESULTS_A_PAGE),
      countFacets(appview, state, FACETS),
      countTimeline(appview, state),
    ])
    const names = publisherNames(facets)
    const relaxed = answer.total === 0 ? await loadRelaxed(appview, state, names) : []
    return { answer, facets, timeline, names, relaxed }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return { problem: error.message, facets: [], names: new Map<string, string>(), relaxed: [] }
  }
}

/** Names of publishers by DID, as the facet says them. */
export function publisherNames(facets: readonly Facet[]): ReadonlyMap<string, string> {
  const values = facets.find(({ name }) => name === 'publisher')?.values ?? []
  return new Map(values.map(({ value, label }) => [value, label ?? value]))
}

/** How many there would be without each thing that narrows the search, the most first. */
async function loadRelaxed(
  appview: AppView,
  state: SearchState,
  names: ReadonlyMap<string, string>,
): Promise<Relaxed[]> {
  const chosen = chosenFilters(state).slice(0, MOST_RELAXED)
  const tried = await Promise.all(
    chosen.map(async one => {
      const answer = await search(appview, one.without, 1).catch(() => undefined)
      return { text: chipText(one, names), state: one.without, total: answer?.total ?? 0 }
    }),
  )
  const all = { ...(state.q && { q: state.q }) }
  const words =
    chosen.length > 1 && state.q
      ? [{ text: 'any filter', state: all, total: (await search(appview, all, 1)).total }]
      : []
  return [...tried, ...words].filter(({ total }) => total > 0).sort((a, b) => b.total - a.total)
}

export async function search(appview: AppView, state: SearchState, limit: number): Promise<SearchAnswer> {
  const { sort = state.q ? 'relevance' : 'newest' } = state
  return (await appview.query(frost.dataset.searchEntries, {
    ...state,
    sort,
    limit,
  })) as unknown as SearchAnswer
}

export async function countFacets(
  appview: AppView,
  state: SearchState,
  facet: readonly string[],
): Promise<Facet[]> {
  const { cursor: _, sort: __, ...filters } = state
  const { facets } = await appview.query(frost.dataset.countFacets, { ...filters, facet })
  return facets as Facet[]
}

export async function countTimeline(appview: AppView, state: SearchState): Promise<Timeline> {
  const { cursor: _, sort: __, ...filters } = state
  return (await appview.query(frost.dataset.countTimeline, filters)) as Timeline
}

/** A search that somebody follows. */
export interface SavedSearch {
  readonly query: string
  readonly title?: string
}

/** The searches that somebody follows, the latest first. */
export async function savedSearches(appview: AppView, did: string): Promise<SavedSearch[]> {
  const saved: SavedSearch[] = []
  let cursor: string | undefined
  do {
    const page = (await appview.query(frost.graph.listFollows, {
      actor: did,
      limit: MOST_FOLLOWS,
      ...(cursor && { cursor }),
    })) as unknown as { follows: { record: { subject?: Partial<SavedSearch> } }[]; cursor?: string }
    for (const { record } of page.follows) {
      const { query, title } = record.subject ?? {}
      if (typeof query === 'string') saved.push({ query, ...(typeof title === 'string' && { title }) })
    }
    cursor = page.cursor
  } while (cursor && saved.length < MOST_FOLLOWS)
  return saved
}

/** Whether they follow this search; false where the AppView cannot say, since the page can do without. */
export async function isFollowed(appview: AppView, did: string, state: SearchState): Promise<boolean> {
  const query = savedQuery(state)
  const saved = await savedSearches(appview, did).catch(() => [])
  return saved.some(one => one.query === query)
}
