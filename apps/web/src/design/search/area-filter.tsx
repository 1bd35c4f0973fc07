import { parsePolygon } from '@frost/index/search/area'
import { parseBbox } from '@frost/lexicon'
import type { FC } from 'hono/jsx'
import { type SearchState, SIDES, searchAddress } from '../../search-state.ts'
import { type Box, ExtentMap } from '../extent-map.tsx'
import { HiddenState } from './hidden-state.tsx'

/** Where the data must be: a map to draw on where scripts run, numbers to write for everybody, a file to upload. */
export const AreaFilter: FC<{ state: SearchState; large?: boolean }> = ({ state, large }) => {
  const box = boxOf(state.bbox)
  return (
    <section class="card stack-tight area-filter" data-area>
      <h2>Place</h2>
      <fieldset class="draw">
        <legend class="visually-hidden">What to draw</legend>
        <label>
          <input type="radio" name="draw" data-mode="box" checked /> Box
        </label>
        <label>
          <input type="radio" name="draw" data-mode="polygon" /> Polygon
        </label>
        <button type="button" class="quiet" data-done disabled>
          Done
        </button>
      </fieldset>
      <div class="draw-map" data-map>
        <ExtentMap
          boxes={box ? [box] : []}
          rings={ringsOf(state.polygon)}
          label={`World map${box ? ' with the box that is searched' : state.polygon ? ' with the area that is searched' : ''}`}
        />
      </div>
      <p class="small soft draw" role="status" data-hint>
        Drag a box over the map.
      </p>
      <form action="/search" method="get" class="stack-tight">
        <HiddenState state={state} but={['bbox', 'polygon']} />
        <fieldset class="sides">
          <legend class="small soft">Box in degrees; west beyond east crosses 180°</legend>
          {SIDES.map(side => (
            <p class="field">
              <label for={`side-${side}`}>{side[0]!.toUpperCase() + side.slice(1)}</label>
              <input
                id={`side-${side}`}
                name={side}
                type="number"
                step="any"
                min={side === 'west' || side === 'east' ? -180 : -90}
                max={side === 'west' || side === 'east' ? 180 : 90}
                value={box?.[side]}
              />
            </p>
          ))}
        </fieldset>
        <details open={large}>
          <summary class="small">Polygon by its corners</summary>
          <p class="field">
            <label for="polygon">Longitude,latitude of each, in degrees; further rings after “;”</label>
            <input
              id="polygon"
              name="polygon"
              type="text"
              maxlength={16000}
              value={state.polygon}
              placeholder="-10,35,30,35,10,60"
              autocomplete="off"
            />
          </p>
        </details>
        <p class="meta">
          <button type="submit" class="quiet">
            Search here
          </button>
          {!large && <a href={searchAddress(state, '/search/map')}>Larger map</a>}
        </p>
      </form>
      <details open={large}>
        <summary class="small">Area from a file</summary>
        <form action="/search/area" method="post" enctype="multipart/form-data" class="stack-tight">
          <HiddenState state={state} but={['bbox', 'polygon']} />
          <p class="field">
            <label for="geojson">GeoJSON with a Polygon or MultiPolygon</label>
            <input
              id="geojson"
              name="file"
              type="file"
              accept=".json,.geojson,application/geo+json"
              required
            />
          </p>
          <button type="submit" class="quiet">
            Upload and search
          </button>
        </form>
      </details>
    </section>
  )
}

/** The box of a search; undefined where there is none, or none that can be drawn. */
export function boxOf(text: string | undefined): Box | undefined {
  try {
    return text === undefined ? undefined : parseBbox(text)
  } catch {
    return undefined
  }
}

export function ringsOf(text: string | undefined): readonly (readonly (readonly [number, number])[])[] {
  try {
    return text === undefined ? [] : parsePolygon(text).rings
  } catch {
    return []
  }
}
