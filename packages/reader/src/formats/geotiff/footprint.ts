import proj4 from 'proj4'
import type { Coverage } from '../../model.ts'
import type { Crs } from './crs.ts'
import { placeOf, type Transform } from './georeference.ts'

/** Points per side of the grid that is laid over the image: edges of projected images are curves in degrees. */
const POINTS = 33

/** The part of the Earth that an image covers; undefined where its reference system is not known or does not reach. */
export function footprint(
  crs: Crs,
  transform: Transform,
  width: number,
  height: number,
): NonNullable<Coverage['space']> | undefined {
  if (crs.proj === undefined) return undefined
  const toDegrees = converter(crs.proj)
  if (toDegrees === undefined) return undefined
  const at = (column: number, row: number) =>
    toDegrees(placeOf(transform, (column * width) / (POINTS - 1), (row * height) / (POINTS - 1)))
  if (crs.kind === 'geographic') {
    const corners = [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ].map(([column, row]) => placeOf(transform, column! * width, row! * height))
    const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)]
    return bounds(Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys))
  }
  const latitudes: number[] = []
  for (let row = 0; row < POINTS; row++)
    for (let column = 0; column < POINTS; column++) {
      const point = at(column, row)
      if (point !== undefined) latitudes.push(point[1])
    }
  if (latitudes.length === 0) return undefined
  const [south, north] = [Math.min(...latitudes), Math.max(...latitudes)]
  const ring = ringOf(at)
  if (ring.length < 4) return undefined
  const { west, east, turns } = unwound(ring.map(([longitude]) => longitude))
  if (!turns) return bounds(west, east, south, north)
  // Its edge goes round a pole, which lies within.
  return bounds(-180, 180, south + north < 0 ? -90 : south, south + north < 0 ? north : 90)
}

function converter(
  proj: string,
): ((point: readonly [number, number]) => readonly [number, number] | undefined) | undefined {
  try {
    const conversion = proj4(proj, '+proj=longlat +datum=WGS84')
    return point => {
      try {
        const [longitude, latitude] = conversion.forward([...point]) as [number, number]
        return Number.isFinite(longitude) && Number.isFinite(latitude) ? [longitude, latitude] : undefined
      } catch {
        return undefined
      }
    }
  } catch {
    return undefined
  }
}

/** Points along the edge, once round. */
function ringOf(
  at: (column: number, row: number) => readonly [number, number] | undefined,
): (readonly [number, number])[] {
  const last = POINTS - 1
  const along = Array.from({ length: last }, (_, step) => step)
  return [
    ...along.map(step => at(step, 0)),
    ...along.map(step => at(last, step)),
    ...along.map(step => at(last - step, last)),
    ...along.map(step => at(0, last - step)),
  ].filter(point => point !== undefined)
}

/** Longitudes followed round without jumps at the antimeridian. */
function unwound(longitudes: readonly number[]): { west: number; east: number; turns: boolean } {
  let [at, west, east] = [longitudes[0]!, longitudes[0]!, longitudes[0]!]
  for (const longitude of [...longitudes.slice(1), longitudes[0]!]) {
    at += ((((longitude - at) % 360) + 540) % 360) - 180
    west = Math.min(west, at)
    east = Math.max(east, at)
  }
  return { west, east, turns: Math.abs(at - longitudes[0]!) > 180 }
}

function bounds(west: number, east: number, south: number, north: number): NonNullable<Coverage['space']> {
  const whole = east - west >= 360 - 1e-6
  const wrapped = (longitude: number) => ((((longitude + 180) % 360) + 360) % 360) - 180
  const inside = west >= -180 && east <= 180
  return {
    west: rounded(whole ? -180 : inside ? west : wrapped(west)),
    east: rounded(whole ? 180 : inside ? east : wrapped(east)),
    south: rounded(Math.max(-90, south)),
    north: rounded(Math.min(90, north)),
  }
}

/** To about a centimetre. */
function rounded(degrees: number): number {
  return Math.round(degrees * 1e7) / 1e7
}
