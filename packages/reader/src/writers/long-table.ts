import { packingOf } from '../cf/packing.ts'
import { coordinatesOf } from '../cf/roles.ts'
import type { ArrayContext } from '../context.ts'
import type { RowBatch } from '../dataset.ts'
import { ReaderError } from '../errors.ts'
import type { Column } from '../model.ts'
import type { ReadOptions } from '../objects.ts'
import { elementsOf, gatherPlan, shapeOf, type VariablePlan } from '../plan.ts'
import { decoderOf } from './column-decoder.ts'
import { along, coordinateColumn, indexColumn } from './dimension-column.ts'
import { ahead, axesWithin, partOf, type Tile, tileShape, tilesOf, unitOf } from './tiles.ts'
import type { RowStream } from './types.ts'

const TILE_ELEMENTS = 1_048_576
const TILES_AT_ONCE = 2
const BATCH_ROWS = 16_384

/**
 * Arrays as a long table: a row for each element, with a column for each dimension's coordinate (its index where it has none)
 * and one for each variable. Variables of fewer dimensions are repeated along the others. Packed values are unpacked, what is
 * missing is null, times are timestamps (text in calendars that are not real). Rows come in C order of tiles of whole chunks:
 * plain C order wherever a chunk-high slab of the trailing dimensions has at most a million elements.
 * @throws {ReaderError} `InvalidSelection` where the variables do not share dimensions.
 */
export async function longTable(
  context: ArrayContext,
  plans: readonly VariablePlan[],
  options: ReadOptions = {},
): Promise<RowStream> {
  const main = [...plans].sort((a, b) => b.dimensions.length - a.dimensions.length)[0]
  if (main === undefined)
    throw new ReaderError('InvalidSelection', 'there are no variables to make a table of')
  const format = context.description.format
  const lines = coordinatesOf(context.model, main.variable)
  const chosen = new Set(plans.map(({ variable }) => variable.name))
  const dimensions = await Promise.all(
    main.dimensions.map(async (dimension, axis) => {
      const line = lines[axis]
      if (line !== undefined && chosen.has(line.name)) return undefined
      return line === undefined
        ? indexColumn(dimension, axis)
        : coordinateColumn(context, line, dimension, axis, options)
    }),
  )
  const variables = plans.map(plan => {
    const axes = axesWithin(plan, main)
    if (axes === undefined)
      throw new ReaderError(
        'InvalidSelection',
        `'${plan.variable.name}' (${plan.variable.dimensions.join(', ')}) and '${main.variable.name}' (${main.variable.dimensions.join(', ')}) do not share dimensions, so they make no one table: export them one by one with var=, or all as Zarr or NetCDF`,
        { variable: plan.variable.name },
      )
    const decoder = decoderOf(plan.variable, packingOf(plan.variable, format))
    return { name: plan.variable.name, type: decoder.type, plan, axes, decoder, nullable: !decoder.exact }
  })
  const lead = dimensions.filter(dimension => dimension !== undefined)
  const columns: Column[] = [...lead, ...variables].map(({ name, type, nullable }) => ({
    name,
    type,
    nullable,
  }))
  const tiles = tilesOf(shapeOf(main), tileShape(shapeOf(main), unitOf(main), TILE_ELEMENTS))

  async function readTile(tile: Tile) {
    const own = await Promise.all(lead.map(({ axis, part }) => part(tile.start[axis]!, tile.shape[axis]!)))
    const parts = await Promise.all(
      variables.map(async ({ plan, axes, decoder }) => {
        const within = {
          start: axes.map(axis => tile.start[axis]!),
          shape: axes.map(axis => tile.shape[axis]!),
        }
        const { values } = await gatherPlan(context.dataset, partOf(plan, within), options)
        const same = within.shape.length === tile.shape.length && axes.every((axis, at) => axis === at)
        return { values: decoder.decode(values), ...within, axes, same }
      }),
    )
    return { tile, own, parts }
  }

  async function* batches(): AsyncGenerator<RowBatch> {
    let start = 0
    for await (const { tile, own, parts } of ahead(tiles, readTile, TILES_AT_ONCE)) {
      const size = tile.shape.reduce((product, length) => product * length, 1)
      for (let from = 0; from < size; from += BATCH_ROWS) {
        options.signal?.throwIfAborted()
        const to = Math.min(size, from + BATCH_ROWS)
        const found = new Map<string, ArrayLike<unknown>>()
        lead.forEach(({ name, axis }, at) => {
          found.set(name, along(tile, axis, own[at]!, from, to))
        })
        variables.forEach(({ name }, at) => {
          const part = parts[at]!
          found.set(name, part.same ? cut(part.values, from, to) : spread(tile, part, from, to))
        })
        yield { start, rows: to - from, columns: found }
        start += to - from
      }
    }
  }

  return { columns, batches: batches(), rows: elementsOf(main), metadata: metadataOf(context, [...chosen]) }
}

function cut(values: ArrayLike<unknown>, from: number, to: number): ArrayLike<unknown> {
  return ArrayBuffer.isView(values)
    ? (values as unknown as Float64Array).subarray(from, to)
    : (values as readonly unknown[]).slice(from, to)
}

/** Values of fewer dimensions, or of another order, for rows of a tile. */
function spread(
  tile: Tile,
  {
    values,
    shape,
    axes,
  }: {
    readonly values: ArrayLike<unknown>
    readonly shape: readonly number[]
    readonly axes: readonly number[]
  },
  from: number,
  to: number,
): ArrayLike<unknown> {
  const below = tile.shape.map((_, axis) =>
    tile.shape.slice(axis + 1).reduce((product, length) => product * length, 1),
  )
  return Array.from({ length: to - from }, (_, at) => {
    let place = 0
    axes.forEach((axis, own) => {
      place = place * shape[own]! + (Math.floor((from + at) / below[axis]!) % tile.shape[axis]!)
    })
    return values[place]
  })
}

/** Attributes as JSON, under one key each for the dataset and its variables. */
function metadataOf(
  { description, model }: ArrayContext,
  names: readonly string[],
): Readonly<Record<string, string>> {
  const variables = Object.fromEntries(
    model.variables
      .filter(({ name }) => names.includes(name))
      .map(({ name, attributes }) => [name, attributes]),
  )
  return { attributes: JSON.stringify(description.attributes), variables: JSON.stringify(variables) }
}
