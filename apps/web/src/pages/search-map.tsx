import type { FC } from 'hono/jsx'
import type { Timeline } from '../appview.ts'
import { Layout } from '../design/layout.tsx'
import { AreaFilter } from '../design/search/area-filter.tsx'
import { Chips } from '../design/search/chips.tsx'
import { TimeFilter } from '../design/search/time-filter.tsx'
import { type SearchState, searchAddress } from '../search-state.ts'

/** Where and when to search, on a large map. */
export const SearchMapPage: FC<{
  state: SearchState
  timeline?: Timeline
  names: ReadonlyMap<string, string>
  problem?: string
}> = ({ state, timeline, names, problem }) => (
  <Layout title="Where and when – FROST" query={state.q} styles={['search.css']} scripts={['results.js']}>
    <div class="stack">
      <div class="results-head">
        <h1>Where and when</h1>
        <a href={searchAddress(state)}>Back to the results</a>
      </div>
      <Chips state={state} names={names} />
      {problem && (
        <p class="banner" role="alert">
          {problem}
        </p>
      )}
      <div class="search-map">
        <AreaFilter state={state} large />
        <TimeFilter state={state} timeline={timeline} />
      </div>
    </div>
  </Layout>
)
