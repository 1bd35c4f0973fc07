import type { FC } from 'hono/jsx'
import { feedOf } from '../../feed-address.ts'
import { type SearchState, savedQuery } from '../../search-state.ts'
import { signInIsOffered, viewer } from '../../session/viewer.ts'

const LONGEST_SAVED = 2_000

/** Keeps a search: as a record that others can see and that brings news, or as a feed. */
export const SaveSearch: FC<{
  state: SearchState
  isFollowed: boolean
}> = ({ state, isFollowed }) => {
  const query = savedQuery(state)
  if (!query) return null
  return (
    <section class="card save-search" aria-label="Keep this search">
      {query.length > LONGEST_SAVED ? (
        <span class="soft">This search is too long to be saved: draw a simpler area.</span>
      ) : viewer() ? (
        <form action="/searches" method="post">
          <input type="hidden" name="query" value={query} />
          <button class="quiet" type="submit" name="action" value={isFollowed ? 'unfollow' : 'follow'}>
            {isFollowed ? 'Stop following this search' : 'Follow this search'}
          </button>
        </form>
      ) : signInIsOffered() ? (
        <a class="button quiet" href={`/sign-in?return_to=${encodeURIComponent(`/search?${query}`)}`}>
          Sign in to follow this search
        </a>
      ) : null}
      <span class="soft small">
        New results come to your feed and as an{' '}
        <a href={feedOf({ search: query }, '').href} type="application/atom+xml">
          Atom feed
        </a>
        .{viewer() && <> A search that you follow is a public record in your repository.</>}
      </span>
    </section>
  )
}
