import { ReaderError } from '../../errors.ts'
import type { Cost, Ranged, ReadOptions } from '../../objects.ts'
import type { ReferredObjects } from '../referred-objects.ts'
import type { CostedObjects } from '../zarr/zarr-array.ts'
import type { Reference } from './references.ts'

export interface ReferenceStore {
  readonly name: string
  find(key: string, options: ReadOptions): Promise<Reference | undefined> | Reference | undefined
  list(path: string): readonly string[]
}

/** References as a Zarr store: bytes that they hold, or those of the objects they point at. */
export function referenceObjects(store: ReferenceStore, referred: ReferredObjects): CostedObjects {
  const base = store.name

  async function bytesOf(reference: Reference, start: number, end: number | undefined, options: ReadOptions) {
    if ('bytes' in reference) return reference.bytes.subarray(start, end)
    const url = absolute(reference.url, base)
    const { offset, length } = reference
    if (length === undefined && start === 0 && end === undefined) return referred.whole(url, options)
    if (length === undefined && end === undefined)
      throw new ReaderError(
        'Unsupported',
        `'${url}' is referred to as a whole, and the end of it is asked for`,
      )
    const to = length === undefined ? end! : Math.min(length, end ?? length)
    const { bytes } = await referred.range(url, offset + start, offset + to, options)
    return bytes
  }

  return {
    name: base,
    async get(key, options = {}) {
      const reference = await store.find(key, options)
      return reference && bytesOf(reference, 0, undefined, options)
    },
    async getRange(key, start, end, options = {}): Promise<Ranged | undefined> {
      const reference = await store.find(key, options)
      if (reference === undefined) return undefined
      const size = 'bytes' in reference ? reference.bytes.length : reference.length
      const from = start < 0 && size !== undefined ? Math.max(0, size + start) : start
      return { bytes: await bytesOf(reference, from, start < 0 ? size : end, options), size, etag: undefined }
    },
    list: async path => store.list(path),
    async cost(key, options = {}): Promise<Cost | undefined> {
      const reference = await store.find(key, options)
      if (reference === undefined || 'bytes' in reference) return { requests: 0, bytes: 0 }
      return reference.length === undefined ? undefined : { requests: 1, bytes: reference.length }
    },
  }
}

/** A reference without a scheme is relative to what refers to it, as in a link. */
export function absolute(url: string, base: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(url) || url.startsWith('/')) return url
  const folder = base.replace(/[?#].*$/, '').replace(/[^/]*$/, '')
  return folder + url
}
