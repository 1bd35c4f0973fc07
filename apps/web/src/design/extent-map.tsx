import { geoEquirectangular, geoPath } from 'd3-geo'
import type { FC } from 'hono/jsx'
import { feature } from 'topojson-client'
import type { GeometryCollection, Topology } from 'topojson-specification'
import land110 from 'world-atlas/land-110m.json' with { type: 'json' }

const WIDTH = 720
const HEIGHT = 360
const projection = geoEquirectangular()
  .scale(WIDTH / (2 * Math.PI))
  .translate([WIDTH / 2, HEIGHT / 2])
const topology = land110 as unknown as Topology<{ land: GeometryCollection }>
const LAND = geoPath(projection).digits(1)(feature(topology, topology.objects.land)) ?? ''

/** Degrees; west > east crosses the 180° meridian. */
export interface Box {
  readonly west: number
  readonly south: number
  readonly east: number
  readonly north: number
}

/** Corners as longitude and latitude in degrees. Longitudes beyond 180 go on counting. */
export type Ring = readonly (readonly [number, number])[]

/** A world map (no tiles, no script) with the boxes that a dataset covers, or the area that is searched. */
export const ExtentMap: FC<{ boxes: readonly Box[]; rings?: readonly Ring[]; label: string }> = ({
  boxes,
  rings = [],
  label,
}) => (
  <svg class="map" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
    <path class="land" d={LAND} />
    {rings.length > 0 && <path class="extent" fill-rule="evenodd" d={pathOf(rings)} />}
    {boxes.flatMap(withoutSeam).map(box => {
      const [x, y, width, height] = rectangle(box)
      return width < 5 && height < 5 ? (
        <circle class="dot" cx={x + width / 2} cy={y + height / 2} r="5" />
      ) : (
        <rect class="extent" x={x} y={y} width={width} height={height} />
      )
    })}
  </svg>
)

/** Drawn three times, a turn apart, so that what crosses the seam shows on both sides; the rest lies outside the picture. */
function pathOf(rings: readonly Ring[]): string {
  const place = ([longitude, latitude]: readonly [number, number], turn: number) =>
    `${round(((longitude + turn + 180) / 360) * WIDTH)} ${round(((90 - latitude) / 180) * HEIGHT)}`
  return [-360, 0, 360]
    .flatMap(turn => rings.map(ring => `M${ring.map(corner => place(corner, turn)).join('L')}Z`))
    .join('')
}

/** A box across the 180° meridian is drawn as two. */
function withoutSeam(box: Box): Box[] {
  return box.west <= box.east
    ? [box]
    : [
        { ...box, east: 180 },
        { ...box, west: -180 },
      ]
}

function rectangle({ west, south, east, north }: Box): [x: number, y: number, width: number, height: number] {
  const x = ((clamp(west, 180) + 180) / 360) * WIDTH
  const y = ((90 - clamp(north, 90)) / 180) * HEIGHT
  const right = ((clamp(east, 180) + 180) / 360) * WIDTH
  const bottom = ((90 - clamp(south, 90)) / 180) * HEIGHT
  // South of a record may lie north of its north.
  return [round(x), round(y), Math.max(0, round(right - x)), Math.max(0, round(bottom - y))]
}

const clamp = (degrees: number, limit: number) => Math.max(-limit, Math.min(limit, degrees))
const round = (value: number) => Math.round(value * 10) / 10
