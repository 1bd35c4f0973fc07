import type { Sharding } from './array-metadata.ts'
import { corrupt } from './codecs/codec.ts'
import { decodeChunk, encodedSize, type Pipeline } from './codecs/pipeline.ts'
import { componentsOf, type Elements, emptyElements } from './data-type.ts'
import { indexBytes, innerGrid, parseShardIndex } from './shard-index.ts'
import { copyStrided, cStrides, fillStrided } from './strided-copy.ts'

interface WholeShard {
  readonly pipeline: Pipeline
  readonly layout: Sharding
  readonly fill: Elements
}

/**
 * All of a shard at once, in C order: for shards within shards, and those that another codec encloses.
 * @throws {ReaderError} `Corrupt`, `Unsupported`.
 */
export async function decodeShard(
  bytes: Uint8Array,
  shape: readonly number[],
  { pipeline, layout, fill }: WholeShard,
): Promise<Elements> {
  const grid = innerGrid(shape, layout)
  const chunks = grid.reduce((product, length) => product * length, 1)
  const length = indexBytes(chunks, layout)
  if (bytes.length < length) throw corrupt('sharding_indexed', 'shorter than its index')
  const index = parseShardIndex(
    layout.indexAtEnd ? bytes.subarray(bytes.length - length) : bytes.subarray(0, length),
    chunks,
    layout,
    encodedSize(pipeline, layout.innerShape).bytes,
    bytes.length,
  )
  const trailing = componentsOf(pipeline.type) > 1 ? [componentsOf(pipeline.type)] : []
  const strides = cStrides([...shape, ...trailing])
  const elements = emptyElements(
    pipeline.type,
    shape.reduce((product, size) => product * size, 1),
  )
  const box = [...layout.innerShape, ...trailing]
  const place = grid.map(() => 0)
  for (let chunk = 0; chunk < chunks; chunk++) {
    const offset = place.reduce((sum, at, axis) => sum + at * layout.innerShape[axis]! * strides[axis]!, 0)
    const target = { elements, offset, strides }
    if (index.starts[chunk] === -1) fillStrided(target, box, fill)
    else {
      const inner = await decodeChunk(
        pipeline,
        bytes.subarray(index.starts[chunk], index.ends[chunk]),
        layout.innerShape,
      )
      copyStrided({ ...inner, offset: 0 }, target, box)
    }
    for (let axis = grid.length - 1; axis >= 0 && ++place[axis]! === grid[axis]; axis--) place[axis] = 0
  }
  return elements
}
