import type { FC } from 'hono/jsx'
import { LIST_FILTERS, type SearchState, SINGLE_FILTERS, type SingleFilter } from '../../search-state.ts'

/** The rest of a search, so that a form changes only what it shows. The page begins anew. */
export const HiddenState: FC<{ state: SearchState; but?: readonly SingleFilter[] }> = ({
  state,
  but = [],
}) => (
  <>
    {SINGLE_FILTERS.filter(name => name !== 'cursor' && !but.includes(name) && state[name]).map(name => (
      <input type="hidden" name={name} value={state[name]} />
    ))}
    {LIST_FILTERS.flatMap(name =>
      (state[name] ?? []).map(value => <input type="hidden" name={name} value={value} />),
    )}
  </>
)
