import type { Sharding } from './array-metadata.ts'
import { checksumCodec } from './codecs/checksums.ts'
import { corrupt } from './codecs/codec.ts'

const ABSENT = 2n ** 64n - 1n
const CRC32C = checksumCodec('crc32c', 'end')!

/** Where each inner chunk lies, in C order: begin and end in bytes, both −1 where there is none. */
export interface ShardIndex {
  readonly starts: Float64Array
  readonly ends: Float64Array
}

export function innerGrid(chunkShape: readonly number[], { innerShape }: Sharding): number[] {
  return chunkShape.map((length, axis) => length / innerShape[axis]!)
}

export function indexBytes(chunks: number, { indexChecksum }: Sharding): number {
  return 16 * chunks + (indexChecksum ? 4 : 0)
}

/**
 * @param size of the whole shard, where it is known
 * @param most bytes that one encoded chunk can have
 * @throws {ReaderError} `Corrupt` where the checksum fails or a chunk would lie outside.
 */
export function parseShardIndex(
  bytes: Uint8Array,
  chunks: number,
  layout: Sharding,
  most: number,
  size?: number,
): ShardIndex {
  if (bytes.length !== indexBytes(chunks, layout))
    throw corrupt(
      'sharding_indexed',
      `an index of ${bytes.length} bytes, where ${chunks} chunks take ${indexBytes(chunks, layout)}`,
    )
  const data = layout.indexChecksum ? (CRC32C.decode(bytes, bytes.length) as Uint8Array) : bytes
  const view = new DataView(data.buffer, data.byteOffset, data.length)
  const starts = new Float64Array(chunks).fill(-1)
  const ends = new Float64Array(chunks).fill(-1)
  for (let i = 0; i < chunks; i++) {
    const start = view.getBigUint64(16 * i, true)
    const length = view.getBigUint64(16 * i + 8, true)
    if (start === ABSENT && length === ABSENT) continue
    const end = Number(start) + Number(length)
    if (Number(length) > most || end > (size ?? Number.MAX_SAFE_INTEGER))
      throw corrupt(
        'sharding_indexed',
        `chunk ${i} at ${start} of ${length} bytes, in a shard of ${size ?? 'unknown'} bytes and chunks of at most ${most}`,
      )
    starts[i] = Number(start)
    ends[i] = end
  }
  return { starts, ends }
}
