/**
 * Polygons on the sphere as GeoJSON means them (RFC 7946, section 3.1): edges are straight in longitude and latitude. A longitude
 * beyond ±180 goes on counting, so that an area across the anti-meridian is written in one piece (170 … 190). What lies inside
 * an odd number of rings is part of the area, which makes holes and several parts need no words of their own.
 */
import type { Envelope } from './boxes.ts'
import { unwrap } from './boxes.ts'
import type { Box } from './engine.ts'
import { InvalidFilter } from './engine.ts'

/** Most corners of all rings together. */
export const mostCorners = 500

/** Longitude and latitude in degrees. */
export type Corner = readonly [longitude: number, latitude: number]

export interface Area {
  /** Each without the repeated first corner at its end. */
  readonly rings: readonly (readonly Corner[])[]
  readonly envelope: Envelope
}

/**
 * Reads the corners of a polygon: `longitude,latitude` pairs of a ring, further rings after `;`.
 * `-10,35,30,35,10,60` is a triangle. A ring that ends 360° from where it began goes round the pole next to it.
 * @throws {InvalidFilter} that says which ring is wrong, and why
 */
export function parsePolygon(text: string): Area {
  const rings = text.split(';').map((ring, place) => readRing(ring, place + 1))
  const corners = rings.reduce((sum, ring) => sum + ring.length, 0)
  if (corners > mostCorners)
    throw new InvalidFilter(`polygon has ${corners} corners; simplify it to ${mostCorners} at most`)
  const longitudes = rings.flat().map(([longitude]) => longitude)
  const latitudes = rings.flat().map(([, latitude]) => latitude)
  const west = Math.min(...longitudes)
  const east = Math.max(...longitudes)
  if (east - west > 360)
    throw new InvalidFilter(`polygon spans ${east - west}° of longitude; it can span 360 at most`)
  const turn = Math.floor((west + 180) / 360) * 360
  return {
    rings: rings.map(ring => ring.map(([longitude, latitude]) => [longitude - turn, latitude] as const)),
    envelope: {
      west: west - turn,
      south: Math.min(...latitudes),
      east: east - turn,
      north: Math.max(...latitudes),
    },
  }
}

function readRing(text: string, place: number): Corner[] {
  const refuse = (why: string) =>
    new InvalidFilter(
      `polygon, ring ${place}: ${why}; write longitude,latitude of each corner in degrees, such as -10,35,30,35,10,60`,
    )
  const parts = text.split(',').map(part => part.trim())
  const numbers = parts.map(Number)
  const bad = parts.findIndex((part, index) => part === '' || !Number.isFinite(numbers[index]))
  if (bad >= 0) throw refuse(`'${parts[bad]!.slice(0, 40)}' is no number`)
  if (numbers.length % 2 === 1) throw refuse(`it has ${numbers.length} numbers, which are no pairs`)
  const ring = Array.from(
    { length: numbers.length / 2 },
    (_, index): Corner => [numbers[index * 2]!, numbers[index * 2 + 1]!],
  )
  for (const [longitude, latitude] of ring) {
    if (Math.abs(latitude) > 90) throw refuse(`latitude ${latitude} is beyond 90`)
    if (Math.abs(longitude) > 540) throw refuse(`longitude ${longitude} is beyond 540`)
  }
  const [first, last] = [ring[0]!, ring.at(-1)!]
  if (last[1] === first[1] && Math.abs(last[0] - first[0]) === 360) {
    const pole = ring.reduce((sum, [, latitude]) => sum + latitude, 0) < 0 ? -90 : 90
    ring.push([last[0], pole], [first[0], pole])
  } else if (ring.length > 1 && last[0] === first[0] && last[1] === first[1]) ring.pop()
  if (ring.length < 3) throw refuse(`it has ${ring.length} corners, and three make an area`)
  return ring
}

/** Whether area and box share a point; touching counts, and so does a pole that both reach, at whatever longitude. */
export function areaMeets({ rings, envelope }: Area, box: Box): boolean {
  if (envelope.south > box.north || envelope.north < box.south) return false
  if (envelope.north === 90 && box.north === 90) return true
  if (envelope.south === -90 && box.south === -90) return true
  const around = unwrap(box)
  return [-360, 0, 360, 720].some(turn => {
    const moved = { ...around, west: around.west + turn, east: around.east + turn }
    if (moved.west > envelope.east || moved.east < envelope.west) return false
    // A box that no edge touches lies wholly inside or outside.
    return (
      rings.some(ring =>
        ring.some((corner, place) => edgeTouches(corner, ring[(place + 1) % ring.length]!, moved)),
      ) || isInside(rings, moved.west, moved.south)
    )
  })
}

/** Liang and Barsky's clipping: whether any of a segment lies in the closed box. */
function edgeTouches([x, y]: Corner, [toX, toY]: Corner, box: Envelope): boolean {
  let enters = 0
  let leaves = 1
  for (const [step, room] of [
    [x - toX, x - box.west],
    [toX - x, box.east - x],
    [y - toY, y - box.south],
    [toY - y, box.north - y],
  ] as const) {
    if (step === 0) {
      if (room < 0) return false
      continue
    }
    const at = room / step
    if (step < 0) enters = Math.max(enters, at)
    else leaves = Math.min(leaves, at)
    if (enters > leaves) return false
  }
  return true
}

/** By the even-odd rule. */
function isInside(rings: Area['rings'], x: number, y: number): boolean {
  let inside = false
  for (const ring of rings)
    for (const [place, [fromX, fromY]] of ring.entries()) {
      const [toX, toY] = ring[(place + 1) % ring.length]!
      if (fromY > y !== toY > y && x < fromX + ((y - fromY) / (toY - fromY)) * (toX - fromX)) inside = !inside
    }
  return inside
}
