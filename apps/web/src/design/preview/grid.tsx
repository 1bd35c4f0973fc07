import type { ShownDimension } from '@frost/reader'
import type { FC } from 'hono/jsx'
import type { DrawnGrid, DrawnImage } from '../../gateway.ts'
import { type Axis, axisOf, degreesOf, unwrapped } from '../../preview/axis.ts'
import { coastline, type MapExtent } from '../../preview/coastline.ts'
import { ColourBar } from './colour-bar.tsx'
import { Plot } from './plot.tsx'

const WIDTH = 1000
/** Sides of a plane are at most so unequal, whatever its numbers say. */
const LEAST_HEIGHT = 260
const MOST_HEIGHT = 1_800
const TALL = 1_050

/** A plane of values in colours, or an image, with its axes; over latitudes and longitudes, with coastlines. */
export const Grid: FC<{ preview: DrawnGrid | DrawnImage; title: string; label: string }> = ({
  preview,
  title,
  label,
}) => {
  const { picture, shown, upward } = preview
  const rows = shown.find(({ role }) => role === 'rows')
  const columns = shown.find(({ role }) => role === 'columns')
  const extent = rows && columns && extentOf(rows, columns)
  const height = Math.round(Math.min(MOST_HEIGHT, Math.max(LEAST_HEIGHT, WIDTH * ratioOf(preview, extent))))
  const coast = extent && coastline(extent, WIDTH, height)
  const hasAxes = preview.kind === 'grid' || rows?.values !== undefined
  return (
    <>
      <Plot
        x={hasAxes && columns ? axisOf(columns) : undefined}
        y={hasAxes && rows ? turned(axisOf(rows), upward) : undefined}
        tall={height > TALL}
      >
        <svg
          class="plane"
          viewBox={`0 0 ${WIDTH} ${height}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={label}
        >
          <image
            class={picture.width < 600 && preview.kind === 'grid' ? 'cells' : undefined}
            width={WIDTH}
            height={height}
            preserveAspectRatio="none"
            href={`data:${picture.mediaType};base64,${picture.base64}`}
          />
          {coast && <path class="coast halo" d={coast} />}
          {coast && <path class="coast" d={coast} />}
        </svg>
      </Plot>
      {preview.kind === 'grid' &&
        (preview.statistics ? (
          <ColourBar picture={picture} title={title} />
        ) : (
          <p class="soft">There is no value in what is shown.</p>
        ))}
    </>
  )
}

/** The first row of a picture is at the top unless its values rise upward. */
function turned(axis: Axis, upward: boolean): Axis {
  return upward ? axis : { ...axis, ticks: axis.ticks.map(tick => ({ ...tick, at: 1 - tick.at })) }
}

/** The box of the cells, where both axes are even steps of degrees. */
function extentOf(rows: ShownDimension, columns: ShownDimension): MapExtent | undefined {
  if (degreesOf(rows) !== 'NS' || degreesOf(columns) !== 'EW') return undefined
  const north = edges((rows.values ?? []).map(Number))
  const east = edges(unwrapped((columns.values ?? []).map(Number), true))
  if (north === undefined || east === undefined || east.last < east.first) return undefined
  return {
    west: east.first,
    east: east.last,
    south: Math.min(north.first, north.last),
    north: Math.max(north.first, north.last),
  }
}

/** The outer edges of the first and the last cell; undefined where steps differ so much that the picture is no map. */
function edges(values: readonly number[]): { readonly first: number; readonly last: number } | undefined {
  const count = values.length
  if (count < 2 || !values.every(Number.isFinite)) return undefined
  const step = (values[count - 1]! - values[0]!) / (count - 1)
  const isEven = values.every((value, at) => Math.abs(value - (values[0]! + at * step)) <= Math.abs(step))
  return step !== 0 && isEven
    ? { first: values[0]! - step / 2, last: values[count - 1]! + step / 2 }
    : undefined
}

/** Height to width: of the ground where that is known, else of the cells. */
function ratioOf(preview: DrawnGrid | DrawnImage, extent: MapExtent | undefined): number {
  if (extent) {
    const { west, east, south, north } = extent
    const flat = north - south < 90 ? Math.cos((((north + south) / 2) * Math.PI) / 180) : 1
    return (north - south) / (east - west) / Math.max(0.2, flat)
  }
  const [rows, columns] = ['rows', 'columns'].map(role => preview.shown.find(shown => shown.role === role))
  if (rows?.units && rows.units === columns?.units && rows.values && columns.values) {
    const [up, across] = [rows.values, columns.values].map(values =>
      Math.abs(
        (Number(values.at(-1)) - Number(values[0])) * (values.length / Math.max(1, values.length - 1)),
      ),
    ) as [number, number]
    if (up > 0 && across > 0 && Number.isFinite(up / across)) return up / across
  }
  const ratio = preview.picture.height / preview.picture.width
  return preview.kind === 'image' ? ratio : Math.min(1, Math.max(0.4, ratio))
}
