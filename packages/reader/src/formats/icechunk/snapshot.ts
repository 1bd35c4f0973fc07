import { ReaderError } from '../../errors.ts'
import type { StoreVersion } from '../../model.ts'
import type { Objects, ReadOptions } from '../../objects.ts'
import { MAX_NODES } from '../zarr/limits.ts'
import { checkPath } from '../zarr/node.ts'
import { readDocument } from './envelope.ts'
import type { Table } from './flatbuffer.ts'
import { idText, nodeKey } from './object-id.ts'

/** Which manifest holds chunks of an array, and of which part of its grid: first and last place (exclusive) by dimension. */
export interface ManifestRef {
  readonly id: string
  readonly from: readonly number[]
  readonly to: readonly number[]
}

export interface SnapshotNode {
  /** Below the root, which is `''`. */
  readonly path: string
  /** The same in all snapshots, wherever the node moves. */
  readonly key: string
  readonly kind: 'group' | 'array'
  /** Its `zarr.json`. */
  readonly document: Uint8Array
  readonly manifests: readonly ManifestRef[]
}

export interface Snapshot {
  readonly id: string
  readonly specification: 1 | 2
  /** Version 1 alone; in version 2 the repository's file knows. */
  readonly parent: string | undefined
  readonly version: StoreVersion
  readonly nodes: readonly SnapshotNode[]
}

/** @throws {ReaderError} `NotFound`, `Corrupt`. */
export async function readSnapshot(objects: Objects, id: string, options: ReadOptions): Promise<Snapshot> {
  const path = `snapshots/${id}`
  const document = await readDocument(objects, path, 'snapshot', options)
  if (document === undefined)
    throw new ReaderError('NotFound', `there is no snapshot ${id}`, { snapshot: id })
  const { root } = document
  const own = root.struct(0, 12)
  if (own === undefined || idText(own) !== id)
    throw new ReaderError('Corrupt', `'${path}' says it is snapshot ${own && idText(own)}`, { path })
  const nodes = root.tables(2)
  if (nodes.length > MAX_NODES)
    throw new ReaderError(
      'OverBudget',
      `'${path}' has ${nodes.length} groups and arrays, more than ${MAX_NODES}`,
    )
  const parent = root.struct(1, 12)
  return {
    id,
    specification: document.version,
    parent: parent && idText(parent),
    version: versionOf(id, parent && idText(parent), root.uint64(3), root.string(4)),
    nodes: Array.from(nodes.eachTable(), nodeOf),
  }
}

export function versionOf(
  id: string,
  parent: string | undefined,
  microseconds: bigint,
  message: string | undefined,
): StoreVersion {
  const milliseconds = Number(microseconds / 1000n)
  return {
    id,
    ...(parent === undefined ? {} : { parent }),
    ...(milliseconds > 0 && milliseconds <= 8.64e15
      ? { committedAt: new Date(milliseconds).toISOString() }
      : {}),
    ...(message === undefined ? {} : { message: message.slice(0, 10_000) }),
  }
}

const ARRAY = 1

function nodeOf(node: Table): SnapshotNode {
  const path = node.string(1)
  const id = node.struct(0, 8)
  const document = node.bytes(2)
  if (path === undefined || !path.startsWith('/') || id === undefined || document === undefined)
    throw new ReaderError('Corrupt', `a node of the snapshot lacks its id, path or metadata`)
  const isArray = node.uint8(3) === ARRAY
  return {
    path: checkPath(path.slice(1)),
    key: nodeKey(id),
    kind: isArray ? 'array' : 'group',
    document,
    manifests: isArray ? manifestsOf(node.table(4)) : [],
  }
}

function manifestsOf(array: Table | undefined): ManifestRef[] {
  if (array === undefined) return []
  return Array.from(array.tables(2).eachTable(), ref => {
    const id = ref.struct(0, 12)
    if (id === undefined) throw new ReaderError('Corrupt', `a reference to a manifest lacks its id`)
    const extents = ref.vector(1, 8)
    const ranges = Array.from(extents?.eachStruct() ?? [], range => {
      const view = new DataView(range.buffer, range.byteOffset, 8)
      return [view.getUint32(0, true), view.getUint32(4, true)] as const
    })
    return { id: idText(id), from: ranges.map(([from]) => from), to: ranges.map(([, to]) => to) }
  })
}
