import type { Objects, Ranged, ReadOptions } from '../objects.ts'
import { ByteLru } from './byte-lru.ts'

export interface CacheOptions {
  /** Reads are widened to multiples of this, in bytes. */
  readonly blockBytes?: number
  /** Of all that is kept. */
  readonly maxBytes?: number
  /** Longer reads pass the cache by. */
  readonly maxRead?: number
}

/** Objects of which small ranges (headers, directories, indexes) are read in blocks, each once while it is kept. */
export function cachedObjects(objects: Objects, options: CacheOptions = {}): Objects {
  const { blockBytes = 16 * 1024, maxBytes = 8 * 1024 * 1024, maxRead = 1024 * 1024 } = options
  const blocks = new ByteLru<Uint8Array>(maxBytes)
  const known = new ByteLru<Omit<Ranged, 'bytes'>>(10_000)
  const keyOf = (path: string, block: number) => `${block}:${path}`

  function keep(path: string, start: number, { bytes, etag, size }: Ranged): void {
    known.set(path, { etag, size }, 1)
    const end = start + bytes.length
    for (let block = Math.ceil(start / blockBytes); block * blockBytes < end; block++) {
      const from = block * blockBytes
      const to = Math.min(from + blockBytes, size ?? Number.POSITIVE_INFINITY)
      // A copy, so that a kept block does not hold the whole read in memory.
      if (to <= end) blocks.set(keyOf(path, block), bytes.slice(from - start, to - start), to - from)
    }
  }

  async function readThrough(path: string, start: number, end: number | undefined, read: ReadOptions) {
    const range = await objects.getRange(path, start, end, read)
    if (range && start >= 0) keep(path, start, range)
    else if (range?.size !== undefined) keep(path, range.size - range.bytes.length, range)
    return range
  }

  /** Bytes from one block to another, the missing ones read in as few requests as there are gaps. */
  async function assemble(path: string, first: number, last: number, read: ReadOptions) {
    const parts: (Uint8Array | undefined)[] = []
    for (let block = first; block <= last; block++) parts.push(blocks.get(keyOf(path, block)))
    const pieces: Uint8Array[] = []
    for (let at = 0; at < parts.length; ) {
      const part = parts[at]
      if (part) {
        pieces.push(part)
        at++
        continue
      }
      let until = at
      while (until < parts.length && !parts[until]) until++
      const range = await readThrough(path, (first + at) * blockBytes, (first + until) * blockBytes, read)
      if (!range) return undefined
      pieces.push(range.bytes)
      at = until
    }
    return Buffer.concat(pieces)
  }

  return {
    name: objects.name,
    refusals: objects.refusals && (() => objects.refusals!()),
    list: objects.list && ((path, read) => objects.list!(path, read)),
    get: (path, read) => objects.get(path, read),
    async getRange(path, start, end, read = {}) {
      const size = known.get(path)?.size
      if (size === undefined && (start < 0 || end === undefined)) return readThrough(path, start, end, read)
      const from = start < 0 ? Math.max(0, size! + start) : start
      const to = Math.min(start < 0 ? size! : (end ?? size!), size ?? Number.POSITIVE_INFINITY)
      if (to - from > maxRead) return objects.getRange(path, from, to, read)
      const first = Math.floor(from / blockBytes)
      const last = Math.max(first, Math.ceil(to / blockBytes) - 1)
      const bytes = await assemble(path, first, last, read)
      if (!bytes) return undefined
      const skip = from - first * blockBytes
      return { ...known.get(path)!, bytes: bytes.subarray(skip, Math.max(skip, skip + to - from)) }
    },
  }
}
