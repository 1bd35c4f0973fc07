import { ReaderError } from '../../errors.ts'

/** Decoded. A chunk is the least that can be decoded, so a larger one cannot be read within a worker's memory. */
export const MAX_CHUNK_BYTES = 128 * 1024 * 1024
export const MAX_RANK = 32
/** Arrays and groups of one hierarchy; documents that name more are refused. */
export const MAX_NODES = 20_000
/** Inner chunks of one shard: an index of 16 MB. */
export const MAX_SHARD_CHUNKS = 1_000_000

/** @throws {ReaderError} `OverBudget` where a chunk decodes to more than a worker can hold. */
export function checkChunkBytes(bytes: number, array: string): void {
  if (bytes > MAX_CHUNK_BYTES)
    throw new ReaderError(
      'OverBudget',
      `a chunk of '${array}' decodes to ${bytes} bytes, more than the ${MAX_CHUNK_BYTES} that are allowed: it would have to be written with smaller chunks`,
      { array, bytes, limit: MAX_CHUNK_BYTES },
    )
}
