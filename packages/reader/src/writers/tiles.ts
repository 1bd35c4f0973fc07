import type { IndexRange } from '../dataset.ts'
import { lengthOf } from '../gather.ts'
import { type DimensionPlan, dimensionPlan, shapeOf, type VariablePlan } from '../plan.ts'

/** A part of a selection, in indices of the selection. */
export interface Tile {
  readonly start: readonly number[]
  readonly shape: readonly number[]
}

/** The chunk of the store, in indices of the selection: what is read in one go. Ones where the store has no chunks. */
export function unitOf({ variable, dimensions }: VariablePlan): readonly number[] {
  return dimensions.map(({ parts, length }, axis) => {
    const chunk = variable.chunks?.[axis] ?? 1
    return Math.max(1, Math.min(length, Math.ceil(chunk / (parts[0]?.step ?? 1))))
  })
}

/** Whole units joined from the last dimension on while a tile has at most so many elements; one unit where that is more. */
export function tileShape(shape: readonly number[], unit: readonly number[], most: number): number[] {
  const tile = shape.map((length, axis) => Math.max(1, Math.min(length, unit[axis]!)))
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const elements = tile.reduce((product, length) => product * length, 1)
    const factor = Math.max(1, Math.floor(most / elements))
    tile[axis] = Math.min(Math.max(1, shape[axis]!), tile[axis]! * factor)
    if (tile[axis]! < shape[axis]!) break
  }
  return tile
}

/** All tiles of a shape, in C order. */
export function* tilesOf(shape: readonly number[], tile: readonly number[]): Generator<Tile> {
  const [length, ...others] = shape
  if (length === undefined) {
    yield { start: [], shape: [] }
    return
  }
  const [extent = 1, ...rest] = tile
  for (let at = 0; at < length; at += extent)
    for (const inner of tilesOf(others, rest))
      yield { start: [at, ...inner.start], shape: [Math.min(extent, length - at), ...inner.shape] }
}

/** The part of a plan that a tile covers. */
export function partOf(plan: VariablePlan, { start, shape }: Tile): VariablePlan {
  return {
    ...plan,
    dimensions: plan.dimensions.map((dimension, axis) => slice(dimension, start[axis]!, shape[axis]!)),
  }
}

function slice(dimension: DimensionPlan, start: number, length: number): DimensionPlan {
  const parts: IndexRange[] = []
  let before = 0
  for (const part of dimension.parts) {
    const from = Math.max(0, start - before)
    const to = Math.min(lengthOf(part), start + length - before)
    if (to > from)
      parts.push({
        start: part.start + from * part.step,
        end: Math.min(part.end, part.start + (to - 1) * part.step + 1),
        step: part.step,
      })
    before += lengthOf(part)
  }
  return dimensionPlan(dimension.name, dimension.size, parts, dimension)
}

/** Results in order, with some of the work already under way; an error or the end of the consumer leaves none unawaited. */
export async function* ahead<T, R>(
  items: Iterable<T>,
  work: (item: T) => Promise<R>,
  atOnce: number,
): AsyncGenerator<R> {
  const running: Promise<R>[] = []
  try {
    for (const item of items) {
      const started = work(item)
      started.catch(() => {})
      running.push(started)
      if (running.length >= atOnce) yield await running.shift()!
    }
    while (running.length > 0) yield await running.shift()!
  } finally {
    await Promise.allSettled(running)
  }
}

/** Where each dimension of one plan stands in another; undefined where the other lacks one. */
export function axesWithin(plan: VariablePlan, within: VariablePlan): readonly number[] | undefined {
  const lengths = shapeOf(within)
  const axes = plan.dimensions.map(({ name, length }) =>
    within.dimensions.findIndex((other, axis) => other.name === name && lengths[axis] === length),
  )
  return axes.includes(-1) || new Set(axes).size < axes.length ? undefined : axes
}
