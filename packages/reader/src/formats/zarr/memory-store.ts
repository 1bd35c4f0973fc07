import type { ArrayDataset } from '../../dataset.ts'
import type { Objects, Ranged } from '../../objects.ts'
import { collect, openWith, whole } from '../arrays/oracle.ts'
import { zarr } from './index.ts'

/** What tests of Zarr share: stores in memory that count what is asked of them. */

export type Files = Readonly<Record<string, Uint8Array | object | string>>

/** A store in memory; without `listed` it cannot be listed, as over HTTP. */
export function store(
  files: Files,
  listed = false,
): { readonly objects: Objects; readonly requests: string[] } {
  const requests: string[] = []
  const all = new Map(
    Object.entries(files).map(([path, value]) => [
      path,
      value instanceof Uint8Array
        ? value
        : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
    ]),
  )
  const read = (path: string, start: number, end?: number): Ranged | undefined => {
    requests.push(path)
    const found = all.get(path)
    if (found === undefined) return undefined
    const part = Uint8Array.from(start < 0 ? found.subarray(start) : found.subarray(start, end))
    return { bytes: part, size: found.length, etag: undefined }
  }
  const list = async (path: string) => {
    const below = path === '' ? '' : `${path}/`
    const names = [...all.keys()].filter(key => key.startsWith(below)).map(key => key.slice(below.length))
    return [...new Set(names.map(name => name.replace(/\/.*$/s, '/')))]
  }
  const objects: Objects = {
    name: 'memory',
    get: async path => read(path, 0)?.bytes,
    getRange: async (path, start, end) => read(path, start, end),
    ...(listed ? { list } : {}),
  }
  return { objects, requests }
}

export const array = (fields: object = {}) => ({
  zarr_format: 2,
  shape: [8],
  chunks: [4],
  dtype: '<i4',
  compressor: null,
  filters: null,
  fill_value: 0,
  order: 'C',
  ...fields,
})

export const arrayV3 = (fields: object = {}) => ({
  zarr_format: 3,
  node_type: 'array',
  shape: [8],
  data_type: 'int32',
  fill_value: 0,
  chunk_grid: { name: 'regular', configuration: { chunk_shape: [4] } },
  chunk_key_encoding: { name: 'default' },
  codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
  ...fields,
})

export const openFiles = async (files: Files): Promise<ArrayDataset> => openWith(zarr, store(files).objects)

export const readAll = async (files: Files, shape: readonly number[] = [8]) =>
  collect(await openFiles(files), 'memory', whole(shape))
