import type { FC } from 'hono/jsx'
import { Layout } from '../design/layout.tsx'
import { chipText } from '../design/search/chips.tsx'
import type { SavedSearch } from '../search/load.ts'
import { chosenFilters, readSearch, searchAddress } from '../search-state.ts'

/** The searches that whoever looks follows. */
export const SavedSearchesPage: FC<{ searches: readonly SavedSearch[] }> = ({ searches }) => (
  <Layout title="Searches you follow – FROST" styles={['form.css', 'search.css']}>
    <div class="narrow stack">
      <header class="stack-tight">
        <h1>Searches you follow</h1>
        <p class="soft">
          Datasets that match one of them come to your feed. Each is a public record in your own repository.
        </p>
      </header>
      {searches.length === 0 && (
        <p class="card">
          You follow none yet. <a href="/search">Search for something</a>, and follow it at the end of the
          results.
        </p>
      )}
      <section class="card" hidden={searches.length === 0}>
        <ul class="plain rows">
          {searches.map(({ query, title }) => {
            const state = readSearch(new URLSearchParams(query))
            const name = title ?? nameOf(state)
            return (
              <li>
                <a href={searchAddress(state)}>{name}</a>
                <form method="post" action="/searches">
                  <input type="hidden" name="query" value={query} />
                  <input type="hidden" name="back" value="list" />
                  <button class="quiet" type="submit" name="action" value="unfollow">
                    Stop following<span class="visually-hidden"> {name}</span>
                  </button>
                </form>
              </li>
            )
          })}
        </ul>
      </section>
    </div>
  </Layout>
)

/** `sea ice · Format: zarr` */
function nameOf(state: ReturnType<typeof readSearch>): string {
  const { q, ...filters } = state
  const parts = [q, ...chosenFilters(filters).map(one => chipText(one, new Map()))].filter(Boolean)
  return parts.join(' · ') || 'Everything'
}
