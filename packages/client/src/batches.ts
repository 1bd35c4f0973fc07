import { lexStringify } from '@atproto/lex'
import type { Write } from './repository.ts'

/** What one `applyWrites` may hold: a PDS takes 200 writes and refuses bodies over about 1 MB (413). */
export const MAX_BATCH_OPS = 200
export const MAX_BATCH_BYTES = 900_000

/** Bytes that a write takes in the body of a request. */
export function writeBytes(write: Write): number {
  const envelope = write.collection.length + write.rkey.length + 100
  return write.action === 'delete' ? envelope : envelope + Buffer.byteLength(lexStringify(write.record))
}

/** Groups writes, in order, into batches that a PDS takes; `max` narrows the number of writes. */
export function* batchesOf<T>(
  items: Iterable<T>,
  bytesOf: (item: T) => number,
  max = MAX_BATCH_OPS,
): Generator<T[]> {
  let batch: T[] = []
  let bytes = 0
  for (const item of items) {
    const size = bytesOf(item)
    if (batch.length > 0 && (batch.length >= max || bytes + size > MAX_BATCH_BYTES)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(item)
    bytes += size
  }
  if (batch.length > 0) yield batch
}
