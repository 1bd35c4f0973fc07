import { packingOf } from '../cf/packing.ts'
import type { ArrayContext } from '../context.ts'
import type { Values } from '../dataset.ts'
import { emptyLike, lengthOf } from '../gather.ts'
import type { Variable } from '../model.ts'
import type { ReadOptions } from '../objects.ts'
import { type DimensionPlan, gatherPlan, type VariablePlan } from '../plan.ts'
import { decoderOf } from './column-decoder.ts'
import { partOf, type Tile } from './tiles.ts'

/** Coordinates of more elements are not held, but read again for each tile. */
const HELD = 1_048_576

/** A dimension as a column of a long table: its values are made for the part of it that a tile covers. */
export interface DimensionColumn {
  readonly name: string
  /** Arrow's name. */
  readonly type: string
  readonly axis: number
  readonly nullable: boolean
  /** Of indices `[start, start + length)` of the selection. */
  part(start: number, length: number): Promise<ArrayLike<unknown>>
}

/** Of a dimension without coordinates: indices of the source. */
export function indexColumn({ name, parts }: DimensionPlan, axis: number): DimensionColumn {
  return {
    name,
    type: 'int64',
    axis,
    nullable: false,
    async part(start, length) {
      const values = new BigInt64Array(length)
      let before = 0
      for (const range of parts) {
        const from = Math.max(0, start - before)
        const to = Math.min(lengthOf(range), start + length - before)
        for (let at = from; at < to; at++) values[before + at - start] = BigInt(range.start + at * range.step)
        before += lengthOf(range)
      }
      return values
    },
  }
}

/** Of a dimension with a coordinate variable, decoded. */
export async function coordinateColumn(
  { dataset, description }: ArrayContext,
  variable: Variable,
  dimension: DimensionPlan,
  axis: number,
  options: ReadOptions,
): Promise<DimensionColumn> {
  const { type, exact, decode } = decoderOf(variable, packingOf(variable, description.format))
  const plan: VariablePlan = { variable, dimensions: [dimension] }
  const read = async (start: number, length: number) =>
    (await gatherPlan(dataset, partOf(plan, { start: [start], shape: [length] }), options)).values
  const held = dimension.length <= HELD ? await read(0, dimension.length) : undefined
  return {
    name: variable.name,
    type,
    axis,
    nullable: !exact,
    async part(start, length) {
      const values = held?.slice(start, start + length) ?? (await read(start, length))
      return decode(values as Values)
    },
  }
}

/** Values of the part of one dimension that a tile covers, for rows of the tile in C order. */
export function along(
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
    result.fill(values[Math.floor(at / below) % length], at - from, run - from)
    at = run
  }
  return result as unknown as ArrayLike<unknown>
}
