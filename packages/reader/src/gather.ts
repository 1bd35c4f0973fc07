import type { ArrayBlock, ArrayDataset, IndexRange, Values } from './dataset.ts'
import { ReaderError } from './errors.ts'
import type { ReadOptions } from './objects.ts'

/** A selection read whole, in C order. Complex numbers are two elements each. */
export interface Gathered {
  readonly shape: readonly number[]
  readonly values: Values
  readonly missingChunks: number
}

/** Only for what is known to be small: callers estimate first. */
export function gather(
  dataset: ArrayDataset,
  variable: string,
  ranges: readonly IndexRange[],
  options: ReadOptions = {},
): Promise<Gathered> {
  return gatherBlocks(variable, ranges.map(lengthOf), dataset.read(variable, ranges, options))
}

/** @throws {ReaderError} `Corrupt` where the blocks do not fill the shape. */
export async function gatherBlocks(
  variable: string,
  shape: readonly number[],
  blocks: AsyncIterable<ArrayBlock>,
): Promise<Gathered> {
  const elements = shape.reduce((product, length) => product * length, 1)
  let all: unknown[] | Exclude<Values, readonly unknown[]> | undefined
  let missingChunks = 0
  let written = 0
  for await (const block of blocks) {
    const count = block.shape.reduce((product, length) => product * length, 1)
    if (count === 0) continue
    const width = block.values.length / count
    all ??= emptyLike(block.values, elements * width)
    missingChunks += block.missingChunks
    written += count
    place(all, shape, block.values, block.start, block.shape, width)
  }
  if (written !== elements)
    throw new ReaderError('Corrupt', `'${variable}' gave ${written} of ${elements} elements`, { variable })
  return { shape, values: (all ?? []) as Values, missingChunks }
}

/** How many indices a range selects. */
export function lengthOf({ start, end, step }: IndexRange): number {
  return Math.max(0, Math.ceil((end - start) / step))
}

/** An array of the same kind, of that many elements. */
export function emptyLike(values: Values, length: number): unknown[] | Exclude<Values, readonly unknown[]> {
  if (Array.isArray(values)) return new Array<unknown>(length).fill(null)
  const Kind = values.constructor as new (length: number) => Exclude<Values, readonly unknown[]>
  return new Kind(length)
}

/** Copies a block to its place in a larger array of `shape`, both in C order; `width` elements to each index. */
export function place(
  target: unknown[] | Exclude<Values, readonly unknown[]>,
  shape: readonly number[],
  source: Values,
  start: readonly number[],
  size: readonly number[],
  width = 1,
): void {
  const rank = shape.length
  const run = (rank === 0 ? 1 : size[rank - 1]!) * width
  if (run === 0 || source.length === 0) return
  const index = new Array<number>(Math.max(0, rank - 1)).fill(0)
  for (let from = 0; from < source.length; from += run) {
    let to = 0
    for (let axis = 0; axis < rank; axis++) to = to * shape[axis]! + start[axis]! + (index[axis] ?? 0)
    to *= width
    if (Array.isArray(target)) for (let at = 0; at < run; at++) target[to + at] = source[from + at]
    else (target as Float64Array).set((source as Float64Array).subarray(from, from + run), to)
    for (let axis = rank - 2; axis >= 0; axis--) {
      index[axis]!++
      if (index[axis]! < size[axis]!) break
      index[axis] = 0
    }
  }
}
