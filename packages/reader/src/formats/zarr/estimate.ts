import type { IndexRange } from '../../dataset.ts'
import type { Cost, ReadOptions } from '../../objects.ts'
import { checkRanges, elementsOf } from '../arrays/blocks.ts'
import { blockBudget, blocksOfArray, partsOf, planPlain, planShard } from './block-plan.ts'
import { cellsTouched, piecesOf } from './pieces.ts'
import type { ZarrArray } from './zarr-array.ts'

/** Objects that are asked one by one what they would cost; beyond that the first ones stand for all. */
const ASKED_OBJECTS = 4096
/** Bytes of shard indexes that are read to know where chunks lie; the read that follows has them then. */
const INDEX_BYTES = 1 << 20
const INDEXES = 32
const PLANNED_BLOCKS = 1024

/**
 * What a read would cost. Requests are exact for chunks of their own, for shards while their indexes are few, and for
 * chunks that are stored as they are; beyond that they assume that chunks of a shard lie in C order. Bytes are exact where
 * the store or a shard's index says them or nothing is compressed, else by the ratio met so far.
 * @throws {ReaderError} `InvalidSelection`, `OverBudget`.
 */
export async function estimateArray(
  array: ZarrArray,
  ranges: readonly IndexRange[],
  options: ReadOptions = {},
): Promise<Cost> {
  checkRanges(array.name, array.metadata.shape, ranges)
  array.checkReadable()
  if (elementsOf(ranges) === 0) return { requests: 0, bytes: 0 }
  if (array.layout === 'sharded') return estimateShards(array, ranges, options)
  if (array.layout === 'plain') return estimatePlain(array, ranges)
  return estimateWhole(array, ranges, options)
}

function touched(ranges: readonly IndexRange[], cellShape: readonly number[]): number {
  return ranges.reduce((product, range, axis) => product * cellsTouched(range, cellShape[axis]!), 1)
}

async function estimateWhole(
  array: ZarrArray,
  ranges: readonly IndexRange[],
  options: ReadOptions,
): Promise<Cost> {
  const { objects, metadata } = array
  const count = touched(ranges, metadata.chunkShape)
  if (objects.cost !== undefined) {
    let requests = 0
    let bytes = 0
    let asked = 0
    for (const { place } of piecesOf(firstOf(ranges), metadata.chunkShape)) {
      const cost = await objects.cost(array.pathOf(place), options)
      requests += cost?.requests ?? 1
      bytes += cost?.bytes ?? array.likelyEncoded
      if (++asked === ASKED_OBJECTS) break
    }
    return { requests: Math.ceil((requests / asked) * count), bytes: Math.ceil((bytes / asked) * count) }
  }
  return { requests: count, bytes: Math.ceil(count * array.likelyEncoded) }
}

/** Pieces of a dimension are all listed before the first is given: a huge one is cut, as only the first are asked. */
function firstOf(ranges: readonly IndexRange[]): IndexRange[] {
  return ranges.map(range => ({ ...range, end: Math.min(range.end, range.start + range.step * 4_000_000) }))
}

async function estimateShards(
  array: ZarrArray,
  ranges: readonly IndexRange[],
  options: ReadOptions,
): Promise<Cost> {
  const shards = touched(ranges, array.metadata.chunkShape)
  const chunks = touched(ranges, array.unitShape)
  if (shards > INDEXES || shards * array.shardIndexBytes > INDEX_BYTES || chunks > PLANNED_BLOCKS * 64) {
    const bytes = Math.ceil(chunks * array.likelyEncoded)
    const blocks = Math.ceil(elementsOf(ranges) / blockBudget(array, ranges))
    return { requests: shards + Math.max(shards, blocks), bytes: bytes + shards * array.shardIndexBytes }
  }
  let requests = 0
  let bytes = 0
  for (const block of blocksOfArray(array, ranges))
    for (const part of partsOf(array, block.ranges)) {
      const plan = await planShard(array, part, options)
      for (const span of plan?.spans ?? []) {
        requests++
        bytes += span.end - span.start
      }
    }
  return { requests, bytes }
}

function estimatePlain(array: ZarrArray, ranges: readonly IndexRange[]): Cost {
  const elements = elementsOf(ranges)
  const blocks = Math.ceil(elements / blockBudget(array, ranges))
  if (blocks > PLANNED_BLOCKS) {
    const bytes = elements * array.metadata.pipeline.type.itemSize
    return { requests: Math.max(blocks, touched(ranges, array.metadata.chunkShape)), bytes }
  }
  let requests = 0
  let bytes = 0
  for (const block of blocksOfArray(array, ranges))
    for (const { pieces } of partsOf(array, block.ranges))
      for (const piece of pieces)
        for (const span of planPlain(array, piece, block.ranges)) {
          requests++
          bytes += span.end - span.start
        }
  return { requests, bytes }
}
