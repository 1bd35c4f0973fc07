import type { Coverage } from '../../model.ts'
import type { Footer } from './footer.ts'

type Box = readonly [west: number, south: number, east: number, north: number]

/**
 * Where the rows lie: the `bbox` of the primary column in GeoParquet's metadata (geoparquet.org, 1.1), or the bounding boxes of
 * Parquet's own geospatial statistics. Only of longitudes and latitudes: other reference systems are not converted.
 */
export function spaceOf(footer: Footer): Coverage['space'] {
  const box = geoParquetBox(footer.metadata.get('geo')) ?? statisticsBox(footer)
  if (box === undefined) return undefined
  const [west, south, east, north] = box
  const inside = [west, east].every(x => Math.abs(x) <= 360) && [south, north].every(y => Math.abs(y) <= 90)
  return inside ? { west, south, east, north } : undefined
}

interface GeoColumn {
  readonly bbox?: unknown
  readonly crs?: {
    readonly type?: unknown
    readonly id?: { readonly authority?: unknown; readonly code?: unknown }
  } | null
}

function geoParquetBox(text: string | undefined): Box | undefined {
  if (text === undefined) return undefined
  let geo: { primary_column?: unknown; columns?: Record<string, GeoColumn> }
  try {
    geo = JSON.parse(text)
  } catch {
    return undefined
  }
  const column = geo?.columns?.[String(geo.primary_column)]
  if (column === undefined || column === null || !isGeographic(column.crs) || !Array.isArray(column.bbox))
    return undefined
  const numbers = column.bbox.map(Number)
  if (!numbers.every(Number.isFinite)) return undefined
  const [a, b, c, d, e] = numbers
  if (numbers.length === 6) return [a!, b!, d!, e!]
  return numbers.length === 4 ? [a!, b!, c!, d!] : undefined
}

/** Absent means OGC:CRS84; null means that it is not known. */
function isGeographic(crs: GeoColumn['crs']): boolean {
  if (crs === undefined) return true
  return crs !== null && (crs.type === 'GeographicCRS' || crs.id?.authority === 'OGC')
}

function statisticsBox(footer: Footer): Box | undefined {
  const column = footer.leaves.findIndex((_, at) =>
    footer.rowGroups.some(group => group.chunks[at]!.boundingBox),
  )
  if (column < 0) return undefined
  const boxes = footer.rowGroups
    .filter(group => group.rows > 0)
    .map(group => group.chunks[column]!.boundingBox)
  if (boxes.some(box => box === undefined)) return undefined
  const known = boxes as Box[]
  const least = (at: 0 | 1) => Math.min(...known.map(box => box[at]))
  const greatest = (at: 2 | 3) => Math.max(...known.map(box => box[at]))
  return [least(0), least(1), greatest(2), greatest(3)]
}
