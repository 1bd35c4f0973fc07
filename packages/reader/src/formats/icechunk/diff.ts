import { ReaderError } from '../../errors.ts'
import type { StoreDiff } from '../../model.ts'
import type { Objects, ReadOptions } from '../../objects.ts'
import { ancestry } from './history.ts'
import type { Manifests } from './manifests.ts'
import type { Repository } from './repository.ts'
import { readSnapshot, type Snapshot, type SnapshotNode } from './snapshot.ts'
import { collectChunks } from './transaction-log.ts'

/** Commits whose logs are read; beyond that, and between branches, chunk references themselves are compared. */
const MAX_LOGS = 100
const MAX_COMPARED = 2_000_000
const MAX_NAMES = 1000

/**
 * What changed between two versions: groups, arrays and metadata by their snapshots; chunks by the transaction logs between
 * them where one descends from the other, else by comparing references.
 * @throws {ReaderError} `NotFound`, `InvalidSelection`, `OverBudget`, `Corrupt`.
 */
export async function diffOf(
  objects: Objects,
  repository: Repository,
  manifests: Manifests,
  pins: { readonly from: string; readonly to: string },
  options: ReadOptions,
): Promise<StoreDiff> {
  const [from, to] = await Promise.all(
    [pins.from, pins.to].map(async pin => readSnapshot(objects, await repository.snapshotOf(pin), options)),
  )
  const before = byKey(from!)
  const after = byKey(to!)
  const isNew = (node: SnapshotNode, others: ReadonlyMap<string, SnapshotNode>) =>
    others.get(node.key)?.path !== node.path
  const added = to!.nodes.filter(node => isNew(node, before)).map(({ path }) => path)
  const removed = from!.nodes.filter(node => isNew(node, after)).map(({ path }) => path)
  const chunks =
    (await writtenBetween(objects, repository, from!, to!, options)) ??
    (await comparedReferences(manifests, before, after, options))
  const changed = to!.nodes.flatMap(node => {
    const earlier = before.get(node.key)
    if (earlier === undefined) return []
    const metadata = !Buffer.from(earlier.document).equals(node.document)
    const count = chunks.get(node.key) ?? 0
    if (!metadata && count === 0) return []
    return [{ path: node.path, ...(count > 0 ? { chunks: count } : {}), ...(metadata ? { metadata } : {}) }]
  })
  return {
    from: from!.id,
    to: to!.id,
    added: added.slice(0, MAX_NAMES),
    removed: removed.slice(0, MAX_NAMES),
    changed: changed.slice(0, MAX_NAMES),
    truncated: [added, removed, changed].some(list => list.length > MAX_NAMES),
  }
}

function byKey({ nodes }: Snapshot): ReadonlyMap<string, SnapshotNode> {
  return new Map(nodes.map(node => [node.key, node]))
}

/** Chunks by array, from the logs of the commits between the two; undefined where neither descends from the other. */
async function writtenBetween(
  objects: Objects,
  repository: Repository,
  from: Snapshot,
  to: Snapshot,
  options: ReadOptions,
): Promise<ReadonlyMap<string, number> | undefined> {
  const logs =
    (await logsBetween(objects, repository, from, to, options)) ??
    (await logsBetween(objects, repository, to, from, options))
  if (logs === undefined) return undefined
  const chunks = new Map<string, Set<string>>()
  for (const id of logs) if (!(await collectChunks(objects, id, chunks, options))) return undefined
  return new Map(Array.from(chunks, ([node, places]) => [node, places.size]))
}

async function logsBetween(
  objects: Objects,
  repository: Repository,
  ancestor: Snapshot,
  descendant: Snapshot,
  options: ReadOptions,
): Promise<readonly string[] | undefined> {
  const logs: string[] = []
  for await (const { version, prunedLogs } of ancestry(objects, repository, descendant, options)) {
    if (version.id === ancestor.id) return logs
    logs.push(...prunedLogs, version.id)
    if (logs.length > MAX_LOGS) return undefined
  }
  return undefined
}

async function comparedReferences(
  manifests: Manifests,
  before: ReadonlyMap<string, SnapshotNode>,
  after: ReadonlyMap<string, SnapshotNode>,
  options: ReadOptions,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  let compared = 0
  for (const [key, node] of after) {
    const earlier = before.get(key)
    if (earlier === undefined) continue
    // Manifests are never rewritten: those that both refer to hold the same.
    const shared = new Set(earlier.manifests.map(({ id }) => id))
    const own = new Set(node.manifests.map(({ id }) => id))
    const chunks = new Map<string, string>()
    for (const { id } of earlier.manifests)
      if (!own.has(id))
        for (const [place, ref] of (await manifests.get(id, options)).entries(key)) chunks.set(place, ref)
    let count = 0
    for (const { id } of node.manifests) {
      if (shared.has(id)) continue
      for (const [place, ref] of (await manifests.get(id, options)).entries(key)) {
        if (++compared > MAX_COMPARED)
          throw new ReaderError(
            'OverBudget',
            `more than ${MAX_COMPARED} chunks would be compared: give versions of one branch that are closer`,
          )
        if (chunks.get(place) !== ref) count++
        chunks.delete(place)
      }
    }
    counts.set(key, count + chunks.size)
  }
  return counts
}
