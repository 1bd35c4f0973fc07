/** Areas out of GeoJSON (RFC 7946), as the polygon of a search. */

/** A file as uploaded cannot be used; the message says why. */
export class NoArea extends Error {
  override readonly name = 'NoArea'
}

type Position = readonly [longitude: number, latitude: number]

/** Corners are kept up to this many, so that addresses of a search stay short. */
export const MOST_CORNERS = 80
const MOST_POSITIONS = 200_000
const DEEPEST = 12

/**
 * The polygons of a GeoJSON text as `longitude,latitude,…;…`, simplified where they have more corners than an address should hold.
 * @throws NoArea
 */
export function polygonOf(text: string): string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new NoArea('The file is no JSON: upload GeoJSON with a Polygon or MultiPolygon.')
  }
  const rings = ringsOf(value)
  if (rings.length === 0)
    throw new NoArea(
      'The file holds no area: upload GeoJSON with a Polygon or MultiPolygon, in longitude and latitude.',
    )
  const count = rings.reduce((sum, ring) => sum + ring.length, 0)
  if (count > MOST_POSITIONS)
    throw new NoArea(`The file has ${count} corners; simplify it to ${MOST_POSITIONS} at most.`)
  return simplified(rings)
    .map(ring => ring.map(([x, y]) => `${round(x)},${round(y)}`).join(','))
    .join(';')
}

const round = (degrees: number) => Math.round(degrees * 1e4) / 1e4

function ringsOf(value: unknown, depth = 0): Position[][] {
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return []
  const { type, features, geometry, geometries, coordinates } = value as Record<string, unknown>
  if (type === 'FeatureCollection') return list(features).flatMap(feature => ringsOf(feature, depth + 1))
  if (type === 'Feature') return ringsOf(geometry, depth + 1)
  if (type === 'GeometryCollection') return list(geometries).flatMap(part => ringsOf(part, depth + 1))
  if (type === 'Polygon') return list(coordinates).map(ringOf)
  if (type === 'MultiPolygon') return list(coordinates).flatMap(part => list(part).map(ringOf))
  return []
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

function ringOf(value: unknown): Position[] {
  const ring = list(value).map((position): Position => {
    const [x, y] = list(position)
    if (typeof x !== 'number' || typeof y !== 'number' || Math.abs(x) > 540 || Math.abs(y) > 90)
      throw new NoArea(
        `The file has the position ${JSON.stringify(position)?.slice(0, 60)}, which is no longitude and latitude in degrees: is it in another projection?`,
      )
    return [x, y]
  })
  const [first, last] = [ring[0], ring.at(-1)]
  if (first && last && ring.length > 1 && first[0] === last[0] && first[1] === last[1]) ring.pop()
  if (ring.length < 3) throw new NoArea('The file has a ring with fewer than three corners.')
  return ring
}

/** With as fine a tolerance as keeps within {@link MOST_CORNERS}; rings that shrink to a line are left out. */
function simplified(rings: readonly (readonly Position[])[]): readonly (readonly Position[])[] {
  let kept = rings
  for (
    let tolerance = 1e-3;
    kept.reduce((sum, ring) => sum + ring.length, 0) > MOST_CORNERS;
    tolerance *= 2
  ) {
    if (tolerance > 90) return [hull(rings.flat())]
    kept = rings.map(ring => simplify(ring, tolerance)).filter(ring => ring.length >= 3)
  }
  return kept.length > 0 ? kept : [hull(rings.flat())]
}

/** Ramer, Douglas and Peucker's, between the two corners of the ring that lie farthest apart. */
function simplify(ring: readonly Position[], tolerance: number): Position[] {
  let far = 0
  for (const [place, corner] of ring.entries())
    if (apart(corner, ring[0]!) > apart(ring[far]!, ring[0]!)) far = place
  const closed = [...ring, ring[0]!]
  return [...between(closed, 0, far, tolerance), ...between(closed, far, ring.length, tolerance)]
}

/** The corners to keep from `start` on, `end` excluded. */
function between(line: readonly Position[], start: number, end: number, tolerance: number): Position[] {
  const kept: Position[] = []
  const todo: [number, number][] = [[start, end]]
  const keep = new Set([start])
  while (todo.length > 0) {
    const [from, to] = todo.pop()!
    let worst = { place: 0, distance: tolerance }
    for (let place = from + 1; place < to; place++) {
      const distance = offLine(line[place]!, line[from]!, line[to]!)
      if (distance > worst.distance) worst = { place, distance }
    }
    if (worst.place === 0) continue
    keep.add(worst.place)
    todo.push([from, worst.place], [worst.place, to])
  }
  for (const place of [...keep].sort((a, b) => a - b)) kept.push(line[place]!)
  return kept
}

const apart = ([x, y]: Position, [u, v]: Position) => Math.hypot(x - u, y - v)

function offLine([x, y]: Position, [ax, ay]: Position, [bx, by]: Position): number {
  const [dx, dy] = [bx - ax, by - ay]
  const length = dx * dx + dy * dy
  const at = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length))
  return Math.hypot(x - ax - at * dx, y - ay - at * dy)
}

/** The box around positions, as a ring. */
function hull(positions: readonly Position[]): Position[] {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [x, y] of positions) {
    west = Math.min(west, x)
    east = Math.max(east, x)
    south = Math.min(south, y)
    north = Math.max(north, y)
  }
  return [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
  ]
}
