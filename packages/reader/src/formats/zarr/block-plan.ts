import type { IndexRange } from '../../dataset.ts'
import type { ReadOptions } from '../../objects.ts'
import { type Block, blocksOf } from '../arrays/blocks.ts'
import { decodedItemSize } from './data-type.ts'
import { type Piece, piecesOf } from './pieces.ts'
import { type Span, spansOf, type Wanted } from './spans.ts'
import { cStrides } from './strided-copy.ts'
import type { ZarrArray } from './zarr-array.ts'

export const BLOCK_BYTES = 4 << 20
/** Units that one block may gather, however little of each is selected. */
const BLOCK_UNITS = 1024

/** How many elements a block has, unless one unit has more. */
export function blockBudget(array: ZarrArray, ranges: readonly IndexRange[]): number {
  const ofUnit = ranges.reduce(
    (product, { step }, axis) => product * Math.ceil(array.unitShape[axis]! / step),
    1,
  )
  const ofBytes = Math.max(1, Math.floor(BLOCK_BYTES / decodedItemSize(array.metadata.pipeline.type)))
  return Math.min(ofBytes, ofUnit * BLOCK_UNITS)
}

export function blocksOfArray(array: ZarrArray, ranges: readonly IndexRange[]): Generator<Block> {
  return blocksOf(ranges, array.unitShape, blockBudget(array, ranges))
}

/** Part of an object from which one piece, or one row of it, is taken. */
export interface ObjectPart {
  readonly path: string
  readonly pieces: readonly Piece[]
}

/** The pieces of a block by the object that holds them. Places of pieces are in units of what is decoded at once. */
export function partsOf(array: ZarrArray, ranges: readonly IndexRange[]): Iterable<ObjectPart> {
  const { metadata, layout } = array
  const byPath = new Map<string, Piece[]>()
  const inner = layout === 'sharded' ? array.shardGrid : undefined
  for (const piece of piecesOf(ranges, inner ? array.unitShape : metadata.chunkShape)) {
    const place =
      inner === undefined ? piece.place : piece.place.map((at, axis) => Math.floor(at / inner[axis]!))
    const path = array.pathOf(place)
    const pieces = byPath.get(path)
    if (pieces === undefined) byPath.set(path, [piece])
    else pieces.push(piece)
  }
  return Array.from(byPath, ([path, pieces]) => ({ path, pieces }))
}

export interface ShardPlan {
  readonly missing: readonly Piece[]
  readonly spans: readonly Span<Piece>[]
}

/** The reads that bring these chunks of a shard; undefined where there is no shard. */
export async function planShard(
  array: ZarrArray,
  { path, pieces }: ObjectPart,
  options: ReadOptions,
): Promise<ShardPlan | undefined> {
  const index = await array.shardIndex(path, options)
  if (index === undefined) return undefined
  const grid = array.shardGrid
  const strides = cStrides(grid)
  const missing: Piece[] = []
  const wanted: Wanted<Piece>[] = []
  for (const piece of pieces) {
    const at = piece.place.reduce((sum, cell, axis) => sum + (cell % grid[axis]!) * strides[axis]!, 0)
    const start = index.starts[at]!
    if (start === -1) missing.push(piece)
    else wanted.push({ start, end: index.ends[at]!, what: piece })
  }
  return { missing, spans: spansOf(wanted) }
}

/** One row of a piece: where its elements lie in the chunk (first index, step) and in the block. */
export interface Row {
  readonly at: readonly number[]
  readonly count: number
}

/** The reads that bring the rows of a piece out of a chunk that is stored as it is. */
export function planPlain(array: ZarrArray, piece: Piece, ranges: readonly IndexRange[]): Span<Row>[] {
  const { chunkShape, pipeline } = array.metadata
  const size = pipeline.type.itemSize
  const strides = cStrides(chunkShape)
  const rank = chunkShape.length
  const count = rank === 0 ? 1 : piece.shape[rank - 1]!
  const step = rank === 0 ? 1 : ranges[rank - 1]!.step
  const rows: Wanted<Row>[] = []
  const row = new Array<number>(Math.max(0, rank - 1)).fill(0)
  for (;;) {
    let start = rank === 0 ? 0 : piece.offset[rank - 1]!
    for (let axis = 0; axis < rank - 1; axis++)
      start += (piece.offset[axis]! + row[axis]! * ranges[axis]!.step) * strides[axis]!
    rows.push({
      start: start * size,
      end: (start + (count - 1) * step + 1) * size,
      what: { at: piece.at.map((at, axis) => at + (row[axis] ?? 0)), count },
    })
    let axis = rank - 2
    while (axis >= 0 && ++row[axis]! === piece.shape[axis]) row[axis--] = 0
    if (axis < 0) return spansOf(rows)
  }
}
