import type { Elements } from './data-type.ts'

interface Placed {
  readonly elements: Elements
  readonly offset: number
  readonly strides: readonly number[]
}

/** Strides of a C-ordered array, in elements. */
export function cStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride
    stride *= shape[axis]!
  }
  return strides
}

/** Copies a box of that shape between two arrays of one type, each with its own strides. */
export function copyStrided(from: Placed, to: Placed, shape: readonly number[]): void {
  if (shape.some(size => size === 0)) return
  // Joining dimensions that both sides hold without gaps leaves long inner runs.
  const sizes: number[] = []
  const fromStrides: number[] = []
  const toStrides: number[] = []
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis]!
    if (size === 1) continue
    const last = sizes.length - 1
    const joins =
      last >= 0 &&
      fromStrides[last] === from.strides[axis]! * size &&
      toStrides[last] === to.strides[axis]! * size
    if (joins) {
      sizes[last]! *= size
      fromStrides[last] = from.strides[axis]!
      toStrides[last] = to.strides[axis]!
    } else {
      sizes.push(size)
      fromStrides.push(from.strides[axis]!)
      toStrides.push(to.strides[axis]!)
    }
  }
  copyDimension(from.elements, from.offset, fromStrides, to.elements, to.offset, toStrides, sizes, 0)
}

function copyDimension(
  source: Elements,
  sourceAt: number,
  sourceStrides: readonly number[],
  target: Elements,
  targetAt: number,
  targetStrides: readonly number[],
  sizes: readonly number[],
  axis: number,
): void {
  if (axis >= sizes.length - 1) {
    copyRun(
      source,
      sourceAt,
      sourceStrides[axis] ?? 1,
      target,
      targetAt,
      targetStrides[axis] ?? 1,
      sizes[axis] ?? 1,
    )
    return
  }
  for (let i = 0; i < sizes[axis]!; i++) {
    copyDimension(
      source,
      sourceAt + i * sourceStrides[axis]!,
      sourceStrides,
      target,
      targetAt + i * targetStrides[axis]!,
      targetStrides,
      sizes,
      axis + 1,
    )
  }
}

function copyRun(
  source: Elements,
  sourceAt: number,
  sourceStride: number,
  target: Elements,
  targetAt: number,
  targetStride: number,
  count: number,
): void {
  if (
    sourceStride === 1 &&
    targetStride === 1 &&
    count > 16 &&
    !Array.isArray(source) &&
    !Array.isArray(target)
  ) {
    target.set(source.subarray(sourceAt, sourceAt + count) as never, targetAt)
    return
  }
  // One type on both sides: numbers stay numbers, bigints bigints.
  const from = source as unknown as number[]
  const to = target as unknown as number[]
  for (let i = 0; i < count; i++) to[targetAt + i * targetStride] = from[sourceAt + i * sourceStride]!
}

/** Fills a box with one element of as many components as the trailing dimension holds. */
export function fillStrided(to: Placed, shape: readonly number[], fill: Elements): void {
  const zeros = shape.map(() => 0)
  const components = fill.length
  if (components > 1) zeros[zeros.length - 1] = 1
  copyStrided({ elements: fill, offset: 0, strides: zeros }, to, shape)
}
