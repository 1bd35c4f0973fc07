import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeEntry, type Entry, encodeEntry } from './entry.ts'

/** Of all that is kept no single answer may take more than this part. */
const LARGEST_PART = 1 / 8
const KEY = /^[\da-f]{64}$/

export interface CacheCounts {
  hits: number
  misses: number
  corrupted: number
  evicted: number
}

/**
 * Answers on disk, bounded by bytes; what was used longest ago goes first. An entry is one file, named after the digest of what was
 * asked, written aside and renamed, so that it is there whole or not at all; it holds digests of itself, so that a damaged one is
 * no answer. The times of the files carry the order of use over restarts.
 */
export class DiskCache {
  readonly counts: CacheCounts = { hits: 0, misses: 0, corrupted: 0, evicted: 0 }
  readonly #folder: string
  readonly #maxBytes: number
  /** Bytes by key, in order of use. */
  readonly #sizes = new Map<string, number>()
  #bytes = 0

  private constructor(folder: string, maxBytes: number) {
    this.#folder = folder
    this.#maxBytes = maxBytes
  }

  /** Finds what is kept in the folder, makes it where it is absent, and removes what a former process left unfinished. */
  static async open(folder: string, maxBytes: number): Promise<DiskCache> {
    const cache = new DiskCache(folder, maxBytes)
    await mkdir(folder, { recursive: true })
    await cache.#load()
    return cache
  }

  get bytes(): number {
    return this.#bytes
  }

  get entries(): number {
    return this.#sizes.size
  }

  async get(key: string): Promise<Entry | undefined> {
    const size = this.#sizes.get(key)
    const entry = size === undefined ? undefined : await this.#read(key)
    if (entry === undefined) {
      this.counts.misses++
      return undefined
    }
    this.counts.hits++
    this.#used(key)
    return entry
  }

  /** Keeps an answer, unless it is too large; a disk that does not take it costs only the time saved. */
  async put(key: string, entry: Entry): Promise<void> {
    const bytes = encodeEntry(entry)
    if (bytes.length > this.#maxBytes * LARGEST_PART) return
    const path = this.#path(key)
    const aside = `${path}.${randomBytes(6).toString('hex')}.tmp`
    try {
      await mkdir(join(path, '..'), { recursive: true })
      await writeFile(aside, bytes)
      await rename(aside, path)
    } catch {
      await rm(aside, { force: true }).catch(() => {})
      return
    }
    this.#forget(key)
    this.#sizes.set(key, bytes.length)
    this.#bytes += bytes.length
    await this.#evict()
  }

  async #read(key: string): Promise<Entry | undefined> {
    const bytes = await readFile(this.#path(key)).catch(() => undefined)
    const entry = bytes && decodeEntry(bytes)
    if (entry === undefined) {
      this.counts.corrupted++
      await this.#remove(key)
    }
    return entry
  }

  #used(key: string): void {
    const size = this.#sizes.get(key)
    if (size === undefined) return
    this.#sizes.delete(key)
    this.#sizes.set(key, size)
    const now = new Date()
    utimes(this.#path(key), now, now).catch(() => {})
  }

  async #evict(): Promise<void> {
    for (const key of this.#sizes.keys()) {
      if (this.#bytes <= this.#maxBytes) return
      this.counts.evicted++
      await this.#remove(key)
    }
  }

  async #remove(key: string): Promise<void> {
    this.#forget(key)
    await rm(this.#path(key), { force: true }).catch(() => {})
  }

  #forget(key: string): void {
    this.#bytes -= this.#sizes.get(key) ?? 0
    this.#sizes.delete(key)
  }

  async #load(): Promise<void> {
    const found: { readonly key: string; readonly size: number; readonly used: number }[] = []
    for (const name of await readdir(this.#folder, { recursive: true })) {
      const key = name.slice(3)
      const path = join(this.#folder, name)
      const info = await stat(path).catch(() => undefined)
      if (!info?.isFile()) continue
      if (KEY.test(key) && path === this.#path(key)) found.push({ key, size: info.size, used: info.mtimeMs })
      else if (name.endsWith('.tmp')) await rm(path, { force: true })
    }
    found.sort((a, b) => a.used - b.used)
    for (const { key, size } of found) {
      this.#sizes.set(key, size)
      this.#bytes += size
    }
    await this.#evict()
  }

  /** Spread over folders, as no file system likes many files in one. */
  #path(key: string): string {
    return join(this.#folder, key.slice(0, 2), key)
  }
}
