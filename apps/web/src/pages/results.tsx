import type { FC } from 'hono/jsx'
import type { Facet, SearchAnswer, Timeline } from '../appview.ts'
import { DatasetResult } from '../design/dataset-item.tsx'
import { queryTerms } from '../design/highlight.tsx'
import { Layout } from '../design/layout.tsx'
import { AreaFilter } from '../design/search/area-filter.tsx'
import { Chips } from '../design/search/chips.tsx'
import { Facets } from '../design/search/facets.tsx'
import { DidYouMean, NothingFound, Problem, type Relaxed } from '../design/search/help-out.tsx'
import { SaveSearch } from '../design/search/save-search.tsx'
import { TimeFilter } from '../design/search/time-filter.tsx'
import { feedOf } from '../feed-address.ts'
import { chosenFilters, type SearchState, savedQuery, searchAddress } from '../search-state.ts'
import { plural, truncate } from '../text.ts'

export interface ResultsProps {
  readonly publicUrl: string
  readonly state: SearchState
  readonly answer?: SearchAnswer
  readonly facets: readonly Facet[]
  readonly timeline?: Timeline
  /** Names of publishers by DID, for the chips. */
  readonly names: ReadonlyMap<string, string>
  /** What was wrong with the query, in words that help to mend it. */
  readonly problem?: string
  /** What would be found with less, where nothing is found. */
  readonly relaxed: readonly Relaxed[]
  readonly isFollowed: boolean
}

export const ResultsPage: FC<ResultsProps> = props => {
  const { state, answer, facets, names } = props
  const terms = queryTerms(state.q ?? '')
  const chosen = chosenFilters(state).length
  const query = savedQuery(state)
  return (
    <Layout
      title={state.q ? `${state.q} – FROST` : 'All datasets – FROST'}
      description={
        state.q
          ? `Scientific datasets for “${state.q}”, of every institution, with the reasons why they match.`
          : 'All scientific datasets of every institution.'
      }
      query={state.q}
      canonical={props.publicUrl + searchAddress(state)}
      feed={query ? feedOf({ search: query }, 'New results of this search') : undefined}
      styles={['search.css']}
      scripts={['results.js']}
    >
      <div class="with-aside left">
        <aside class="stack" aria-label="Filters">
          <details class="filters">
            <summary>Filters{chosen > 0 && ` (${chosen})`}</summary>
            <div class="stack">
              <Facets facets={facets} state={state} names={names} />
              <AreaFilter state={state} />
              <TimeFilter state={state} timeline={props.timeline} />
            </div>
          </details>
        </aside>
        <section>
          <div class="results-head">
            <h1>{answer ? heading(answer, state) : 'Nothing was searched'}</h1>
            <SortLinks state={state} />
          </div>
          <Chips state={state} names={names} />
          {props.problem && <Problem state={state} problem={props.problem} />}
          {answer?.didYouMean && <DidYouMean state={state} text={answer.didYouMean} />}
          {answer?.entries.map(entry => (
            <DatasetResult entry={entry} terms={terms} />
          ))}
          {answer?.entries.length === 0 && <NothingFound relaxed={props.relaxed} />}
          {answer && <Pager state={state} next={answer.cursor} />}
          {answer && <SaveSearch state={state} isFollowed={props.isFollowed} />}
        </section>
      </div>
    </Layout>
  )
}

function heading(answer: SearchAnswer, state: SearchState): string {
  const found = plural(answer.total, 'dataset')
  const approximate = answer.totalIsExact === false ? 'about ' : ''
  return state.q ? `${approximate}${found} for “${truncate(state.q, 200)}”` : `${approximate}${found}`
}

const SORTS = [
  ['relevance', 'Best match'],
  ['newest', 'Newest'],
  ['most-used', 'Most used'],
] as const

const SortLinks: FC<{ state: SearchState }> = ({ state }) => {
  const now = state.sort ?? (state.q ? 'relevance' : 'newest')
  return (
    <nav class="meta" aria-label="Order and help">
      {SORTS.filter(([sort]) => sort !== 'relevance' || state.q).map(([sort, text]) =>
        sort === now ? (
          <b aria-current="true">{text}</b>
        ) : (
          <a href={searchAddress({ ...state, sort, cursor: undefined })} rel="nofollow">
            {text}
          </a>
        ),
      )}
      <a href="/search/help">Search help</a>
    </nav>
  )
}

const Pager: FC<{ state: SearchState; next?: string }> = ({ state, next }) => (
  <nav class="pager" aria-label="Pages" hidden={!state.cursor && !next}>
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
