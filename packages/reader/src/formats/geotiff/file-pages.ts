import { ReaderError } from '../../errors.ts'
import type { Objects, ReadOptions } from '../../objects.ts'
import { corrupt } from './directory.ts'

const PAGE_BYTES = 16 * 1024
const MOST_PAGES = 1024

/**
 * Directories and indices of a file, read by pages that are kept: what lies near what was read costs no request. Each fetch
 * that goes on where the last ended is twice as long.
 */
export class FilePages {
  readonly size: number
  readonly #objects: Objects
  readonly #pages = new Map<number, Promise<Uint8Array>>()
  #lastEnd = -1
  #lastPages = 1

  constructor(objects: Objects, size: number) {
    this.#objects = objects
    this.size = size
  }

  /** @throws {ReaderError} `Corrupt` where the bytes are not within the file */
  async view(start: number, end: number, options: ReadOptions): Promise<DataView> {
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end > this.size)
      throw corrupt(`bytes ${start} to ${end} are not within the file of ${this.size}: it is cut or damaged`)
    const first = Math.floor(start / PAGE_BYTES)
    const last = Math.max(first + 1, Math.ceil(end / PAGE_BYTES))
    for (let page = first; page < last; page++) if (!this.#pages.has(page)) this.#fetch(page, last, options)
    const parts = await Promise.all(
      Array.from({ length: last - first }, (_, at) => this.#pages.get(first + at)!),
    )
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    const from = start - first * PAGE_BYTES
    if (bytes.length < from + end - start)
      throw new ReaderError('Unavailable', `'${this.#objects.name}' gave fewer bytes than were asked for`)
    // A copy, so that a small field does not keep its pages alive and readers may rely on their own buffer.
    const copy = bytes.slice(from, from + end - start)
    return new DataView(copy.buffer, copy.byteOffset, copy.byteLength)
  }

  /** Begins to fetch missing pages from one on, at least those that are wanted. */
  #fetch(page: number, wantedEnd: number, options: ReadOptions): void {
    let end = page + 1
    while (end < wantedEnd && !this.#pages.has(end)) end++
    if (page === this.#lastEnd) end = Math.max(end, page + Math.min(16, 2 * this.#lastPages))
    end = Math.min(end, Math.max(page + 1, Math.ceil(this.size / PAGE_BYTES)))
    this.#lastEnd = end
    this.#lastPages = end - page
    const fetched = this.#objects
      .getRange('', page * PAGE_BYTES, Math.min(this.size, end * PAGE_BYTES), options)
      .then(ranged => {
        if (ranged === undefined)
          throw new ReaderError('NotFound', `nothing lies at '${this.#objects.name}' any more`)
        return ranged.bytes
      })
    for (let at = page; at < end; at++) {
      const part = fetched.then(bytes =>
        bytes.subarray((at - page) * PAGE_BYTES, (at - page + 1) * PAGE_BYTES),
      )
      part.catch(() => this.#pages.delete(at))
      this.#pages.set(at, part)
    }
    for (const old of this.#pages.keys()) {
      if (this.#pages.size <= MOST_PAGES) break
      if (old < page || old >= end) this.#pages.delete(old)
    }
  }
}
