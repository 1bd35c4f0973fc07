import type { Coverage } from './model.ts'

type Space = NonNullable<Coverage['space']>

/** First, second and last value of a regular or irregular axis, in degrees. */
export interface Extent {
  readonly least: number
  readonly greatest: number
  /** Of the first step, where there are two values. */
  readonly step: number
  readonly count: number
}

/**
 * The box of a longitude and a latitude axis, in degrees of WGS 84. Longitudes of 0 to 360 become −180 to 180; an axis whose
 * cells go round the globe is global; west > east crosses the antimeridian. Undefined where the numbers are no degrees.
 */
export function spaceOf(longitude: Extent, latitude: Extent): Space | undefined {
  const south = latitude.least
  const north = latitude.greatest
  if (![south, north, longitude.least, longitude.greatest].every(Number.isFinite)) return undefined
  if (south < -90.001 || north > 90.001 || longitude.least < -540 || longitude.greatest > 540)
    return undefined
  const width = longitude.greatest - longitude.least
  if (width > 720) return undefined
  const round = width >= 359.999 || (longitude.count > 2 && width + Math.abs(longitude.step) >= 359.99)
  const [west, east] = round ? [-180, 180] : wrapped(longitude.least, longitude.greatest)
  return { west, south: degrees(Math.max(-90, south)), east, north: degrees(Math.min(90, north)) }
}

/** Both ends within −180 to 180; an end on the antimeridian keeps the side on which its box lies. */
function wrapped(least: number, greatest: number): readonly [number, number] {
  if (least >= -180 && greatest <= 180) return [degrees(least), degrees(greatest)]
  const west = wrapLongitude(least)
  const east = wrapLongitude(greatest)
  return [degrees(west === 180 ? -180 : west), degrees(east === -180 ? 180 : east)]
}

/** The same meridian within [−180, 180]. */
export function wrapLongitude(longitude: number): number {
  return longitude >= -180 && longitude <= 180 ? longitude : ((((longitude + 180) % 360) + 360) % 360) - 180
}

/** Without the digits that float32 made up: seven decimals are a centimetre. */
function degrees(value: number): number {
  const rounded = Math.round(value * 1e7) / 1e7
  const float = Math.round(value * 1e5) / 1e5
  return Math.fround(float) === value ? float : rounded + 0
}

/** What the Attribute Convention for Data Discovery (ACDD 1.3) says of a file as a whole, where its coordinates do not. */
export function declaredCoverage(attributes: Readonly<Record<string, unknown>>): Coverage {
  const number = (name: string) => {
    const value = attributes[name]
    return typeof value === 'number'
      ? value
      : typeof value === 'string' && value.trim() !== ''
        ? Number.parseFloat(value)
        : Number.NaN
  }
  const space = spaceOf(
    { least: number('geospatial_lon_min'), greatest: number('geospatial_lon_max'), step: 0, count: 2 },
    { least: number('geospatial_lat_min'), greatest: number('geospatial_lat_max'), step: 0, count: 2 },
  )
  const start = date(attributes.time_coverage_start)
  const end = date(attributes.time_coverage_end)
  const resolution = attributes.time_coverage_resolution
  const known =
    typeof resolution === 'string' && /^P(?=.)[\dYMWDTHS.]{1,40}$/.test(resolution) ? { resolution } : {}
  return {
    ...(space === undefined ? {} : { space }),
    ...(start === undefined || end === undefined ? {} : { time: { start, end, ...known } }),
  }
}

function date(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const match = /^\s*(\d{4}(-\d\d(-\d\d)?)?)(?:[T ](\d\d:\d\d(:\d\d(\.\d+)?)?)\s*(Z|UTC)?)?\s*$/.exec(value)
  if (match === null) return undefined
  return match[4] === undefined
    ? match[1]
    : `${match[1]}T${match[5] === undefined ? `${match[4]}:00` : match[4]}Z`
}
