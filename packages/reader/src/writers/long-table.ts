import { type Packing, packingOf, unpack, unpackTime } from '../cf/packing.ts'
import { coordinatesOf } from '../cf/roles.ts'
import { type Instant, isoTimes } from '../cf/time.ts'
import type { ArrayContext } from '../context.ts'
import type { RowBatch, Values } from '../dataset.ts'
import { ReaderError } from '../errors.ts'
import { emptyLike } from '../gather.ts'
import type { Column, Variable } from '../model.ts'
import type { ReadOptions } from '../objects.ts'
import { elementsOf, gatherPlan, shapeOf, type VariablePlan } from '../plan.ts'
import { momentText } from '../table/moments.ts'
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
      if (line === undefined || dimension.length > 4_000_000) return indexColumn(dimension.name, main, axis)
      const { values } = await gatherPlan(
        context.dataset,
        { variable: line, dimensions: [dimension] },
        options,
      )
      const decoder = decoderOf(line, packingOf(line, format))
      return { name: line.name, type: decoder.type, axis, values: decoder.decode(values) }
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
    return { name: plan.variable.name, type: decoder.type, plan, axes, decoder }
  })
  const lead = dimensions.filter(dimension => dimension !== undefined)
  const columns: Column[] = [...lead, ...variables].map(({ name, type }) => ({ name, type }))
  const tiles = tilesOf(shapeOf(main), tileShape(shapeOf(main), unitOf(main), TILE_ELEMENTS))

  async function readTile(tile: Tile) {
    const parts = await Promise.all(
      variables.map(async ({ plan, axes, decoder }) => {
        const own = { start: axes.map(axis => tile.start[axis]!), shape: axes.map(axis => tile.shape[axis]!) }
        const { values } = await gatherPlan(context.dataset, partOf(plan, own), options)
        const same = own.shape.length === tile.shape.length && axes.every((axis, at) => axis === at)
        return { values: decoder.decode(values), ...own, axes, same }
      }),
    )
    return { tile, parts }
  }

  async function* batches(): AsyncGenerator<RowBatch> {
    let start = 0
    for await (const { tile, parts } of ahead(tiles, readTile, TILES_AT_ONCE)) {
      const size = tile.shape.reduce((product, length) => product * length, 1)
      for (let from = 0; from < size; from += BATCH_ROWS) {
        options.signal?.throwIfAborted()
        const to = Math.min(size, from + BATCH_ROWS)
        const found = new Map<string, ArrayLike<unknown>>()
        for (const { name, axis, values } of lead) found.set(name, along(tile, axis, values, from, to))
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

function indexColumn(name: string, { dimensions }: VariablePlan, axis: number) {
  const { parts, length } = dimensions[axis]!
  const values = new BigInt64Array(length)
  let to = 0
  for (const { start, end, step } of parts)
    for (let at = start; at < end; at += step) values[to++] = BigInt(at)
  return { name, type: 'int64', axis, values: values as ArrayLike<unknown> }
}

/** Values of one dimension for rows of a tile in C order. */
function along(
  tile: Tile,
  axis: number,
  values: ArrayLike<unknown>,
  from: number,
  to: number,
): ArrayLike<unknown> {
  const below = tile.shape.slice(axis + 1).reduce((product, length) => product * length, 1)
  const length = tile.shape[axis]!
  const result = emptyLike(values as Values, to - from) as {
    fill(value: unknown, start: number, end: number): unknown
  }
  for (let at = from; at < to; ) {
    const run = Math.min(to, (Math.floor(at / below) + 1) * below)
    result.fill(values[tile.start[axis]! + (Math.floor(at / below) % length)], at - from, run - from)
    at = run
  }
  return result as unknown as ArrayLike<unknown>
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

interface Decoder {
  /** Arrow's name. */
  readonly type: string
  decode(values: Values): ArrayLike<unknown>
}

const ARROW: Readonly<Record<string, string>> = {
  int8: 'int8',
  int16: 'int16',
  int32: 'int32',
  int64: 'int64',
  uint8: 'uint8',
  uint16: 'uint16',
  uint32: 'uint32',
  uint64: 'uint64',
  float16: 'halffloat',
  float32: 'float',
  float64: 'double',
  bool: 'bool',
  bytes: 'binary',
}

function decoderOf({ dtype }: Variable, packing: Packing): Decoder {
  const { time } = packing
  if (time !== undefined) return timeDecoder(packing)
  if (dtype.startsWith('complex'))
    return { type: 'utf8', decode: values => complexTexts(values as Float64Array) }
  if (packing.packed)
    return {
      type: 'double',
      decode: values =>
        Array.from(values as ArrayLike<unknown>, value => nan(value) ?? unpack(value, packing)),
    }
  if (packing.turnSign !== undefined) {
    const type = packing.turnSign.to === 'unsigned' ? `u${dtype}` : dtype.slice(1)
    return {
      type,
      decode: values => Array.from(values as ArrayLike<unknown>, value => unpack(value, packing)),
    }
  }
  const type = ARROW[dtype] ?? 'utf8'
  const exact = packing.missing.length === 0 && packing.least === undefined && packing.greatest === undefined
  if (dtype === 'bytes') return { type, decode: values => values }
  if (exact && dtype !== 'bool') return { type, decode: values => values }
  const keepsNaN = !packing.missing.some(value => Number.isNaN(value))
  return {
    type,
    decode: values =>
      Array.from(
        values as ArrayLike<unknown>,
        value => (keepsNaN ? nan(value) : undefined) ?? unpack(value, packing),
      ),
  }
}

function nan(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isNaN(value) ? value : undefined
}

/** Real calendars become moments since 1970; of model calendars there are only names. */
function timeDecoder(packing: Packing): Decoder {
  const { calendar, unit } = packing.time!
  const instants = (values: Values) =>
    Array.from(values as ArrayLike<unknown>, value => unpackTime(value, packing))
  if (calendar !== 'standard' && calendar !== 'proleptic_gregorian')
    return { type: 'utf8', decode: values => isoTimes(instants(values), calendar) }
  const fine = unit < 1000n
  const text = (instant: Instant | undefined) =>
    instant === undefined
      ? null
      : momentText(fine ? instant : floor(instant, 1000n), fine ? 'ns' : 'us', true)
  return {
    type: fine ? 'timestamp[ns, UTC]' : 'timestamp[us, UTC]',
    decode: values => instants(values).map(text),
  }
}

function floor(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value % by < 0n ? quotient - 1n : quotient
}

/** As NumPy writes them: `(1-2j)`. */
function complexTexts(pairs: Float64Array): string[] {
  return Array.from({ length: pairs.length / 2 }, (_, at) => {
    const imaginary = pairs[2 * at + 1]!
    return `(${pairs[2 * at]}${imaginary < 0 || Object.is(imaginary, -0) ? '' : '+'}${imaginary}j)`
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
