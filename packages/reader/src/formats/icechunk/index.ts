/**
 * Icechunk repositories of versions 1 and 2 of its specification (icechunk.io/en/latest/reference/spec): any branch, tag or
 * snapshot as a Zarr store, history, and what changed between two versions. Read here rather than by the official library,
 * whose builds need a newer C library or another processor; it is the tests' writer and judge.
 */
import type { ArrayDataset } from '../../dataset.ts'
import { ReaderError } from '../../errors.ts'
import type { Format, OpenOptions, Probe } from '../../format.ts'
import type { StoreVersion } from '../../model.ts'
import type { Objects } from '../../objects.ts'
import { counting } from '../arrays/counting.ts'
import { ReferredObjects } from '../referred-objects.ts'
import { mayBeFolder, rootNames } from '../root-names.ts'
import { parseObject } from '../zarr/json.ts'
import type { Hierarchy, Node } from '../zarr/node.ts'
import { zarrDataset } from '../zarr/zarr-dataset.ts'
import { chunkObjects } from './chunk-objects.ts'
import { diffOf } from './diff.ts'
import { ancestry, MAX_VERSIONS, withRefs } from './history.ts'
import { Manifests } from './manifests.ts'
import { listedRefs, openRepository, type Repository } from './repository.ts'
import { readSnapshot, type Snapshot } from './snapshot.ts'
import { VirtualChunks } from './virtual-chunks.ts'

/** Version 1 keeps parents in snapshots: so many ancestors are read for a description. */
const VERSION_1_ANCESTORS = 3

export const icechunk: Format = {
  id: 'icechunk',
  async recognises(probe) {
    if (!mayBeFolder(probe)) return false
    const names = await rootNames(probe)
    if (names?.has('repo') === false && !names.has('refs/')) return false
    return (
      (names?.has('repo') !== false && (await probe.has('repo'))) || probe.has('refs/branch.main/ref.json')
    )
  },
  open: (objects, probe, options) => openIcechunk(objects, probe, options),
}

async function openIcechunk(objects: Objects, probe: Probe, options: OpenOptions): Promise<ArrayDataset> {
  const counted = counting(objects)
  const repository = await openRepository(counted.objects, options, (await rootNames(probe))?.has('repo'))
  const snapshot = await readSnapshot(counted.objects, await repository.snapshotOf(options.pin), options)
  const { versions, warnings } = await versionsOf(counted.objects, repository, snapshot, options)
  const manifests = new Manifests(objects)
  const virtual = new VirtualChunks(new ReferredObjects(options.resolve), repository.containers)
  const dataset = zarrDataset(
    hierarchyOf(snapshot),
    chunkObjects(objects, snapshot, manifests, virtual),
    {
      format: 'icechunk',
      formatVersion: String(repository.specification),
      warnings: [...repository.warnings, ...warnings],
      versions,
    },
    counted.cost(),
  )
  return {
    ...dataset,
    diff: (from, to, readOptions = {}) => diffOf(objects, repository, manifests, { from, to }, readOptions),
  }
}

interface Versions {
  readonly versions: readonly StoreVersion[]
  readonly warnings: readonly string[]
}

/**
 * The pinned snapshot, its ancestors and what other branches and tags point at. Of a snapshot that is pinned by its id
 * nothing is said that a later commit could change: neither branches nor tags.
 */
async function versionsOf(
  objects: Objects,
  repository: Repository,
  snapshot: Snapshot,
  options: OpenOptions,
): Promise<Versions> {
  const versions: StoreVersion[] = []
  const most = repository.specification === 1 ? VERSION_1_ANCESTORS : MAX_VERSIONS
  for await (const { version } of ancestry(objects, repository, snapshot, options)) {
    versions.push(version)
    if (versions.length === most) break
  }
  const older = versions.at(-1)?.parent
  const warnings =
    older === undefined
      ? []
      : [`its history goes further back than ${versions.length} versions: pin snapshot:${older} to see it`]
  if (options.pin?.startsWith('snapshot:')) return { versions, warnings }
  const { refs, others } = await listedRefs(objects, repository, options)
  if (others.length > 0) warnings.push(`not looked up: ${others.slice(0, 100).join(', ')}`)
  const known = new Set(versions.map(({ id }) => id))
  const pointedAt = [...new Set(refs.values())]
    .filter(id => !known.has(id))
    .map(id => repository.commits?.get(id)?.version ?? { id })
  const all = [...versions, ...pointedAt].sort((a, b) =>
    (b.committedAt ?? '').localeCompare(a.committedAt ?? ''),
  )
  return { versions: withRefs(all.slice(0, MAX_VERSIONS), refs), warnings }
}

function hierarchyOf({ id, nodes }: Snapshot): Hierarchy {
  return {
    zarrFormat: 3,
    consolidated: true,
    warnings: [],
    nodes: nodes.map(({ path, kind, document }): Node => {
      const parsed = parseObject(document, `${path}/zarr.json`)
      if (parsed.node_type !== kind)
        throw new ReaderError(
          'Corrupt',
          `snapshot ${id}: '${path}' is a ${kind}, its metadata says ${JSON.stringify(parsed.node_type)}`,
        )
      const attributes = parsed.attributes
      return {
        path,
        kind,
        zarrFormat: 3,
        // Icechunk keeps chunks by their place; under which key Zarr would have written them does not matter.
        document: kind === 'array' ? { ...parsed, chunk_key_encoding: { name: 'default' } } : parsed,
        attributes:
          typeof attributes === 'object' && attributes !== null ? (attributes as Node['attributes']) : {},
      }
    }),
  }
}
