import { throwIfCancelled } from '../../cancelled.ts'
import type { ArrayBlock, IndexRange } from '../../dataset.ts'
import type { ReadOptions } from '../../objects.ts'
import { type Block, blocksOf, checkRanges, stepsOf } from '../arrays/blocks.ts'
import { BLOCK_BYTES, blockBudget, blocksOfArray } from './block-plan.ts'
import { componentsOf, decodedItemSize, type Elements, emptyElements, valuesOf } from './data-type.ts'
import { limiterOf } from './limiter.ts'
import { type Assembled, readBlock } from './read-block.ts'
import { copyStrided, cStrides } from './strided-copy.ts'
import type { ZarrArray } from './zarr-array.ts'

const CONCURRENT_READS = 16
/** Decoded bytes that are on their way at once. */
const AHEAD_BYTES = 32 << 20
const MOST_AHEAD = 16

/**
 * Blocks of a selection in C order of their starts, read ahead of the consumer within bounds. A consumer that stops, or
 * the signal, ends what is on its way.
 * @throws {ReaderError} `InvalidSelection`, `OverBudget`, `Unsupported`, `Corrupt`, `Cancelled`.
 */
export async function* readArray(
  array: ZarrArray,
  ranges: readonly IndexRange[],
  options: ReadOptions = {},
): AsyncGenerator<ArrayBlock> {
  checkRanges(array.name, array.metadata.shape, ranges)
  array.checkReadable()
  const stop = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal
  const limiter = limiterOf(CONCURRENT_READS)
  const ahead = readsAhead(array, ranges)
  const blocks = blocksOfArray(array, ranges)
  const onTheirWay: { block: Block; assembled: Promise<Assembled> }[] = []
  const missingObjects = new Set<string>()
  try {
    for (;;) {
      while (onTheirWay.length < ahead) {
        const next = blocks.next()
        if (next.done) break
        const assembled = readBlock(array, next.value, limiter, { ...options, signal })
        // A failure is thrown when its turn comes; until then it is no unhandled one.
        assembled.catch(() => {})
        onTheirWay.push({ block: next.value, assembled })
      }
      const first = onTheirWay.shift()
      if (first === undefined) return
      const { elements, missing } = await first.assembled
      const fresh = missing.filter(path => !missingObjects.has(path))
      if (array.layout === 'plain') for (const path of fresh) missingObjects.add(path)
      yield* smallBlocks(array, ranges, first.block, elements, fresh.length)
    }
  } catch (error) {
    throwIfCancelled(options.signal)
    throw error
  } finally {
    stop.abort()
    await Promise.allSettled(onTheirWay.map(({ assembled }) => assembled))
  }
}

function readsAhead(array: ZarrArray, ranges: readonly IndexRange[]): number {
  const bytes = Math.max(
    array.unitBytes,
    blockBudget(array, ranges) * decodedItemSize(array.metadata.pipeline.type),
  )
  return Math.max(1, Math.min(MOST_AHEAD, Math.floor(AHEAD_BYTES / bytes)))
}

/**
 * A block of one large chunk, cut along the first dimension behind which the selection lies in this chunk alone: so starts
 * stay in C order over the whole selection.
 */
function* smallBlocks(
  array: ZarrArray,
  ranges: readonly IndexRange[],
  { start, shape }: Block,
  elements: Elements,
  missingChunks: number,
): Generator<ArrayBlock> {
  const { type } = array.metadata.pipeline
  const count = shape.reduce((product, size) => product * size, 1)
  const budget = Math.max(1, Math.floor(BLOCK_BYTES / decodedItemSize(type)))
  if (count <= 2 * budget) {
    yield { start, shape, values: valuesOf(type, elements), missingChunks }
    return
  }
  let axis = shape.length - 1
  while (axis > 0 && shape[axis] === stepsOf(ranges[axis]!)) axis--
  const components = componentsOf(type)
  const trailing = components > 1 ? [components] : []
  const strides = cStrides([...shape, ...trailing])
  const whole = shape.map(end => ({ start: 0, end, step: 1 }))
  const units = shape.map((size, other) => (other < axis ? size : 1))
  let missing = missingChunks
  for (const part of blocksOf(whole, units, budget)) {
    const values = emptyElements(
      type,
      part.shape.reduce((product, size) => product * size, 1),
    )
    const box = [...part.shape, ...trailing]
    const offset = part.start.reduce((sum, at, other) => sum + at * strides[other]!, 0)
    copyStrided({ elements, offset, strides }, { elements: values, offset: 0, strides: cStrides(box) }, box)
    yield {
      start: part.start.map((at, other) => at + start[other]!),
      shape: part.shape,
      values: valuesOf(type, values),
      missingChunks: missing,
    }
    missing = 0
  }
}
