/** STAC's extent as coverage. https://github.com/radiantearth/stac-spec/blob/v1.1.0/collection-spec/collection-spec.md#extent-object */
import { edtf } from '../dates.ts'
import { decimal } from '../decimal.ts'
import type { Fields } from '../fields.ts'

const MOST = 32

/** Boxes of four or six numbers, and intervals; of several boxes the first is the hull of the others and left out. */
export function coverageOf(extent: Fields): {
  coverage: Record<string, unknown>
  odd: Record<string, unknown>
} {
  const odd: Record<string, unknown> = {}
  const spatial: Record<string, unknown>[] = []
  const extents: Record<string, unknown>[] = []
  const strange: unknown[] = []
  const boxes = extent.object('spatial').list('bbox')
  for (const box of boxes.length > 1 && boxes.length <= MOST ? boxes.slice(1) : boxes.slice(0, 1)) {
    const bbox = boxOf(box)
    if (bbox) spatial.push({ bbox })
    else strange.push(box)
    if (Array.isArray(box) && box.length === 6 && bbox) {
      const [min, max] = [decimal(box[2]), decimal(box[5])]
      if (min && max && extents.length === 0)
        extents.push({ name: 'vertical', min, max, units: 'm', positive: 'up' })
    }
  }
  if (boxes.length > MOST) odd['extent.spatial'] = boxes
  else if (strange.length > 0) odd['extent.spatial'] = strange
  const temporal: Record<string, unknown>[] = []
  const intervals = extent.object('temporal').list('interval')
  for (const interval of intervals.length > 1 && intervals.length <= MOST
    ? intervals.slice(1)
    : intervals.slice(0, 1)) {
    const [from, until] = Array.isArray(interval) ? interval : []
    const start = edtf(from)
    const end = edtf(until)
    if (!start && !end) {
      if (from || until) odd['extent.temporal'] = intervals
      continue
    }
    // An open end in STAC says that data goes on to arrive.
    temporal.push({ start, end: lastDay(end), ...(until === null && { ongoing: true }) })
  }
  return { coverage: { spatial, temporal, extents }, odd }
}

function boxOf(box: unknown): Record<string, string> | undefined {
  if (!Array.isArray(box) || (box.length !== 4 && box.length !== 6)) return undefined
  const [west, south, east, north] = box.length === 4 ? box : [box[0], box[1], box[3], box[4]]
  const numbers = [west, south, east, north].map(Number)
  const [w, s, e, n] = numbers as [number, number, number, number]
  if (!numbers.every(Number.isFinite) || s > n || s < -90 || n > 90) return undefined
  if (Math.abs(w) > 180 || Math.abs(e) > 180) {
    // 0…360 is a common habit; anything else is a mistake of the source.
    if (w < 0 || e > 360 || w > 360) return undefined
    if (e - w >= 360) return { west: '-180', south: decimal(s)!, east: '180', north: decimal(n)! }
    const turn = (degrees: number) => (degrees > 180 ? degrees - 360 : degrees)
    return { west: decimal(turn(w))!, south: decimal(s)!, east: decimal(turn(e))!, north: decimal(n)! }
  }
  return { west: decimal(w)!, south: decimal(s)!, east: decimal(e)!, north: decimal(n)! }
}

/** `2020-07-31T23:59:59.999000Z` means the whole of that day. */
function lastDay(end: string | undefined): string | undefined {
  return end?.replace(/T23:59:(?:59(?:\.\d+)?)(?:Z|\+00:00)?$/, '')
}
