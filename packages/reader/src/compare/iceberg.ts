import { ReaderError } from '../errors.ts'
import type { Probe } from '../format.ts'
import { type DataFile, filesOf, manifestsOf } from '../formats/iceberg/manifests.ts'
import { pinned, type Snapshot, type TableMetadata, tableMetadataOf } from '../formats/iceberg/metadata.ts'
import { metadataPath, metadataText, Places } from '../formats/iceberg/places.ts'
import type { Objects, ReadOptions } from '../objects.ts'
import {
  type CompareOptions,
  type Evidence,
  type Method,
  type State,
  spread,
  withinParts,
} from './comparison.ts'
import { comparisonOf, type Moment, standingOf } from './history.ts'
import { comparePairs, evidenceOf } from './prints.ts'

export interface IcebergState extends State {
  readonly objects: Objects
  readonly metadata: TableMetadata
  readonly places: Places
  readonly snapshot: Snapshot | undefined
}

/** All that is kept of a file: its statistics would hold whole manifests in memory. */
type Named = Pick<DataFile, 'path' | 'size'>

const MOST_MANIFESTS = 16

/** Iceberg tables: snapshot ids, then the files that live in the snapshot, by name and size, and some of their bytes. */
export function icebergTable(probe: Probe): Method<IcebergState> {
  return {
    id: 'iceberg-snapshot',
    async open({ objects, pin, options }) {
      const path = probe.head === undefined ? await metadataPath(probe) : undefined
      if (path === undefined)
        throw new ReaderError(
          'Unsupported',
          `'${objects.name}' is one metadata file: give the location of the table's folder`,
        )
      const metadata = tableMetadataOf(await metadataText(objects, path, options))
      const { snapshot } = pinned(metadata, pin)
      // A copy that still points at the original's files is none: nothing outside its own folder is followed.
      const places = new Places(objects, metadata.location, undefined)
      return {
        objects,
        metadata,
        places,
        snapshot,
        label: snapshot ? `snapshot ${snapshot.id}` : 'no snapshot',
      }
    },
    async compare(reference, copy, options) {
      const standing = await standingOf(history(reference), history(copy), Number.POSITIVE_INFINITY)
      if (standing.kind === 'parted' || standing.kind === 'strangers') return comparisonOf(standing, [])
      const shared = standing.kind === 'ahead' ? reference.snapshot : copy.snapshot
      return comparisonOf(standing, shared ? await contents(reference, copy, shared.id, options) : [])
    },
  }
}

function* history({ metadata, snapshot }: IcebergState): Generator<Moment> {
  const seen = new Set<string>()
  for (
    let at = snapshot;
    at !== undefined && !seen.has(at.id);
    at = metadata.snapshots.get(at.parent ?? '')
  ) {
    seen.add(at.id)
    yield { id: at.id, ...(at.committed > 0 && { committedAt: new Date(at.committed).toISOString() }) }
  }
}

async function contents(
  reference: IcebergState,
  copy: IcebergState,
  id: string,
  options: CompareOptions,
): Promise<Evidence[]> {
  const [ours, theirs] = await Promise.all([
    livingFiles(reference, id, options),
    livingFiles(copy, id, options),
  ])
  const [a, b] = [byName(reference, ours.files), byName(copy, theirs.files)]
  const differing = [...a].filter(([name, { size }]) => b.get(name)?.size !== size).map(([name]) => name)
  const added = [...b.keys()].filter(name => !a.has(name))
  const agrees = differing.length + added.length === 0
  const listed: Evidence = {
    what: 'manifests',
    agrees,
    note: agrees
      ? `${ours.looked} of ${ours.total} looked at: ${a.size} files, the same names and sizes`
      : `other files: ${[...differing, ...added].slice(0, 3).join(', ')}`,
  }
  if (!agrees) return [listed]
  const names = [...a.keys()]
  const chosen = spread(names.length, options.samples).map(at => names[at]!)
  const full = options.samples === Number.POSITIVE_INFINITY
  const seen = await comparePairs([reference.objects, copy.objects], chosen, full, {
    ...options,
    mustExist: true,
  })
  return [listed, evidenceOf('data files', names.length, seen)]
}

async function livingFiles(
  { places, metadata }: IcebergState,
  id: string,
  options: ReadOptions & CompareOptions,
) {
  const manifests = await manifestsOf(places, metadata.snapshots.get(id)!, options)
  const most = options.samples === Number.POSITIVE_INFINITY ? manifests.length : MOST_MANIFESTS
  const looked = manifests.slice(0, most)
  const files: Named[] = []
  for (const manifest of looked)
    for (const { path, size } of await filesOf(places, manifest, options)) {
      files.push({ path, size })
      withinParts(files.length, 'files')
    }
  return { files, looked: looked.length, total: manifests.length }
}

/** By the path below the table's own folder. @throws {ReaderError} `Unsupported` where a file lies outside */
function byName({ places, objects }: IcebergState, files: readonly Named[]): ReadonlyMap<string, Named> {
  return new Map(
    files.map(file => {
      const name = places.relative(file.path)
      if (name === undefined)
        throw new ReaderError(
          'Unsupported',
          `'${objects.name}' keeps '${file.path}' outside its own folder: it holds no data of its own`,
        )
      return [name, file]
    }),
  )
}
