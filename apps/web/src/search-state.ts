/** The state of a search is its address: what the results page reads from the URL and writes into links. */

/** Filters that may hold several values. */
export const LIST_FILTERS = ['format', 'license', 'model', 'keyword', 'variable'] as const
/** Filters and settings with one value. */
export const SINGLE_FILTERS = ['q', 'publisher', 'bbox', 'from', 'until', 'sort', 'cursor'] as const

export type ListFilter = (typeof LIST_FILTERS)[number]
export type SingleFilter = (typeof SINGLE_FILTERS)[number]

export type SearchState = { readonly [filter in ListFilter]?: readonly string[] } & {
  readonly [filter in SingleFilter]?: string
}

/** Longest value that is taken from an address; the AppView has limits of its own. */
const LONGEST_VALUE = 2000
const MOST_VALUES = 20

export function readSearch(query: URLSearchParams): SearchState {
  const state: Record<string, string | string[]> = {}
  for (const name of LIST_FILTERS) {
    const values = [...new Set(query.getAll(name).filter(Boolean))].slice(0, MOST_VALUES)
    if (values.length > 0) state[name] = values.map(value => value.slice(0, LONGEST_VALUE))
  }
  for (const name of SINGLE_FILTERS) {
    const value = query.get(name)?.trim()
    if (value) state[name] = value.slice(0, LONGEST_VALUE)
  }
  return state
}

export function searchAddress(state: SearchState): string {
  const query = new URLSearchParams()
  for (const name of SINGLE_FILTERS) if (state[name]) query.set(name, state[name])
  for (const name of LIST_FILTERS) for (const value of state[name] ?? []) query.append(name, value)
  const text = query.toString()
  return text ? `/search?${text}` : '/search'
}

/** The same search with one value of a facet put in or taken out, from its first page. */
export function toggled(state: SearchState, filter: ListFilter | 'publisher', value: string): SearchState {
  const { cursor: _, ...first } = state
  if (filter === 'publisher') return { ...first, publisher: state.publisher === value ? undefined : value }
  const values = state[filter] ?? []
  return {
    ...first,
    [filter]: values.includes(value) ? values.filter(other => other !== value) : [...values, value],
  }
}

export function isChosen(state: SearchState, filter: ListFilter | 'publisher', value: string): boolean {
  return filter === 'publisher' ? state.publisher === value : (state[filter] ?? []).includes(value)
}

/** Everything that narrows the search, as chips that can be taken off. */
export function chosenFilters(state: SearchState): { filter: string; value: string; without: SearchState }[] {
  const lists = LIST_FILTERS.flatMap(filter =>
    (state[filter] ?? []).map(value => ({ filter, value, without: toggled(state, filter, value) })),
  )
  const singles = (['publisher', 'bbox', 'from', 'until'] as const).flatMap(filter =>
    state[filter]
      ? [{ filter, value: state[filter], without: { ...state, cursor: undefined, [filter]: undefined } }]
      : [],
  )
  return [...lists, ...singles]
}
