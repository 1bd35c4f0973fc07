import { ReaderError } from '../../errors.ts'
import type { JsonObject } from './json.ts'

/** A group or an array of a hierarchy, as its documents say it. */
export interface Node {
  /** Below the root, which is `''`. */
  readonly path: string
  readonly kind: 'group' | 'array'
  readonly zarrFormat: 2 | 3
  /** `zarr.json`, `.zarray` or `.zgroup`. */
  readonly document: JsonObject
  readonly attributes: JsonObject
}

export interface Hierarchy {
  readonly zarrFormat: 2 | 3
  readonly consolidated: boolean
  readonly nodes: readonly Node[]
  readonly warnings: readonly string[]
  /** Where chunks are not objects but references in Parquet: how many a file has. */
  readonly recordSize?: number
}

export function childPath(parent: string, name: string): string {
  return parent === '' ? name : `${parent}/${name}`
}

/** @throws {ReaderError} `Corrupt` for a path that would leave the store. */
export function checkPath(path: string): string {
  if (
    path.length > 1024 ||
    (path !== '' && path.split('/').some(part => part === '' || part === '.' || part === '..'))
  )
    throw new ReaderError('Corrupt', `'${path.slice(0, 100)}' is no path of a group or an array`, { path })
  return path
}
