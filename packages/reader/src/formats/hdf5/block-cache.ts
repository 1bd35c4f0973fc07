const BLOCK_BYTES = 16 * 1024
/** What a sequence of reads is fetched ahead, at most. */
const MAX_AHEAD = 1024 * 1024
const CACHE_BYTES = 32 * 1024 * 1024

/** Bytes `[start, end)`, or undefined where they cannot be had. */
export type Fetch = (start: number, end: number) => Uint8Array | undefined

/**
 * A file read in blocks that are kept: small scattered reads cost one block each, and each fetch that goes on where the last
 * ended is twice as long, so that a sequence costs few requests.
 */
export class BlockCache {
  /** Reads that were made of the file, from the cache or not. */
  reads = 0
  readonly #fetch: Fetch
  readonly #size: number
  readonly #most: number
  /** By number, the least recently used first. */
  readonly #blocks = new Map<number, Uint8Array>()
  #lastEnd = -1
  #lastLength = 0

  /** @param most bytes of one fetch, a multiple of 16 KiB */
  constructor(fetch: Fetch, size: number, most: number) {
    this.#fetch = fetch
    this.#size = size
    this.#most = most
  }

  /** Fills `target` from `position` on; gives the number of bytes before the end of the file. */
  read(position: number, target: Uint8Array): number {
    this.reads++
    const end = Math.min(this.#size, position + target.length)
    for (let at = position; at < end; ) {
      const number = Math.floor(at / BLOCK_BYTES)
      const block = this.#block(number, Math.ceil(end / BLOCK_BYTES))
      const from = at - number * BLOCK_BYTES
      const part = block.subarray(from, Math.min(block.length, from + end - at))
      if (part.length === 0) throw new Error(`no bytes at ${at}`)
      target.set(part, at - position)
      at += part.length
    }
    return Math.max(0, end - position)
  }

  /** One block; fetches it together with those missing behind it that the same read wants. */
  #block(number: number, wantedEnd: number): Uint8Array {
    const known = this.#blocks.get(number)
    if (known !== undefined) {
      this.#blocks.delete(number)
      this.#blocks.set(number, known)
      return known
    }
    let last = number + 1
    while (last < wantedEnd && !this.#blocks.has(last) && (last + 1 - number) * BLOCK_BYTES <= this.#most)
      last++
    const start = number * BLOCK_BYTES
    const needed = last * BLOCK_BYTES - start
    const ahead = start === this.#lastEnd ? Math.min(MAX_AHEAD, 2 * this.#lastLength) : 0
    const end = Math.min(this.#size, start + Math.min(this.#most, Math.max(needed, ahead)))
    const bytes = this.#fetch(start, end)
    if (bytes === undefined || bytes.length < end - start)
      throw new Error(`bytes ${start} to ${end} could not be read`)
    this.#lastEnd = end
    this.#lastLength = end - start
    for (let at = 0; at < bytes.length; at += BLOCK_BYTES)
      this.#keep(number + at / BLOCK_BYTES, bytes.subarray(at, at + BLOCK_BYTES))
    return this.#blocks.get(number)!
  }

  #keep(number: number, block: Uint8Array): void {
    this.#blocks.delete(number)
    this.#blocks.set(number, block)
    while (this.#blocks.size * BLOCK_BYTES > CACHE_BYTES)
      this.#blocks.delete(this.#blocks.keys().next().value!)
  }
}
