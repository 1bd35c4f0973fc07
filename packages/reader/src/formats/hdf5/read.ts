import type { IndexRange, Values } from '../../dataset.ts'
import { elementsOf, stepsOf } from '../arrays/blocks.ts'
import type { BlockCache } from './block-cache.ts'
import { decode } from './decode.ts'
import type { ElementType } from './element-type.ts'
import type { Library } from './library.ts'

export interface Hyperslab {
  readonly path: string
  readonly type: ElementType
  /** Of the whole dataset, as stored. */
  readonly shape: readonly number[]
  readonly chunks?: readonly number[]
  readonly ranges: readonly IndexRange[]
  /** Characters along the last dimension, all of which are selected, become one string each. */
  readonly joined: boolean
}

const CHARACTER: ElementType = { dtype: 'uint8', kind: 'numbers', bytes: 1, swap: false }

export interface HyperslabValues {
  readonly values: Values
  readonly missingChunks: number
}

/** The most bytes of one read in the library's memory. */
export const MAX_READ_BYTES = 128 * 1024 * 1024
/** Chunks of one block that are looked at for being absent. */
const MAX_SUSPECTS = 1024

/** @throws {Error} with the library's words */
export function readHyperslab(library: Library, cache: BlockCache, slab: Hyperslab): HyperslabValues {
  const stored = slab.joined ? { ...slab, type: CHARACTER } : slab
  const values = readValues(library, stored)
  const missing = slab.chunks === undefined ? 0 : missingChunks(library, cache, stored, values)
  if (!slab.joined) return { values, missingChunks: missing }
  const text: ElementType = { dtype: 'string', kind: 'text', bytes: slab.ranges.at(-1)!.end, swap: false }
  return { values: decode(text, values as Uint8Array<ArrayBuffer>, library.HEAPU8), missingChunks: missing }
}

function readValues(library: Library, { path, type, ranges }: Hyperslab): Values {
  const { file } = library
  const elements = elementsOf(ranges)
  const bytes = elements * type.bytes
  if (!(bytes <= MAX_READ_BYTES)) throw new Error(`${bytes} bytes are too many to be read at once`)
  const pointer = library._malloc(Math.max(1, bytes))
  if (pointer === 0) throw new Error(`no memory for ${bytes} bytes`)
  library.HEAPU8.fill(0, pointer, pointer + bytes)
  const count = ranges.map(range => BigInt(stepsOf(range)))
  const scalar = ranges.length === 0
  try {
    const status = library.get_dataset_data(
      file,
      path,
      scalar ? null : count,
      scalar ? null : ranges.map(range => BigInt(range.start)),
      scalar ? null : ranges.map(range => BigInt(range.step)),
      BigInt(pointer),
    )
    if (status < 0) throw new Error(library.failure() || 'its values cannot be read')
    return decode(type, library.HEAPU8.slice(pointer, pointer + bytes), library.HEAPU8)
  } finally {
    if (type.kind === 'texts') {
      if (scalar) library.reclaim_vlen_memory(file, path, '', BigInt(pointer))
      else library.reclaim_vlen_memory_count(file, path, '', BigInt(pointer), count)
    }
    library._free(pointer)
  }
}

/**
 * Chunks that were never written. The library does not tell them, but it opens the dataset anew for each read, so one element
 * of a chunk which exists makes it read the file, and once its index is known, one of a chunk which does not reads nothing.
 * Only chunks whose selected elements are all the same are suspected.
 */
function missingChunks(library: Library, cache: BlockCache, slab: Hyperslab, values: Values): number {
  const suspects = [...uniformChunks(slab, values)]
  return suspects.filter(ranges => {
    const touches = () => {
      const before = cache.reads
      readValues(library, { ...slab, ranges })
      return cache.reads > before
    }
    return !touches() || !touches()
  }).length
}

/** One selected element of each chunk whose selected elements are all the same. */
function* uniformChunks({ ranges, chunks }: Hyperslab, values: Values): Generator<IndexRange[]> {
  const counts = ranges.map(stepsOf)
  const elements = values as ArrayLike<unknown>
  const uniform = new Map<string, { readonly first: unknown; readonly at: readonly number[] }>()
  const spoiled = new Set<string>()
  const rowLength = counts.at(-1) ?? 1
  const lastChunk = chunks!.at(-1) ?? 1
  const { start: lastStart, step: lastStep } = ranges.at(-1) ?? { start: 0, step: 1 }
  for (let row = 0; row < elements.length; row += rowLength) {
    const at = ranges.map(({ start }) => start)
    let rest = row / rowLength
    for (let axis = ranges.length - 2; axis >= 0; axis--) {
      at[axis]! += (rest % counts[axis]!) * ranges[axis]!.step
      rest = Math.floor(rest / counts[axis]!)
    }
    const prefix = at
      .map((index, axis) => Math.floor(index / chunks![axis]!))
      .slice(0, -1)
      .join()
    for (let column = 0; column < rowLength; ) {
      const chunk = Math.floor((lastStart + column * lastStep) / lastChunk)
      const end = Math.min(rowLength, Math.ceil(((chunk + 1) * lastChunk - lastStart) / lastStep))
      const key = `${prefix},${chunk}`
      if (!spoiled.has(key)) {
        const known = uniform.get(key) ?? {
          first: elements[row + column],
          at: [...at.slice(0, -1), lastStart + column * lastStep],
        }
        let same = true
        for (let other = column; other < end && same; other++)
          same = Object.is(elements[row + other], known.first)
        if (same) uniform.set(key, known)
        else {
          uniform.delete(key)
          spoiled.add(key)
        }
      }
      column = end
    }
  }
  let suspects = 0
  for (const { at } of uniform.values()) {
    if (++suspects > MAX_SUSPECTS) return
    yield at.map(index => ({ start: index, end: index + 1, step: 1 }))
  }
}
