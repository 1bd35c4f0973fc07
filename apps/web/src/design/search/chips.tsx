import type { FC } from 'hono/jsx'
import {
  chosenFilters,
  FILTER_NAMES,
  type SearchState,
  searchAddress,
  valueName,
} from '../../search-state.ts'
import { truncate } from '../../text.ts'
import { boxOf, ringsOf } from './area-filter.tsx'

/** Everything that narrows the search, each to be taken off. */
export const Chips: FC<{ state: SearchState; names: ReadonlyMap<string, string> }> = ({ state, names }) => {
  const chosen = chosenFilters(state)
  if (chosen.length === 0) return null
  return (
    <ul class="badges filters-on" aria-label="Filters in use">
      {chosen.map(one => (
        <li>
          <a
            class="badge strong"
            href={searchAddress(one.without)}
            rel="nofollow"
            aria-label={`Remove ${chipText(one, names)}`}
          >
            {chipText(one, names)} <span aria-hidden="true">✕</span>
          </a>
        </li>
      ))}
      <li>
        <a class="badge" href={searchAddress({ sort: state.sort })}>
          Clear all
        </a>
      </li>
    </ul>
  )
}

/** A filter in words: `Format: zarr`, `Box: 10°W – 30°E, 35°N – 60°N`. */
export function chipText(
  { filter, value }: { filter: string; value: string },
  names: ReadonlyMap<string, string>,
): string {
  const name = FILTER_NAMES.get(filter) ?? filter
  if (filter === 'bbox') return `${name}: ${boxText(value)}`
  if (filter === 'polygon') return `${name}: ${ringsOf(value).flat().length} corners`
  if (filter === 'word' || filter === 'phrase') return truncate(value, 60)
  const written = /^(-?)\w+:(.*)$/.exec(value)
  if (written && !['from', 'until'].includes(filter) && !names.has(value))
    return truncate(
      `${value.startsWith('-') ? 'not ' : ''}${name}: ${valueName(filter, has(written[2] ?? '')) ?? written[2]}`,
      80,
    )
  return truncate(`${name}: ${names.get(value) ?? valueName(filter, value) ?? value}`, 80)
}

/** `has:offer` asks for any. */
const has = (value: string) => (/^offers?$/i.test(value) ? 'any' : value)

function boxText(value: string): string {
  const box = boxOf(value)
  if (!box) return truncate(value, 40)
  const longitude = (degrees: number) => `${Math.abs(degrees)}°${degrees < 0 ? 'W' : 'E'}`
  const latitude = (degrees: number) => `${Math.abs(degrees)}°${degrees < 0 ? 'S' : 'N'}`
  return `${longitude(box.west)} – ${longitude(box.east)}, ${latitude(box.south)} – ${latitude(box.north)}`
}
