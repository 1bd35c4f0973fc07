import type { ArrayBlock, ArrayDataset, IndexRange } from './dataset.ts'
import { type Gathered, gatherBlocks, lengthOf } from './gather.ts'
import type { Variable } from './model.ts'
import type { Cost, ReadOptions } from './objects.ts'

/** What of one dimension is read: usually one range; two where a longitude axis is crossed at its seam. */
export interface DimensionPlan {
  readonly name: string
  /** Of the whole dimension. */
  readonly size: number
  readonly parts: readonly IndexRange[]
  /** How many indices the parts select. */
  readonly length: number
  /** Whether the selection asked for just one index. */
  readonly single: boolean
  /** Whether the selection says anything of it. */
  readonly asked: boolean
}

/** A part of one variable. */
export interface VariablePlan {
  readonly variable: Variable
  readonly dimensions: readonly DimensionPlan[]
}

export function dimensionPlan(
  name: string,
  size: number,
  parts: readonly IndexRange[],
  { single = false, asked = true }: { readonly single?: boolean; readonly asked?: boolean } = {},
): DimensionPlan {
  return { name, size, parts, single, asked, length: parts.reduce((sum, part) => sum + lengthOf(part), 0) }
}

export function wholeDimension(name: string, size: number): DimensionPlan {
  return dimensionPlan(name, size, [{ start: 0, end: size, step: 1 }], { asked: false })
}

export function shapeOf({ dimensions }: VariablePlan): readonly number[] {
  return dimensions.map(({ length }) => length)
}

export function elementsOf(plan: VariablePlan): number {
  return shapeOf(plan).reduce((product, length) => product * length, 1)
}

/** Every combination of parts, with where each begins in the selection. */
export function* combinations(
  dimensions: readonly DimensionPlan[],
): Generator<{ readonly start: readonly number[]; readonly ranges: readonly IndexRange[] }> {
  const [first, ...rest] = dimensions
  if (first === undefined) {
    yield { start: [], ranges: [] }
    return
  }
  let from = 0
  for (const part of first.parts) {
    for (const { start, ranges } of combinations(rest))
      yield { start: [from, ...start], ranges: [part, ...ranges] }
    from += lengthOf(part)
  }
}

export async function estimatePlan(dataset: ArrayDataset, plan: VariablePlan): Promise<Cost> {
  let [requests, bytes] = [0, 0]
  if (elementsOf(plan) === 0) return { requests, bytes }
  for (const { ranges } of combinations(plan.dimensions)) {
    const cost = await dataset.estimate(plan.variable.name, ranges)
    requests += cost.requests
    bytes += cost.bytes
  }
  return { requests, bytes }
}

/** Blocks of the plan, their starts in indices of the selection; they tile it. */
export async function* readPlan(
  dataset: ArrayDataset,
  plan: VariablePlan,
  options: ReadOptions = {},
): AsyncGenerator<ArrayBlock> {
  if (elementsOf(plan) === 0) return
  for (const { start, ranges } of combinations(plan.dimensions)) {
    if (ranges.some(range => lengthOf(range) === 0)) continue
    for await (const block of dataset.read(plan.variable.name, ranges, options)) {
      options.signal?.throwIfAborted()
      yield { ...block, start: block.start.map((at, axis) => at + start[axis]!) }
    }
  }
}

/** The plan read whole: only for what is known to be small. */
export function gatherPlan(
  dataset: ArrayDataset,
  plan: VariablePlan,
  options: ReadOptions = {},
): Promise<Gathered> {
  return gatherBlocks(plan.variable.name, shapeOf(plan), readPlan(dataset, plan, options))
}
