import type { IndexRange } from '../../dataset.ts'
import type { ReadOptions } from '../../objects.ts'
import { together } from '../../together.ts'
import type { Block } from '../arrays/blocks.ts'
import { type ObjectPart, partsOf, planPlain, planShard } from './block-plan.ts'
import { type Decoded, decodeChunk } from './codecs/pipeline.ts'
import { componentsOf, type Elements, emptyElements } from './data-type.ts'
import { elementsOfBytes } from './elements.ts'
import type { Limiter } from './limiter.ts'
import type { Piece } from './pieces.ts'
import { copyStrided, cStrides, fillStrided } from './strided-copy.ts'
import type { ZarrArray } from './zarr-array.ts'

export interface Assembled {
  readonly elements: Elements
  /** Objects, or chunks of a shard, that the store does not hold. */
  readonly missing: readonly string[]
}

/** Reads, decodes and places all that a block needs, each chunk once. */
export async function readBlock(
  array: ZarrArray,
  block: Block,
  limiter: Limiter,
  options: ReadOptions,
): Promise<Assembled> {
  const { type } = array.metadata.pipeline
  const parts = [...partsOf(array, block.ranges)]
  if (array.layout === 'whole' && parts.length === 1) {
    const direct = await readDirect(array, parts[0]!, block, limiter, options)
    if (direct !== undefined) return direct
  }
  const elements = emptyElements(
    type,
    block.shape.reduce((product, size) => product * size, 1),
  )
  const missing: string[] = []
  const target: Target = {
    array,
    elements,
    strides: cStrides(withComponents(array, block.shape)),
    ranges: block.ranges,
  }
  await together(
    options,
    parts.map(part => async each => {
      if (array.layout === 'sharded') missing.push(...(await placeShard(target, part, limiter, each)))
      else if (array.layout === 'plain') missing.push(...(await placePlain(target, part, limiter, each)))
      else if (!(await limiter(() => placeWhole(target, part, each)))) missing.push(part.path)
    }),
  )
  return { elements, missing }
}

interface Target {
  readonly array: ZarrArray
  readonly elements: Elements
  readonly strides: readonly number[]
  readonly ranges: readonly IndexRange[]
}

/** Where the block is one whole chunk in C order, what was decoded is the block: nothing is copied. */
async function readDirect(
  array: ZarrArray,
  { path, pieces }: ObjectPart,
  block: Block,
  limiter: Limiter,
  options: ReadOptions,
): Promise<Assembled | undefined> {
  const { chunkShape, pipeline } = array.metadata
  if (pieces[0]!.shape.some((size, axis) => size !== chunkShape[axis]) || pipeline.order !== undefined)
    return undefined
  return limiter(async () => {
    const bytes = await array.object(path, options)
    if (bytes === undefined) {
      const elements = emptyElements(
        pipeline.type,
        block.shape.reduce((product, size) => product * size, 1),
      )
      const shape = withComponents(array, block.shape)
      fillStrided({ elements, offset: 0, strides: cStrides(shape) }, shape, array.metadata.fill)
      return { elements, missing: [path] }
    }
    array.learn(bytes.length)
    return { elements: (await decodeChunk(pipeline, bytes, chunkShape)).elements, missing: [] }
  })
}

async function placeWhole(
  target: Target,
  { path, pieces }: ObjectPart,
  options: ReadOptions,
): Promise<boolean> {
  const { array } = target
  const bytes = await array.object(path, options)
  if (bytes === undefined) {
    for (const piece of pieces) fillPiece(target, piece)
    return false
  }
  array.learn(bytes.length)
  const decoded = await decodeChunk(array.metadata.pipeline, bytes, array.metadata.chunkShape)
  for (const piece of pieces) copyPiece(target, piece, decoded)
  return true
}

async function placeShard(
  target: Target,
  part: ObjectPart,
  limiter: Limiter,
  options: ReadOptions,
): Promise<string[]> {
  const { array } = target
  const plan = await limiter(() => planShard(array, part, options))
  const missing = [...(plan === undefined ? part.pieces : plan.missing)]
  await together(
    options,
    (plan?.spans ?? []).map(
      span => each =>
        limiter(async () => {
          const bytes = await array.part(part.path, span.start, span.end, each)
          for (const { start, end, what } of span.wanted) {
            if (bytes === undefined) {
              missing.push(what)
              continue
            }
            array.learn(end - start)
            const chunk = bytes.subarray(start - span.start, end - span.start)
            copyPiece(target, what, await decodeChunk(array.metadata.pipeline, chunk, array.unitShape))
          }
        }),
    ),
  )
  for (const piece of missing) fillPiece(target, piece)
  return missing.map(piece => `${part.path}#${piece.place}`)
}

async function placePlain(
  target: Target,
  { path, pieces }: ObjectPart,
  limiter: Limiter,
  options: ReadOptions,
): Promise<string[]> {
  const { array, ranges } = target
  const { type, bigEndian } = array.metadata.pipeline
  const components = componentsOf(type)
  const trailing = components > 1 ? [components] : []
  const step = ranges.at(-1)?.step ?? 1
  let absent = false
  await together(
    options,
    pieces
      .flatMap(piece => planPlain(array, piece, ranges))
      .map(
        span => each =>
          limiter(async () => {
            const bytes = await array.part(path, span.start, span.end, each)
            if (bytes === undefined) {
              absent = true
              return
            }
            const elements = elementsOfBytes(bytes, type, bigEndian)
            const lastStride = target.strides[ranges.length - 1] ?? 1
            for (const { start, what } of span.wanted)
              copyStrided(
                {
                  elements,
                  offset: ((start - span.start) / type.itemSize) * components,
                  strides: [step * components, ...trailing.map(() => 1)],
                },
                {
                  elements: target.elements,
                  offset: offsetOf(what.at, target.strides),
                  strides: [lastStride, ...trailing.map(() => 1)],
                },
                [what.count, ...trailing],
              )
          }),
      ),
  )
  if (!absent) return []
  for (const piece of pieces) fillPiece(target, piece)
  return [path]
}

function copyPiece(target: Target, piece: Piece, { elements, strides }: Decoded): void {
  const { array, ranges } = target
  copyStrided(
    {
      elements,
      offset: offsetOf(piece.offset, strides),
      strides: strides.map((stride, axis) => stride * (ranges[axis]?.step ?? 1)),
    },
    { elements: target.elements, offset: offsetOf(piece.at, target.strides), strides: target.strides },
    withComponents(array, piece.shape),
  )
}

function fillPiece(target: Target, piece: Piece): void {
  fillStrided(
    { elements: target.elements, offset: offsetOf(piece.at, target.strides), strides: target.strides },
    withComponents(target.array, piece.shape),
    target.array.metadata.fill,
  )
}

function offsetOf(at: readonly number[], strides: readonly number[]): number {
  return at.reduce((sum, index, axis) => sum + index * strides[axis]!, 0)
}

/** The parts of complex numbers are a last dimension of two. */
function withComponents({ metadata }: ZarrArray, shape: readonly number[]): readonly number[] {
  const components = componentsOf(metadata.pipeline.type)
  return components > 1 ? [...shape, components] : shape
}
