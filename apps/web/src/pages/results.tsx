import type { FC } from 'hono/jsx'
import type { Facet, SearchAnswer } from '../appview.ts'
import { DatasetResult } from '../design/dataset-item.tsx'
import { queryWords } from '../design/highlight.tsx'
import { Layout } from '../design/layout.tsx'
import {
  chosenFilters,
  isChosen,
  LIST_FILTERS,
  type ListFilter,
  type SearchState,
  searchAddress,
  toggled,
} from '../search-state.ts'
import { formatCount, plural } from '../text.ts'

export interface ResultsProps {
  readonly publicUrl: string
  readonly state: SearchState
  readonly answer?: SearchAnswer
  readonly facets: readonly Facet[]
  /** Names of publishers by DID, for the chips. */
  readonly names: ReadonlyMap<string, string>
  /** What was wrong with the query, in words that help to mend it. */
  readonly problem?: string
}

export const ResultsPage: FC<ResultsProps> = props => {
  const { state, answer } = props
  return (
    <Layout
      title={state.q ? `${state.q} – FROST` : 'All datasets – FROST'}
      query={state.q}
      canonical={props.publicUrl + searchAddress(state)}
    >
      <div class="with-aside left">
        <aside class="stack" aria-label="Filters">
          <details class="filters">
            <summary>Filters{chosenFilters(state).length > 0 && ` (${chosenFilters(state).length})`}</summary>
            <div class="stack">
              <Facets {...props} />
              <MoreFilters state={state} />
            </div>
          </details>
        </aside>
        <section>
          <div class="results-head">
            <h1>{answer ? heading(answer, state) : 'Nothing was searched'}</h1>
            <SortLinks state={state} />
          </div>
          <Chips state={state} names={props.names} />
          {props.problem && (
            <p class="banner" role="alert">
              {props.problem}
            </p>
          )}
          {answer?.entries.map(entry => (
            <DatasetResult entry={entry} words={queryWords(state.q ?? '')} />
          ))}
          {answer?.entries.length === 0 && <NothingFound state={state} />}
          {answer && <Pager state={state} next={answer.cursor} />}
        </section>
      </div>
    </Layout>
  )
}

function heading(answer: SearchAnswer, state: SearchState): string {
  const found = plural(answer.total, 'dataset')
  const approximate = answer.totalIsExact === false ? 'about ' : ''
  return state.q ? `${approximate}${found} for “${state.q}”` : `${approximate}${found}`
}

const FACET_TITLES: Record<string, string> = {
  format: 'Format',
  model: 'Data model',
  license: 'Licence',
  keyword: 'Subject',
  variable: 'Variable or column',
  publisher: 'Publisher',
}

const Facets: FC<ResultsProps> = ({ facets, state }) => (
  <div class="card">
    <h2 class="visually-hidden">Narrow the results</h2>
    {facets
      .filter(facet => facet.values.length > 0)
      .map(facet => (
        <details class="facet" open={['format', 'model', 'keyword'].includes(facet.name)}>
          <summary>
            {FACET_TITLES[facet.name] ?? facet.name}
            {!facet.exact && <span class="soft small"> (of the best 10,000)</span>}
          </summary>
          <ul class="plain">
            {facet.values.slice(0, 12).map(({ value, label, count }) => {
              const filter = facet.name as ListFilter | 'publisher'
              const chosen = isChosen(state, filter, value)
              return (
                <li>
                  <a
                    href={searchAddress(toggled(state, filter, value))}
                    rel="nofollow"
                    aria-current={chosen ? 'true' : undefined}
                  >
                    <span>{label ?? value}</span>
                    <span class="count">{formatCount(count)}</span>
                  </a>
                </li>
              )
            })}
          </ul>
        </details>
      ))}
  </div>
)

const MoreFilters: FC<{ state: SearchState }> = ({ state }) => (
  <form class="card stack" action="/search" method="get">
    <h2>Space and time</h2>
    {state.q && <input type="hidden" name="q" value={state.q} />}
    {state.sort && <input type="hidden" name="sort" value={state.sort} />}
    {state.publisher && <input type="hidden" name="publisher" value={state.publisher} />}
    {LIST_FILTERS.flatMap(name =>
      (state[name] ?? []).map(value => <input type="hidden" name={name} value={value} />),
    )}
    <p class="field">
      <label for="bbox">Box: west, south, east, north (degrees)</label>
      <input
        id="bbox"
        type="text"
        name="bbox"
        value={state.bbox}
        placeholder="-10,35,30,60"
        inputmode="text"
      />
    </p>
    <p class="field">
      <label for="from">From</label>
      <input id="from" type="text" name="from" value={state.from} placeholder="1979 or 1979-01-01" />
    </p>
    <p class="field">
      <label for="until">Until</label>
      <input id="until" type="text" name="until" value={state.until} placeholder="2020-12" />
    </p>
    <button type="submit" class="quiet">
      Apply
    </button>
  </form>
)

const SORTS = [
  ['relevance', 'Best match'],
  ['newest', 'Newest'],
  ['most-used', 'Most used'],
] as const

const SortLinks: FC<{ state: SearchState }> = ({ state }) => {
  const now = state.sort ?? (state.q ? 'relevance' : 'newest')
  return (
    <nav class="meta" aria-label="Order">
      {SORTS.filter(([sort]) => sort !== 'relevance' || state.q).map(([sort, text]) =>
        sort === now ? (
          <b aria-current="true">{text}</b>
        ) : (
          <a href={searchAddress({ ...state, sort, cursor: undefined })} rel="nofollow">
            {text}
          </a>
        ),
      )}
    </nav>
  )
}

const Chips: FC<{ state: SearchState; names: ReadonlyMap<string, string> }> = ({ state, names }) => {
  const chosen = chosenFilters(state)
  if (chosen.length === 0) return null
  return (
    <div class="filters-on">
      {chosen.map(({ filter, value, without }) => (
        <a
          class="badge strong"
          href={searchAddress(without)}
          aria-label={`Remove ${filter} ${names.get(value) ?? value}`}
        >
          {filter}: {names.get(value) ?? value} ✕
        </a>
      ))}
      <a class="badge" href={searchAddress({ q: state.q, sort: state.sort })}>
        Clear all
      </a>
    </div>
  )
}

const NothingFound: FC<{ state: SearchState }> = ({ state }) => (
  <div class="card stack">
    <p>No dataset matches all of this. Try fewer or more general words, or take a filter off.</p>
    <ul>
      {chosenFilters(state).length > 0 && (
        <li>
          <a href={searchAddress({ q: state.q })}>Search “{state.q ?? 'everything'}” without filters</a>
        </li>
      )}
      <li>
        <a href="/search">See all datasets</a>
      </li>
    </ul>
  </div>
)

const Pager: FC<{ state: SearchState; next?: string }> = ({ state, next }) => (
  <nav class="pager" aria-label="Pages">
    <span>{state.cursor && <a href={searchAddress({ ...state, cursor: undefined })}>← First page</a>}</span>
    <span>
      {next && (
        <a href={searchAddress({ ...state, cursor: next })} rel="next nofollow">
          More results →
        </a>
      )}
    </span>
  </nav>
)
