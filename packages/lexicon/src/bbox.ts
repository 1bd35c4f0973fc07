/** Degrees; west > east crosses the 180° meridian. */
export interface Bbox {
  readonly west: number
  readonly south: number
  readonly east: number
  readonly north: number
}

/** A bbox that cannot be used; the message says why and what to write. */
export class InvalidBbox extends Error {
  override readonly name = 'InvalidBbox'
}

/**
 * Reads "west,south,east,north" in degrees (RFC 7946, section 5).
 * @throws InvalidBbox
 */
export function parseBbox(text: string): Bbox {
  const parts = text.split(',').map(part => part.trim())
  const numbers = parts.map(Number)
  const wrong = (why: string) =>
    new InvalidBbox(
      `bbox is '${text.slice(0, 100)}', ${why}: write west,south,east,north in degrees, such as -10,35,30,60`,
    )
  if (parts.length !== 4) throw wrong(`which has ${parts.length} numbers`)
  if (parts.some(part => part === '') || !numbers.every(Number.isFinite))
    throw wrong('which holds something that is no number')
  const [west, south, east, north] = numbers as [number, number, number, number]
  if (Math.abs(west) > 180 || Math.abs(east) > 180) throw wrong('whose longitudes are beyond 180')
  if (Math.abs(south) > 90 || Math.abs(north) > 90) throw wrong('whose latitudes are beyond 90')
  if (south > north) throw wrong('whose south is north of its north')
  return { west, south, east, north }
}
