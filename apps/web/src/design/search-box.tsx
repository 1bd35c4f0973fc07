import type { FC } from 'hono/jsx'

/** The one way into search, in the header and large on the home page; works without script. A script adds what it offers while one types. */
export const SearchBox: FC<{ query?: string; large?: boolean }> = ({ query, large }) => (
  // biome-ignore lint/a11y/useSemanticElements: browsers do not yet agree on the element `search`
  <form action="/search" method="get" role="search" class={large ? 'search large' : 'search'}>
    <input
      type="search"
      name="q"
      value={query}
      aria-label="Search datasets"
      placeholder="sea surface temperature, gnomAD, Sentinel-2 …"
      maxlength={1000}
      autocomplete="off"
      autofocus={large}
    />
    <button type="submit">Search</button>
  </form>
)
