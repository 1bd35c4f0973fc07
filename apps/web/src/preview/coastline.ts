import { createRequire } from 'node:module'
import { geoEquirectangular, geoPath } from 'd3-geo'
import type { FeatureCollection } from 'geojson'
import { feature } from 'topojson-client'
import type { GeometryCollection, Topology } from 'topojson-specification'

const require = createRequire(import.meta.url)
const lands = new Map<string, FeatureCollection>()

/** Natural Earth's land at 1:110 million or 1:50 million, read when it is first needed. */
function land(scale: '110m' | '50m'): FeatureCollection {
  let known = lands.get(scale)
  if (known === undefined) {
    const topology = require(`world-atlas/land-${scale}.json`) as Topology<{ land: GeometryCollection }>
    known = feature(topology, topology.objects.land) as unknown as FeatureCollection
    lands.set(scale, known)
  }
  return known
}

/** Degrees; east may pass 180. */
export interface MapExtent {
  readonly west: number
  readonly east: number
  readonly south: number
  readonly north: number
}

/** Below so many degrees the coastline is too coarse to help. */
const LEAST_SPAN = 2

/**
 * The coastlines within a box, as the path of an SVG of `width` × `height` whose corners are the box's; undefined where they
 * would be too coarse.
 */
export function coastline(
  { west, east, south, north }: MapExtent,
  width: number,
  height: number,
): string | undefined {
  const [across, up] = [east - west, north - south]
  if (across < LEAST_SPAN || up <= 0 || across > 365 || up > 190) return undefined
  // d3 maps with one scale for both axes: it draws in degrees across, and the path is stretched afterwards.
  const scale = width / ((across * Math.PI) / 180)
  const stretch = height / ((up / across) * width)
  const projection = geoEquirectangular()
    .rotate([-(west + east) / 2, 0])
    .scale(scale)
    .translate([width / 2, (((north + south) / 2) * Math.PI * scale) / 180 + height / stretch / 2])
    .clipExtent([
      [-1, -1],
      [width + 1, height / stretch + 1],
    ])
    .precision(0)
  const path = geoPath(projection).digits(1)(land(across > 60 ? '110m' : '50m'))
  return path ? stretched(path, stretch) : undefined
}

/** Every second number of a path of absolute M, L and Z commands, times a factor. */
function stretched(path: string, factor: number): string {
  if (Math.abs(factor - 1) < 1e-6) return path
  return path.replace(/(-?[\d.]+),(-?[\d.]+)/g, (_, x, y) => `${x},${(Number(y) * factor).toFixed(1)}`)
}
