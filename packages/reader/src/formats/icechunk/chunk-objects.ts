import { ReaderError } from '../../errors.ts'
import type { Cost, Objects, Ranged, ReadOptions } from '../../objects.ts'
import type { CostedObjects } from '../zarr/zarr-array.ts'
import type { ChunkRef } from './manifest.ts'
import type { Manifests } from './manifests.ts'
import type { Snapshot, SnapshotNode } from './snapshot.ts'
import type { VirtualChunks } from './virtual-chunks.ts'

const CHUNK_PATH = /^(?:(.*)\/)?c((?:\/\d+)*)$/s
/** Manifests that are read to say what chunks would cost; those of a larger selection are not. */
const ESTIMATED_MANIFESTS = 16

/** A snapshot as a Zarr store: chunks under their keys, wherever they lie. Its documents are known already. */
export function chunkObjects(
  repository: Objects,
  { id, nodes }: Snapshot,
  manifests: Manifests,
  virtual: VirtualChunks,
): CostedObjects {
  const arrays = new Map(nodes.filter(node => node.kind === 'array').map(node => [node.path, node]))

  function locate(path: string): { node: SnapshotNode; place: number[]; manifest: string } | undefined {
    const [, array = '', places = ''] = CHUNK_PATH.exec(path) ?? []
    const node = arrays.get(array)
    if (node === undefined) return undefined
    const place = places.split('/').slice(1).map(Number)
    const covering = node.manifests.find(
      ({ from, to }) =>
        from.length === place.length && place.every((at, axis) => at >= from[axis]! && at < to[axis]!),
    )
    return covering && { node, place, manifest: covering.id }
  }

  async function refOf(path: string, options: ReadOptions): Promise<ChunkRef | undefined> {
    const found = locate(path)
    return found && (await manifests.get(found.manifest, options)).find(found.node.key, found.place)
  }

  async function bytesOf(
    ref: ChunkRef,
    start: number,
    end: number,
    options: ReadOptions,
  ): Promise<Uint8Array> {
    if (ref.kind === 'inline') return ref.bytes.subarray(start, end)
    if (ref.kind === 'virtual') return virtual.read(ref, start, end, options)
    const path = `chunks/${ref.id}`
    const ranged = await repository.getRange(path, ref.offset + start, ref.offset + end, options)
    if (ranged === undefined)
      throw new ReaderError('Corrupt', `'${path}' is referred to by snapshot ${id}, but is not there`, {
        path,
      })
    return ranged.bytes
  }

  return {
    name: repository.name,
    async get(path, options = {}) {
      const ref = await refOf(path, options)
      return ref && bytesOf(ref, 0, sizeOf(ref), options)
    },
    async getRange(path, start, end, options = {}): Promise<Ranged | undefined> {
      const ref = await refOf(path, options)
      if (ref === undefined) return undefined
      const size = sizeOf(ref)
      const from = Math.min(size, start < 0 ? Math.max(0, size + start) : start)
      const to = start < 0 || end === undefined ? size : Math.min(size, Math.max(from, end))
      return { bytes: await bytesOf(ref, from, to, options), size, etag: undefined }
    },
    async cost(path, options = {}): Promise<Cost | undefined> {
      const found = locate(path)
      if (found === undefined) return { requests: 0, bytes: 0 }
      if (!manifests.has(found.manifest) && manifests.count >= ESTIMATED_MANIFESTS) return undefined
      const ref = (await manifests.get(found.manifest, options)).find(found.node.key, found.place)
      if (ref === undefined || ref.kind === 'inline') return { requests: 0, bytes: 0 }
      return { requests: 1, bytes: ref.length }
    },
  }
}

function sizeOf(ref: ChunkRef): number {
  return ref.kind === 'inline' ? ref.bytes.length : ref.length
}
