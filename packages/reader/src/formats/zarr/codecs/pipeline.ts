import { componentsOf, type DataType, type Elements } from '../data-type.ts'
import { elementsOfBytes } from '../elements.ts'
import { MAX_CHUNK_BYTES } from '../limits.ts'
import { cStrides } from '../strided-copy.ts'
import { type Codec, compressedBound, corrupt } from './codec.ts'
import { decodeVariableLength } from './vlen.ts'

/** How one chunk is encoded, in the order of encoding: dimensions are permuted, elements become bytes, bytes others. */
export interface Pipeline {
  readonly type: DataType
  /** Stored dimension `i` is dimension `order[i]` of the array; undefined where they are the same. */
  readonly order?: readonly number[]
  readonly bigEndian: boolean
  readonly codecs: readonly Codec[]
  /** A whole shard as a chunk, where one lies within another or below a compressor: decoded by what decodes shards. */
  readonly inner?: (bytes: Uint8Array, shape: readonly number[]) => Promise<Elements>
}

/** A decoded chunk; strides in elements, of as many dimensions as its shape (one more for the parts of complex numbers). */
export interface Decoded {
  readonly elements: Elements
  readonly strides: readonly number[]
}

/** Bytes of a chunk before any codec; undefined where elements have no fixed size. */
export function plainSize({ type }: Pipeline, shape: readonly number[]): number | undefined {
  return type.itemSize === 0 ? undefined : shape.reduce((product, size) => product * size, type.itemSize)
}

/** Bytes that an encoded chunk takes: at most, or exactly where no codec compresses. */
export function encodedSize(pipeline: Pipeline, shape: readonly number[]): { bytes: number; exact: boolean } {
  const plain = plainSize(pipeline, shape)
  if (plain === undefined || pipeline.inner !== undefined)
    return { bytes: compressedBound(MAX_CHUNK_BYTES), exact: false }
  return {
    bytes: pipeline.codecs.reduce((size, codec) => codec.encodedSize(size), plain),
    exact: pipeline.codecs.every(codec => !codec.compresses),
  }
}

/** Whether the bytes of a chunk lie as its elements do, so that parts of it can be read alone. */
export function isPlain({ codecs, order, type, inner }: Pipeline): boolean {
  return codecs.length === 0 && order === undefined && type.itemSize > 0 && inner === undefined
}

/**
 * Decodes one chunk. Every step is bounded by what the array's metadata says of the size before it.
 * @throws {ReaderError} `Corrupt` where the bytes are not what was declared; `Unsupported` for codecs that are not read.
 */
export async function decodeChunk(
  pipeline: Pipeline,
  bytes: Uint8Array,
  shape: readonly number[],
): Promise<Decoded> {
  const { type, codecs, order } = pipeline
  const plain = plainSize(pipeline, shape)
  const limits = limitsOf(codecs, plain)
  let data = bytes
  for (let step = codecs.length - 1; step >= 0; step--) {
    const decoded = codecs[step]!.decode(data, limits[step]!)
    data = decoded instanceof Promise ? await decoded : decoded
  }
  const stored = order === undefined ? shape : order.map(axis => shape[axis]!)
  return {
    elements: await elementsOf(pipeline, data, plain, stored),
    strides: stridesOf(stored, order, componentsOf(type)),
  }
}

/** Per codec, how many bytes it may decode to. */
function limitsOf(codecs: readonly Codec[], plain: number | undefined): number[] {
  let size = plain ?? MAX_CHUNK_BYTES
  return codecs.map(codec => {
    const limit = size
    size = codec.encodedSize(size)
    return limit
  })
}

function elementsOf(
  { type, bigEndian, inner }: Pipeline,
  data: Uint8Array,
  plain: number | undefined,
  stored: readonly number[],
): Elements | Promise<Elements> {
  if (inner !== undefined) return inner(data, stored)
  if (plain === undefined) {
    const count = stored.reduce((product, size) => product * size, 1)
    return decodeVariableLength(data, count, type.kind === 'string')
  }
  if (data.length !== plain)
    throw corrupt(
      'bytes',
      `a chunk of ${data.length} bytes, where its shape [${stored}] of ${type.name} takes ${plain}`,
    )
  return elementsOfBytes(data, type, bigEndian)
}

function stridesOf(
  stored: readonly number[],
  order: readonly number[] | undefined,
  components: number,
): number[] {
  const strides = cStrides(components > 1 ? [...stored, components] : stored)
  if (order === undefined) return strides
  const permuted = new Array<number>(order.length)
  order.forEach((axis, i) => {
    permuted[axis] = strides[i]!
  })
  return components > 1 ? [...permuted, 1] : permuted
}
