/**
 * Zarr v2 and v3, OME-Zarr included, by code of our own on the metadata and the chunk grid rather than by zarrita: that one
 * decodes whole shards' worth of metadata leniently, allocates what a chunk claims, has no native codecs, and cannot say
 * what a read will cost. Its stores are read in the tests, as an independent writer's.
 */
import type { Format, OpenOptions, Probe } from '../../format.ts'
import type { Objects } from '../../objects.ts'
import { counting } from '../arrays/counting.ts'
import { ParquetReferences } from '../kerchunk/parquet-references.ts'
import { referenceObjects } from '../kerchunk/reference-objects.ts'
import { ReferredObjects } from '../referred-objects.ts'
import { mayBeFolder, rootNames } from '../root-names.ts'
import { discover } from './discover.ts'
import type { JsonObject } from './json.ts'
import type { Hierarchy } from './node.ts'
import type { CostedObjects } from './zarr-array.ts'
import { zarrDataset } from './zarr-dataset.ts'

export const zarr: Format = {
  id: 'zarr',
  async recognises(probe) {
    if (!mayBeFolder(probe)) return false
    const names = await rootNames(probe)
    if (names !== undefined) return DOCUMENTS.some(name => names.has(name))
    for (const name of DOCUMENTS) if (await probe.has(name)) return true
    return false
  },
  open: (objects, probe, options) => openZarr(objects, probe, options),
}

const DOCUMENTS = ['zarr.json', '.zmetadata', '.zgroup', '.zarray']

async function openZarr(objects: Objects, probe: Probe, options: OpenOptions) {
  const counted = counting(objects)
  const hierarchy = await discover(counted.objects, options, await rootNames(probe))
  const store = hierarchy.recordSize === undefined ? undefined : referencedStore(objects, hierarchy, options)
  return zarrDataset(
    hierarchy,
    store ?? objects,
    store === undefined ? {} : { format: 'kerchunk' },
    counted.cost(),
  )
}

const CHUNK_KEY = /^(?:(.*)\/)?(\d+(?:\.\d+)*)$/s

/** Metadata as usual, but chunks as references in Parquet: what kerchunk and VirtualiZarr write for large sets. */
function referencedStore(objects: Objects, hierarchy: Hierarchy, options: OpenOptions): CostedObjects {
  const references = new ParquetReferences(objects, hierarchy.recordSize!)
  const grids = new Map(hierarchy.nodes.map(({ path, document }) => [path, gridOf(document)]))
  return referenceObjects(
    {
      name: objects.name,
      find(key, readOptions) {
        const [, array = '', place = ''] = CHUNK_KEY.exec(key) ?? []
        const grid = grids.get(array)
        const places = place.split('.').map(Number)
        return grid === undefined
          ? undefined
          : references.get(array, grid, grid.length === 0 ? [] : places, readOptions)
      },
      list: () => [],
    },
    new ReferredObjects(options.resolve),
  )
}

function gridOf({ shape, chunks }: JsonObject): readonly number[] | undefined {
  if (!Array.isArray(shape) || !Array.isArray(chunks)) return undefined
  return shape.map((length, axis) => Math.ceil(Number(length) / Number(chunks[axis])))
}
