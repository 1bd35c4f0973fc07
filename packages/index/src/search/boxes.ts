/** Rectangles on the sphere as intervals on a line: `east` is unwrapped, so that east ≥ west always (170 … 190). */
import type { Box } from './engine.ts'
import { InvalidFilter } from './engine.ts'

export interface Envelope {
  readonly west: number
  readonly south: number
  /** Up to 540: a box that crosses 180° goes on counting. */
  readonly east: number
  readonly north: number
}

export function unwrap(box: Box): Envelope {
  return box.west > box.east ? { ...box, east: box.east + 360 } : box
}

/** Whether the box can be indexed: finite, within the sphere, south below north. */
export function isBox(box: Box): boolean {
  return (
    [box.west, box.south, box.east, box.north].every(Number.isFinite) &&
    Math.abs(box.west) <= 180 &&
    Math.abs(box.east) <= 180 &&
    box.south >= -90 &&
    box.north <= 90 &&
    box.south <= box.north
  )
}

/** @throws {InvalidFilter} saying which side is wrong */
export function checkBox(box: Box): Box {
  if (!isBox(box))
    throw new InvalidFilter(
      `bbox ${[box.west, box.south, box.east, box.north].join(',')} is no "W,S,E,N" in degrees with -180 ≤ W,E ≤ 180 and -90 ≤ S ≤ N ≤ 90`,
    )
  return box
}

/** The smallest unwrapped rectangle of all boxes; exact for one, a first sieve for several. */
export function envelope(boxes: readonly Box[]): Envelope | undefined {
  let result: Envelope | undefined
  for (const box of boxes) {
    const one = unwrap(box)
    result = result
      ? {
          west: Math.min(result.west, one.west),
          south: Math.min(result.south, one.south),
          east: Math.max(result.east, one.east),
          north: Math.max(result.north, one.north),
        }
      : one
  }
  return result
}

/** Whether two boxes share a point; the anti-meridian is no border, touching edges meet. */
export function boxesMeet(first: Box, second: Box): boolean {
  if (first.south > second.north || first.north < second.south) return false
  const a = unwrap(first)
  const b = unwrap(second)
  return [-360, 0, 360].some(turn => a.west <= b.east + turn && a.east >= b.west + turn)
}

/** The same test as SQL over the columns west, south, east, north of an unwrapped envelope. */
export function envelopeCondition({ west, south, east, north }: Envelope): string {
  const around = [-360, 0, 360].map(turn => `(west <= ${east + turn} AND east >= ${west + turn})`)
  // Unwrapped envelopes reach from -180 to 540: turns that cannot meet one are left out.
  const possible = around.filter((_, index) => {
    const turn = (index - 1) * 360
    return east + turn >= -180 && west + turn <= 540
  })
  return `south <= ${north} AND north >= ${south} AND (${possible.join(' OR ')})`
}

export function packBoxes(boxes: readonly Box[]): Buffer {
  return Buffer.from(
    Float64Array.from(boxes.flatMap(box => [box.west, box.south, box.east, box.north])).buffer,
  )
}

export function unpackBoxes(packed: Uint8Array): Box[] {
  const numbers = new Float64Array(new Uint8Array(packed).buffer)
  return Array.from({ length: numbers.length / 4 }, (_, index) => {
    const [west, south, east, north] = numbers.subarray(index * 4, index * 4 + 4) as unknown as [
      number,
      number,
      number,
      number,
    ]
    return { west, south, east, north }
  })
}
