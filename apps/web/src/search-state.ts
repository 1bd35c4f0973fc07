/** The state of a search is its address: what the results page reads from the URL and writes into links. */

import { queryParts, withoutPart } from '@frost/index/search/query-parts'

/** Filters that may hold several values. */
export const LIST_FILTERS = [
  'format',
  'license',
  'model',
  'keyword',
  'variable',
  'creator',
  'offer',
  'access',
] as const
/** Filters and settings with one value. */
export const SINGLE_FILTERS = [
  'q',
  'publisher',
  'bbox',
  'polygon',
  'from',
  'until',
  'sort',
  'cursor',
] as const

export type ListFilter = (typeof LIST_FILTERS)[number]
export type SingleFilter = (typeof SINGLE_FILTERS)[number]

export type SearchState = { readonly [filter in ListFilter]?: readonly string[] } & {
  readonly [filter in SingleFilter]?: string
}

/** Longest value that is taken from an address; the AppView has limits of its own. */
const LONGEST_VALUE = 4096
const LONGEST_POLYGON = 16_384
/** The sides of a box as fields of a form; the address holds them as one. */
export const SIDES = ['west', 'south', 'east', 'north'] as const
const MOST_VALUES = 20

export function readSearch(query: URLSearchParams): SearchState {
  const state: Record<string, string | string[]> = {}
  for (const name of LIST_FILTERS) {
    const values = [...new Set(query.getAll(name).filter(Boolean))].slice(0, MOST_VALUES)
    if (values.length > 0) state[name] = values.map(value => value.slice(0, LONGEST_VALUE))
  }
  for (const name of SINGLE_FILTERS) {
    const value = query.get(name)?.trim()
    if (value) state[name] = value.slice(0, name === 'polygon' ? LONGEST_POLYGON : LONGEST_VALUE)
  }
  const sides = SIDES.map(side => query.get(side)?.trim() ?? '')
  if (sides.some(side => side !== '')) state.bbox = sides.map(side => side.slice(0, 40)).join(',')
  return state
}

/** Whether a query comes from the form and has a shorter address. */
export const isFromForm = (query: URLSearchParams): boolean =>
  SIDES.some(side => query.has(side)) || [...query.values()].includes('')

export function searchAddress(state: SearchState, path = '/search'): string {
  const text = searchQuery(state)
  return text ? `${path}?${text}` : path
}

/** The parameters of a search as a query string. */
export function searchQuery(state: SearchState): string {
  const query = new URLSearchParams()
  for (const name of SINGLE_FILTERS) if (state[name]) query.set(name, state[name])
  for (const name of LIST_FILTERS) for (const value of state[name] ?? []) query.append(name, value)
  return query.toString()
}

/** What is searched, whatever page of it is looked at, in whatever order: what can be saved. */
export function savedQuery({ cursor: _, sort: __, ...search }: SearchState): string {
  return searchQuery(search)
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

/** What a filter is called. */
export const FILTER_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    format: 'Format',
    model: 'Data model',
    license: 'Licence',
    keyword: 'Subject',
    variable: 'Variable or column',
    publisher: 'Publisher',
    creator: 'Author',
    offer: 'Offered',
    access: 'Access',
    year: 'Years',
    published: 'Published',
    title: 'Title',
    bbox: 'Box',
    polygon: 'Area',
    from: 'From',
    until: 'Until',
  }),
)

/** What values of a filter are called, where they are not called as they are written. */
const VALUE_NAMES: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map(
  Object.entries({
    offer: new Map(
      Object.entries({
        any: 'in any way',
        free: 'for nothing',
        paid: 'for money',
        'one-time': 'paid once',
        subscription: 'by subscription',
        usage: 'paid by use',
        'on-request': 'price on request',
      }),
    ),
    access: new Map(
      Object.entries({
        registered: 'after signing up',
        restricted: 'on request',
        'metadata-only': 'description only',
        commercial: 'for payment',
      }),
    ),
  }),
)

export const valueName = (filter: string, value: string): string | undefined =>
  VALUE_NAMES.get(filter)?.get(value.toLowerCase())

/** Something that narrows the search. */
export interface Chosen {
  readonly filter: string
  /** As in the address or in the query text. */
  readonly value: string
  readonly without: SearchState
}

/** Everything that narrows the search beside its words: filters, and what the query text holds of fields, phrases and exclusions. */
export function chosenFilters(state: SearchState): Chosen[] {
  const lists = LIST_FILTERS.flatMap(filter =>
    (state[filter] ?? []).map(value => ({ filter, value, without: toggled(state, filter, value) })),
  )
  const singles = (['publisher', 'bbox', 'polygon', 'from', 'until'] as const).flatMap(filter =>
    state[filter]
      ? [{ filter, value: state[filter], without: { ...state, cursor: undefined, [filter]: undefined } }]
      : [],
  )
  const q = state.q ?? ''
  const written = queryParts(q)
    .filter(({ field, quoted, excluded }) => field || quoted || excluded)
    .map(part => ({
      filter: part.field ?? (part.quoted ? 'phrase' : 'word'),
      value: q.slice(part.start, part.end),
      without: { ...state, cursor: undefined, q: withoutPart(q, part) || undefined },
    }))
  return [...lists, ...singles, ...written]
}
