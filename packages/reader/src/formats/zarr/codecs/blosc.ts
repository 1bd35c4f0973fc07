/**
 * Blosc 1 frames, decoded here rather than by numcodecs' WebAssembly: that one takes the sizes of a hostile header as they
 * are, keeps the memory of the largest chunk it ever saw, and is slower than this.
 * Format: c-blosc, README_CHUNK_FORMAT.rst.
 */
import zlib from 'node:zlib'
import { decodeBloscLz } from './blosclz.ts'
import { type Codec, compressedBound, corrupt } from './codec.ts'
import { decodeLz4Block } from './lz4.ts'
import { bitUnshuffle, unshuffle } from './shuffle.ts'
import { decodeSnappy } from './snappy.ts'

const HEADER_BYTES = 16
const MAX_SPLITS = 16
const MIN_SPLIT_BYTES = 128
const SHUFFLE = 1
const COPIED = 2
const BIT_SHUFFLE = 4
const DELTA = 8
const NEVER_SPLIT = 16

type Decoder = (source: Uint8Array, target: Uint8Array) => void

const DECODERS: readonly Decoder[] = [
  decodeBloscLz,
  decodeLz4Block,
  decodeSnappy,
  (source, target) => inflate('zlib', zlib.inflateSync, source, target),
  (source, target) => inflate('zstd', zlib.zstdDecompressSync, source, target),
]

function inflate(
  name: string,
  decompress: (bytes: Uint8Array, options: { maxOutputLength: number; chunkSize: number }) => Buffer,
  source: Uint8Array,
  target: Uint8Array,
): void {
  let decoded: Buffer
  try {
    const limit = Math.max(1, target.length)
    decoded = decompress(source, { maxOutputLength: limit, chunkSize: Math.max(64, limit) })
  } catch (error) {
    throw corrupt(`blosc ${name}`, (error as Error).message)
  }
  if (decoded.length !== target.length)
    throw corrupt(
      `blosc ${name}`,
      `${decoded.length} bytes instead of the ${target.length} that are declared`,
    )
  target.set(decoded)
}

interface Header {
  readonly flags: number
  readonly itemSize: number
  readonly size: number
  readonly blockSize: number
}

export const blosc: Codec = {
  name: 'blosc',
  compresses: true,
  encodedSize: compressedBound,
  decode(bytes, limit) {
    const header = headerOf(bytes, limit)
    const { flags, size, blockSize } = header
    if ((flags & COPIED) !== 0) {
      if (bytes.length < HEADER_BYTES + size) throw corrupt('blosc', 'it ends before its data')
      return bytes.subarray(HEADER_BYTES, HEADER_BYTES + size)
    }
    const decode = DECODERS[flags >> 5]
    if (decode === undefined) throw corrupt('blosc', `compressor ${flags >> 5} is none that Blosc 1 knows`)
    const target = new Uint8Array(size)
    const blocks = size === 0 ? 0 : Math.ceil(size / blockSize)
    if (HEADER_BYTES + 4 * blocks > bytes.length) throw corrupt('blosc', 'it ends before its block starts')
    const starts = new DataView(bytes.buffer, bytes.byteOffset + HEADER_BYTES, 4 * blocks)
    const scratch = new Uint8Array(Math.min(blockSize, size))
    for (let block = 0; block < blocks; block++) {
      const part = target.subarray(block * blockSize, Math.min(size, (block + 1) * blockSize))
      decodeBlock(bytes, starts.getUint32(4 * block, true), part, scratch, header, decode)
    }
    return target
  },
}

function headerOf(bytes: Uint8Array, limit: number): Header {
  if (bytes.length < HEADER_BYTES) throw corrupt('blosc', 'shorter than its header')
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES)
  const version = view.getUint8(0)
  if (version === 0 || version > 2) throw corrupt('blosc', `format version ${version}: only Blosc 1 is read`)
  const size = view.getUint32(4, true)
  const blockSize = view.getUint32(8, true)
  const encoded = view.getUint32(12, true)
  const flags = view.getUint8(2)
  if (size > limit)
    throw corrupt('blosc', `${size} bytes declared, more than the ${limit} of the array's chunk`)
  if (encoded > bytes.length) throw corrupt('blosc', `${encoded} bytes declared, ${bytes.length} are there`)
  if (size > 0 && blockSize === 0) throw corrupt('blosc', 'a block size of 0')
  if ((flags & DELTA) !== 0) throw corrupt('blosc', 'the delta filter of Blosc 2 in a frame of Blosc 1')
  return { flags, itemSize: Math.max(1, view.getUint8(3)), size, blockSize }
}

function decodeBlock(
  bytes: Uint8Array,
  start: number,
  target: Uint8Array,
  scratch: Uint8Array,
  { flags, itemSize, blockSize }: Header,
  decode: Decoder,
): void {
  const shuffled = (flags & SHUFFLE) !== 0 && itemSize > 1
  const bitShuffled = (flags & BIT_SHUFFLE) !== 0 && blockSize >= itemSize
  const plain = shuffled || bitShuffled ? scratch.subarray(0, target.length) : target
  const whole = target.length === blockSize
  const splits =
    (flags & NEVER_SPLIT) === 0 && itemSize <= MAX_SPLITS && blockSize / itemSize >= MIN_SPLIT_BYTES && whole
      ? itemSize
      : 1
  const size = Math.floor(plain.length / splits)
  if (size * splits !== plain.length)
    throw corrupt('blosc', `blocks of ${blockSize} bytes in ${splits} streams`)
  let at = start
  for (let split = 0; split < splits; split++) {
    if (at + 4 > bytes.length) throw corrupt('blosc', 'a block beyond the frame')
    const encoded = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    at += 4
    if (encoded < 0 || at + encoded > bytes.length) throw corrupt('blosc', 'a block beyond the frame')
    const stream = bytes.subarray(at, at + encoded)
    const part = plain.subarray(split * size, (split + 1) * size)
    if (encoded === size) part.set(stream)
    else decode(stream, part)
    at += encoded
  }
  if (shuffled) unshuffle(plain, target, itemSize)
  else if (bitShuffled) bitUnshuffle(plain, target, itemSize)
}
