import type { Objects, ReadOptions } from '../../objects.ts'
import { type HttpStore, httpObjects } from '../http.ts'
import { encodeStrict, joinPath } from '../paths.ts'
import { type Listing, listBelow, pageBelow } from './listing.ts'

/** A store of keys in buckets: what lies at a key, and what lies below it. */
export interface BucketStore extends HttpStore {
  /** Key of the location; empty for the whole bucket. */
  readonly key: string
  listing(prefix: string): Listing
}

export function bucketObjects(store: BucketStore): Objects {
  const objects = httpObjects(store)
  // The bucket's own URL answers with a listing, which is no object.
  const isBucket = (path: string) => joinPath(store.key, path) === ''
  const prefixOf = (path: string) => {
    const folder = joinPath(store.key, path)
    return folder === '' || folder.endsWith('/') ? folder : `${folder}/`
  }
  return {
    name: objects.name,
    refusals: objects.refusals,
    get: async (path, options) => (isBucket(path) ? undefined : objects.get(path, options)),
    getRange: async (path, start, end, options) =>
      isBucket(path) ? undefined : objects.getRange(path, start, end, options),
    list(path: string, options: ReadOptions = {}) {
      const prefix = prefixOf(path)
      return listBelow(store, prefix, store.listing(prefix), options)
    },
    folder(path, options = {}) {
      const prefix = prefixOf(path)
      return pageBelow(store, prefix, store.listing(prefix), options)
    },
  }
}

/** A query in the encoding that signatures need (RFC 3986). */
export function queryOf(parameters: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(parameters)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(([name, value]) => `${name}=${encodeStrict(value)}`)
    .join('&')
}
