import { ancestry } from '../formats/icechunk/history.ts'
import { Manifests } from '../formats/icechunk/manifests.ts'
import { openRepository, type Repository } from '../formats/icechunk/repository.ts'
import { readSnapshot, type Snapshot } from '../formats/icechunk/snapshot.ts'
import type { Objects, ReadOptions } from '../objects.ts'
import {
  type CompareOptions,
  type Evidence,
  type Method,
  MOST_PARTS,
  plural,
  type State,
  spread,
  withinParts,
} from './comparison.ts'
import { comparisonOf, type Moment, standingOf } from './history.ts'
import { comparePairs, evidenceOf } from './prints.ts'

export interface IcechunkState extends State {
  readonly objects: Objects
  readonly repository: Repository
  readonly snapshot: Snapshot
}

/** Version 1 costs a read for each ancestor; version 2 has them all in one file. */
const MOST_ANCESTORS = { 1: 32, 2: 10_000 }

/** Icechunk: snapshot ids, then the snapshot's own file, its manifests and some of the chunks that they name. */
export const icechunkRepository: Method<IcechunkState> = {
  id: 'icechunk-snapshot',
  async open({ objects, pin, options }) {
    const repository = await openRepository(objects, options)
    const snapshot = await readSnapshot(objects, await repository.snapshotOf(pin), options)
    return { objects, repository, snapshot, label: `snapshot ${snapshot.id}` }
  },
  async compare(reference, copy, options) {
    const most = MOST_ANCESTORS[reference.repository.specification]
    const standing = await standingOf(history(reference, options), history(copy, options), most)
    if (standing.kind === 'parted' || standing.kind === 'strangers') return comparisonOf(standing, [])
    // Where one is further, what both have is the older state.
    const shared = standing.kind === 'ahead' ? reference.snapshot : copy.snapshot
    return comparisonOf(standing, await contents(reference.objects, copy.objects, shared, options))
  },
}

async function* history(
  { objects, repository, snapshot }: IcechunkState,
  options: ReadOptions,
): AsyncGenerator<Moment> {
  for await (const { version } of ancestry(objects, repository, snapshot, options)) yield version
}

async function contents(
  reference: Objects,
  copy: Objects,
  snapshot: Snapshot,
  options: CompareOptions,
): Promise<Evidence[]> {
  const full = options.samples === Number.POSITIVE_INFINITY
  const reads = { ...options, mustExist: true }
  const copies = [reference, copy] as const
  const ids = [...new Set(snapshot.nodes.flatMap(({ manifests }) => manifests.map(({ id }) => id)))]
  const looked = spread(ids.length, Math.max(1, Math.ceil(options.samples / 3))).map(at => ids[at]!)
  const own = await comparePairs(copies, [`snapshots/${snapshot.id}`], true, reads)
  const manifests = await comparePairs(
    copies,
    looked.map(id => `manifests/${id}`),
    true,
    reads,
  )
  const evidence = [evidenceOf('snapshot file', 1, own), evidenceOf('manifests', ids.length, manifests)]
  // Two manifests that are not there cannot be read for chunks, and are told of already.
  if (evidence.some(({ agrees }) => !agrees)) return evidence
  const { chunks, virtual } = await chunksOf(reference, snapshot, looked, options)
  const chosen = spread(chunks.length, options.samples).map(at => `chunks/${chunks[at]}`)
  const seen = evidenceOf('chunks', chunks.length, await comparePairs(copies, chosen, full, reads))
  const elsewhere = `; ${plural(virtual, 'virtual chunk lies', 'virtual chunks lie')} elsewhere, not read`
  return [...evidence, { ...seen, note: virtual > 0 ? seen.note + elsewhere : seen.note }]
}

/** Ids of the chunks that lie in the store itself, of the manifests that are looked at, and how many lie elsewhere. */
async function chunksOf(
  objects: Objects,
  snapshot: Snapshot,
  ids: readonly string[],
  options: CompareOptions,
): Promise<{ readonly chunks: readonly string[]; readonly virtual: number }> {
  const manifests = new Manifests(objects)
  const wanted = new Set(ids)
  const chunks = new Set<string>()
  let virtual = 0
  for (const node of snapshot.nodes)
    for (const { id } of node.manifests)
      if (wanted.has(id))
        for (const ref of (await manifests.get(id, options)).chunks(node.key)) {
          if (ref.kind === 'virtual') virtual++
          if (ref.kind !== 'native') continue
          chunks.add(ref.id)
          if (options.samples === Number.POSITIVE_INFINITY) withinParts(chunks.size, 'chunks')
          // Of samples the first million is enough.
          else if (chunks.size === MOST_PARTS) return { chunks: [...chunks], virtual }
        }
  return { chunks: [...chunks], virtual }
}
