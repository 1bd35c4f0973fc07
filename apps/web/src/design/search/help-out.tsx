import type { FC } from 'hono/jsx'
import { type SearchState, searchAddress } from '../../search-state.ts'
import { plural } from '../../text.ts'

/** How many a search would find without one of the things that narrow it. */
export interface Relaxed {
  readonly text: string
  readonly state: SearchState
  readonly total: number
}

/** Nothing was found: what to take off, and what that would give. */
export const NothingFound: FC<{ relaxed: readonly Relaxed[] }> = ({ relaxed }) => (
  <div class="card stack">
    <p>
      <b>No dataset matches all of this.</b>{' '}
      {relaxed.length > 0 ? 'One of these would find some:' : 'Try fewer or more general words.'}
    </p>
    <ul class="stack-tight">
      {relaxed.map(one => (
        <li>
          <a href={searchAddress(one.state)} rel="nofollow">
            without {one.text}
          </a>{' '}
          <span class="soft">({plural(one.total, 'dataset')})</span>
        </li>
      ))}
      <li>
        <a href="/search/help">How to write a search</a>
      </li>
      <li>
        <a href="/search">All datasets</a>
      </li>
    </ul>
  </div>
)

/** The query cannot be understood: what was wrong, and what to do instead. */
export const Problem: FC<{ state: SearchState; problem: string }> = ({ state, problem }) => {
  const words = (state.q ?? '')
    .replace(/["*:<>=-]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  const field = (['bbox', 'polygon', 'from', 'until', 'cursor'] as const).find(
    name => state[name] && problem.startsWith(name),
  )
  return (
    <div class="banner stack-tight" role="alert">
      <p>{problem}</p>
      <p class="meta">
        {field && (
          <a href={searchAddress({ ...state, [field]: undefined, cursor: undefined })}>Search without it</a>
        )}
        {!field && words && words !== state.q && (
          <a href={searchAddress({ ...state, q: words, cursor: undefined })}>
            Search for the words “{words}”
          </a>
        )}
        <a href="/search/help">How to write a search</a>
      </p>
    </div>
  )
}

export const DidYouMean: FC<{ state: SearchState; text: string }> = ({ state, text }) => (
  <p class="did-you-mean">
    Did you mean <a href={searchAddress({ ...state, q: text, cursor: undefined })}>{text}</a>?
  </p>
)
