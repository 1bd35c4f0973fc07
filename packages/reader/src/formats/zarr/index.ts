/**
 * Zarr v2 and v3, OME-Zarr included, by code of our own on the metadata and the chunk grid rather than by zarrita: that one
 * decodes whole shards' worth of metadata leniently, allocates what a chunk claims, has no native codecs, and cannot say
 * what a read will cost. Its stores are read in the tests, as an independent writer's.
 */
import type { Format } from '../../format.ts'
import { openZarr } from './zarr-dataset.ts'

export const zarr: Format = {
  id: 'zarr',
  async recognises({ head, has }) {
    // A folder has no bytes of its own; a server may answer with a page about it.
    if (head !== undefined && head.length > 0 && head[0] !== LESS_THAN) return false
    for (const path of ['zarr.json', '.zmetadata', '.zgroup', '.zarray']) if (await has(path)) return true
    return false
  },
  open: (objects, _probe, options) => openZarr(objects, options),
}

const LESS_THAN = 0x3c
