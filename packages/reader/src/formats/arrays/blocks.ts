import type { IndexRange } from '../../dataset.ts'
import { ReaderError } from '../../errors.ts'

/** Part of a selection: where it begins and how large it is in steps, and which indices that are. */
export interface Block {
  readonly start: readonly number[]
  readonly shape: readonly number[]
  readonly ranges: readonly IndexRange[]
}

/** Number of indices that a range selects. */
export function stepsOf({ start, end, step }: IndexRange): number {
  return Math.max(0, Math.ceil((end - start) / step))
}

/** Number of elements that ranges select. */
export function elementsOf(ranges: readonly IndexRange[]): number {
  return ranges.reduce((product, range) => product * stepsOf(range), 1)
}

/** Number of units (chunks) that ranges touch. */
export function touchedUnits(ranges: readonly IndexRange[], units: readonly number[]): number {
  return ranges.reduce((product, range, axis) => {
    const steps = stepsOf(range)
    const length = units[axis]!
    if (steps === 0 || range.step >= length) return product * steps
    const last = range.start + (steps - 1) * range.step
    return product * (Math.floor(last / length) - Math.floor(range.start / length) + 1)
  }, 1)
}

/** @throws {ReaderError} `InvalidSelection` where the ranges are not one within each dimension. */
export function checkRanges(name: string, shape: readonly number[], ranges: readonly IndexRange[]): void {
  if (ranges.length !== shape.length)
    throw new ReaderError(
      'InvalidSelection',
      `'${name}' has ${shape.length} dimensions, the selection ${ranges.length}: give one range for each`,
      { variable: name },
    )
  ranges.forEach(({ start, end, step }, axis) => {
    const whole = [start, end, step].every(Number.isSafeInteger)
    if (!whole || step < 1 || start < 0 || end < start || end > shape[axis]!)
      throw new ReaderError(
        'InvalidSelection',
        `${start}:${end}:${step} is no range of dimension ${axis} of '${name}', which has ${shape[axis]} indices`,
        { variable: name, axis },
      )
  })
}

/**
 * Cuts a selection into blocks in C order of their starts. No block crosses a multiple of a grown unit: units (the chunk
 * shape, or ones) are joined from the last dimension on while a block has at most `budget` elements, so a block has more
 * only where one unit has.
 */
export function* blocksOf(
  ranges: readonly IndexRange[],
  units: readonly number[],
  budget: number,
): Generator<Block> {
  if (elementsOf(ranges) === 0) return
  yield* cut(ranges, extentsOf(ranges, units, budget))
}

/** Per dimension, the number of indices whose multiples blocks do not cross. */
function extentsOf(ranges: readonly IndexRange[], units: readonly number[], budget: number): number[] {
  // Where a step leaps over whole units, each interval of one step holds just one selected index.
  const extents = ranges.map((range, axis) => Math.max(1, units[axis]!, range.step))
  const selected = ranges.map((range, axis) =>
    Math.min(stepsOf(range), Math.ceil(extents[axis]! / range.step)),
  )
  for (let axis = ranges.length - 1; axis >= 0; axis--) {
    const others = selected.reduce((product, count, other) => (other === axis ? product : product * count), 1)
    const room = Math.floor(budget / others / selected[axis]!)
    const wanted = Math.ceil(ranges[axis]!.end / extents[axis]!)
    const grown = Math.max(1, Math.min(room, wanted))
    extents[axis]! *= grown
    selected[axis] = Math.min(stepsOf(ranges[axis]!), Math.ceil(extents[axis]! / ranges[axis]!.step))
    if (selected[axis]! < stepsOf(ranges[axis]!)) break
  }
  return extents
}

function* cut(ranges: readonly IndexRange[], extents: readonly number[]): Generator<Block> {
  const [first, ...rest] = ranges
  if (first === undefined) {
    yield { start: [], shape: [], ranges: [] }
    return
  }
  const [extent = 1, ...inner] = extents
  const steps = stepsOf(first)
  for (let from = 0; from < steps; ) {
    const index = first.start + from * first.step
    const border = (Math.floor(index / extent) + 1) * extent
    const to = Math.min(steps, Math.ceil((border - first.start) / first.step))
    const range = { start: index, end: Math.min(first.end, border), step: first.step }
    for (const block of cut(rest, inner))
      yield {
        start: [from, ...block.start],
        shape: [to - from, ...block.shape],
        ranges: [range, ...block.ranges],
      }
    from = to
  }
}
