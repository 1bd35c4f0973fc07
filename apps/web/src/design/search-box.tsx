import type { FC } from 'hono/jsx'
import { Icon } from './icon.tsx'

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
    <button type="submit">
      <Glass />
      <span>Search</span>
    </button>
  </form>
)

/** What stands for the word where a phone has no room for it. */
const Glass: FC = () => (
  <Icon path="M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13ZM15.5 15.5 21 21" width={2.4} size={18} />
)
