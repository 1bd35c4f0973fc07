import type { IndexRange } from '../../dataset.ts'
import type { Cost } from '../../objects.ts'
import { stepsOf } from './blocks.ts'

/** Bytes that are read along although nobody asked for them, rather than make another request. */
const GAP_BYTES = 64 * 1024

/** An array in a file whose elements lie at fixed distances. */
export interface Layout {
  readonly begin: number
  readonly itemBytes: number
  /** Per dimension, bytes from one index to the next. */
  readonly strides: readonly number[]
}

/** How a selection is read: the dimensions from `inner` on as one span of bytes, one span for each index of those before. */
export interface Spans {
  readonly inner: number
  readonly spanBytes: number
  readonly cost: Cost
}

/** Joins dimensions from the last on while what lies between their bytes is small. */
export function spansOf({ itemBytes, strides }: Layout, ranges: readonly IndexRange[]): Spans {
  let inner = ranges.length
  let spanBytes = itemBytes
  while (inner > 0) {
    const range = ranges[inner - 1]!
    const distance = strides[inner - 1]! * range.step
    const steps = stepsOf(range)
    if (steps > 1 && distance - spanBytes > GAP_BYTES) break
    spanBytes += distance * Math.max(0, steps - 1)
    inner--
  }
  const requests = ranges.slice(0, inner).reduce((product, range) => product * stepsOf(range), 1)
  const any = ranges.every(range => stepsOf(range) > 0)
  return {
    inner,
    spanBytes,
    cost: any ? { requests, bytes: requests * spanBytes } : { requests: 0, bytes: 0 },
  }
}

/** Offset of each span, and of its first element in the packed values, in order. */
export function* spanStarts(
  { begin, strides, itemBytes }: Layout,
  ranges: readonly IndexRange[],
  inner: number,
): Generator<{ readonly from: number; readonly to: number }> {
  const packed = ranges.slice(inner).reduce((product, range) => product * stepsOf(range), itemBytes)
  const base = begin + ranges.reduce((sum, range, axis) => sum + range.start * strides[axis]!, 0)
  const counts = ranges.slice(0, inner).map(stepsOf)
  const total = counts.reduce((product, count) => product * count, 1)
  for (let number = 0; number < total; number++) {
    let rest = number
    let from = base
    for (let axis = inner - 1; axis >= 0; axis--) {
      from += (rest % counts[axis]!) * ranges[axis]!.step * strides[axis]!
      rest = Math.floor(rest / counts[axis]!)
    }
    yield { from, to: number * packed }
  }
}

/** Copies the selected elements of one span, whose bytes begin at its first element, to where they are packed. */
export function pack(
  { itemBytes, strides }: Layout,
  ranges: readonly IndexRange[],
  inner: number,
  span: Uint8Array,
  packed: Uint8Array,
  to: number,
): void {
  // Trailing dimensions without gaps are copied as one run.
  let runBytes = itemBytes
  let last = ranges.length
  while (last > inner && strides[last - 1]! * ranges[last - 1]!.step === runBytes) {
    runBytes *= stepsOf(ranges[last - 1]!)
    last--
  }
  let at = to
  const copy = (axis: number, from: number) => {
    if (axis === last) {
      if (runBytes <= 8) for (let byte = 0; byte < runBytes; byte++) packed[at + byte] = span[from + byte]!
      else packed.set(span.subarray(from, from + runBytes), at)
      at += runBytes
      return
    }
    const distance = strides[axis]! * ranges[axis]!.step
    for (let step = 0, steps = stepsOf(ranges[axis]!); step < steps; step++)
      copy(axis + 1, from + step * distance)
  }
  copy(inner, 0)
}
