import type { IndexRange } from '../../dataset.ts'
import { stepsOf } from '../arrays/blocks.ts'

/** What a block and one cell of a grid have in common, in each dimension. */
export interface Piece {
  /** Of the cell, in the grid. */
  readonly place: readonly number[]
  /** First index within the cell. */
  readonly offset: readonly number[]
  /** First index within the block, in its steps. */
  readonly at: readonly number[]
  readonly shape: readonly number[]
}

interface Segment {
  readonly cell: number
  readonly offset: number
  readonly at: number
  readonly count: number
}

/** The cells of a regular grid that a block of these ranges touches, in C order; each once. */
export function* piecesOf(ranges: readonly IndexRange[], cellShape: readonly number[]): Generator<Piece> {
  const axes = ranges.map((range, axis) => segmentsOf(range, cellShape[axis]!))
  if (axes.some(segments => segments.length === 0)) return
  const at = axes.map(() => 0)
  for (;;) {
    const chosen = axes.map((segments, axis) => segments[at[axis]!]!)
    yield {
      place: chosen.map(segment => segment.cell),
      offset: chosen.map(segment => segment.offset),
      at: chosen.map(segment => segment.at),
      shape: chosen.map(segment => segment.count),
    }
    let axis = axes.length - 1
    while (axis >= 0 && ++at[axis]! === axes[axis]!.length) at[axis--] = 0
    if (axis < 0) return
  }
}

function segmentsOf(range: IndexRange, length: number): Segment[] {
  const segments: Segment[] = []
  const steps = stepsOf(range)
  for (let at = 0; at < steps; ) {
    const index = range.start + at * range.step
    const cell = Math.floor(index / length)
    const count = Math.min(steps - at, Math.ceil(((cell + 1) * length - index) / range.step))
    segments.push({ cell, offset: index - cell * length, at, count })
    at += count
  }
  return segments
}

/** How many cells of that length a range touches, without visiting them. */
export function cellsTouched(range: IndexRange, length: number): number {
  const steps = stepsOf(range)
  if (steps === 0 || range.step > length) return steps
  const last = range.start + (steps - 1) * range.step
  return Math.floor(last / length) - Math.floor(range.start / length) + 1
}
