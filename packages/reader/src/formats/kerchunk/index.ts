/**
 * kerchunk and VirtualiZarr references: files of other formats as one Zarr store. A reference may lead anywhere; the
 * reader's own resolver opens what it leads to, under the same guard as the location itself.
 */
import { ReaderError } from '../../errors.ts'
import type { Format, OpenOptions } from '../../format.ts'
import type { Objects } from '../../objects.ts'
import { counting } from '../arrays/counting.ts'
import { ReferredObjects } from '../referred-objects.ts'
import { discover } from '../zarr/discover.ts'
import { zarrDataset } from '../zarr/zarr-dataset.ts'
import { parseReferences } from './json-references.ts'
import { referenceObjects } from './reference-objects.ts'

/** What is asked for to tell references from other JSON: where they begin lies within the first kilobytes. */
const REFERENCES = /"refs"\s*:\s*\{/
const FIRST_KEY = /^\s*\{\s*"(?:[^"]*\/)?(?:\.zgroup|\.zarray|\.zattrs|\.zmetadata|zarr\.json)"\s*:/

/** References in JSON; those in Parquet are a Zarr store, whose metadata says so. */
export const kerchunk: Format = {
  id: 'kerchunk',
  recognises({ head }) {
    if (head === undefined) return false
    const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1')
    return /^\s*\{/.test(text) && (REFERENCES.test(text) || FIRST_KEY.test(text))
  },
  open: (objects, _probe, options) => openReferences(objects, options),
}

async function openReferences(objects: Objects, options: OpenOptions) {
  const counted = counting(objects)
  const bytes = await counted.objects.get('', options)
  if (bytes === undefined) throw new ReaderError('NotFound', `nothing lies at '${objects.name}'`)
  const references = parseReferences(bytes, objects.name)
  const folders = foldersOf(references.documents)
  const store = referenceObjects(
    {
      name: objects.name,
      find: key => references.get(key),
      list: path => folders.get(path) ?? [],
    },
    new ReferredObjects(options.resolve),
  )
  const hierarchy = await discover(store, options)
  return zarrDataset(hierarchy, store, { format: 'kerchunk' }, counted.cost())
}

/** What lies directly below each group, by the documents of groups and arrays. */
function foldersOf(documents: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const folders = new Map<string, Set<string>>()
  for (const key of documents) {
    const parts = key.split('/')
    for (let depth = 1; depth < parts.length; depth++) {
      const parent = parts.slice(0, depth - 1).join('/')
      const children = folders.get(parent) ?? new Set()
      children.add(`${parts[depth - 1]}/`)
      folders.set(parent, children)
    }
  }
  return new Map(Array.from(folders, ([path, children]) => [path, [...children].sort()]))
}
