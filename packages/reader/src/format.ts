import type { Dataset } from './dataset.ts'
import type { Objects, ReadOptions } from './objects.ts'

/** What is known of a location before its format is: enough for each format to say whether it is its own. */
export interface Probe {
  /** The first 4 KiB of the object at the location, when it is an object. */
  readonly head: Uint8Array | undefined
  /** Of the object, in bytes. */
  readonly size: number | undefined
  /** Last part of the location, lower-case; a hint where bytes cannot tell (CSV), never more. */
  readonly name: string
  /** Whether that object lies below the location, by a small read; each path is asked of the store once. */
  has(path: string): Promise<boolean>
  /**
   * Names directly below a path, folders with a trailing slash, asked of the store once; none where it refuses. Absent where it
   * cannot list. Not all of them where there are `most` or more (1,000 when absent): one page of a store's listing.
   */
  list?(path: string, most?: number): Promise<readonly string[]>
}

export interface OpenOptions extends ReadOptions {
  /** A branch, tag or snapshot id of a store that has versions, as `branch:main`, `tag:v1` or `snapshot:ID`. */
  readonly pin?: string
  /**
   * Opens what a store refers to (kerchunk references, Icechunk's virtual chunks): an absolute URL, under the same guard as the
   * location itself. Absent where nothing may be referred to.
   * @throws {ReaderError} `Forbidden`, `InvalidSelection` for what is no location.
   */
  resolve?(url: string): Promise<Objects>
}

/** One format. Formats are asked in the order of `formats.ts`; the first that recognises the bytes opens them. */
export interface Format {
  readonly id: string
  recognises(probe: Probe): boolean | Promise<boolean>
  /** @throws {ReaderError} `Corrupt`, `Unsupported`, `NotFound`. */
  open(objects: Objects, probe: Probe, options: OpenOptions): Promise<Dataset>
}
