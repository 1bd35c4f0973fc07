import type { FC } from 'hono/jsx'
import type { Facet } from '../../appview.ts'
import {
  FILTER_NAMES,
  isChosen,
  type ListFilter,
  type SearchState,
  searchAddress,
  toggled,
  valueName,
} from '../../search-state.ts'
import { formatCount } from '../../text.ts'

const SHOWN = 8
const OPEN = ['format', 'model', 'keyword']

/** What else the matches have, with how many have it; a value is a link that puts it into the search or takes it out. */
export const Facets: FC<{
  facets: readonly Facet[]
  state: SearchState
  names: ReadonlyMap<string, string>
}> = ({ facets, state, names }) => (
  <section
    class="card"
    aria-label="Narrow the results"
    hidden={facets.every(
      facet => withChosen(facet, chosenValues(state, facet.name as ListFilter), names).length === 0,
    )}
  >
    {facets.map(facet => {
      const filter = facet.name as ListFilter | 'publisher'
      const values = withChosen(facet, chosenValues(state, filter), names)
      if (values.length === 0 || saysNothing(filter, values)) return null
      const isOpen = OPEN.includes(filter) || values.some(({ value }) => isChosen(state, filter, value))
      const list = (part: typeof values) => <Values values={part} filter={filter} state={state} />
      return (
        <details class="facet" open={isOpen}>
          <summary>
            {FILTER_NAMES.get(filter) ?? filter}
            {!facet.exact && <span class="soft small"> (of the best 10,000)</span>}
          </summary>
          {list(values.slice(0, SHOWN))}
          {values.length > SHOWN && (
            <details>
              <summary class="small">
                {values.length - SHOWN} more
                <span class="visually-hidden"> for {FILTER_NAMES.get(filter) ?? filter}</span>
              </summary>
              {list(values.slice(SHOWN))}
            </details>
          )}
        </details>
      )
    })}
  </section>
)

/** That all data is open is what everybody takes for granted. */
function saysNothing(filter: string, values: readonly Value[]): boolean {
  return filter === 'access' && values.every(({ value }) => value === 'open')
}

interface Value {
  readonly value: string
  readonly label?: string
  /** Absent: it is chosen, and among the most frequent no more. */
  readonly count?: number
}

const Values: FC<{ values: readonly Value[]; filter: ListFilter | 'publisher'; state: SearchState }> = ({
  values,
  filter,
  state,
}) => (
  <ul class="plain">
    {values.map(({ value, label, count }) => {
      const chosen = isChosen(state, filter, value)
      return (
        <li>
          <a
            href={searchAddress(toggled(state, filter, value))}
            rel="nofollow"
            aria-current={chosen ? 'true' : undefined}
          >
            <span>{label ?? valueName(filter, value) ?? value}</span>
            {count !== undefined && <span class="count">{formatCount(count)}</span>}
          </a>
        </li>
      )
    })}
  </ul>
)

const chosenValues = (state: SearchState, filter: ListFilter | 'publisher'): readonly string[] =>
  filter === 'publisher' ? [state.publisher ?? []].flat() : (state[filter] ?? [])

/** Chosen values come first, so that they can be taken out again, whatever their count. */
function withChosen(
  facet: Facet,
  chosen: readonly string[],
  names: ReadonlyMap<string, string>,
): readonly Value[] {
  const isIn = ({ value }: Value) => chosen.some(one => one.toLowerCase() === value.toLowerCase())
  const counted = facet.values as readonly Value[]
  const missing = chosen.filter(
    one => !counted.some(({ value }) => value.toLowerCase() === one.toLowerCase()),
  )
  return [
    ...counted.filter(isIn),
    ...missing.map(value => ({ value, ...(names.get(value) && { label: names.get(value) }) })),
    ...counted.filter(value => !isIn(value)),
  ]
}
