import type { ArrayMetadata } from '../formats/zarr/array-metadata.ts'
import { discover } from '../formats/zarr/discover.ts'
import { parseArrayV2 } from '../formats/zarr/metadata-v2.ts'
import { parseArrayV3 } from '../formats/zarr/metadata-v3.ts'
import { childPath, type Hierarchy, type Node } from '../formats/zarr/node.ts'
import type { Objects } from '../objects.ts'
import {
  type Comparison,
  type Evidence,
  type Method,
  plural,
  type State,
  spread,
  withinParts,
} from './comparison.ts'
import { comparePairs, evidenceOf } from './prints.ts'

export interface ZarrState extends State {
  readonly objects: Objects
  readonly hierarchy: Hierarchy
  readonly nodes: ReadonlyMap<string, Node>
}

/** Zarr: the metadata of every group and array, and chunks spread over the arrays. */
export const zarrStore: Method<ZarrState> = {
  id: 'zarr-chunks',
  async open({ objects, options }) {
    const hierarchy = await discover(objects, options)
    const arrays = hierarchy.nodes.filter(({ kind }) => kind === 'array')
    return {
      objects,
      hierarchy,
      nodes: new Map(hierarchy.nodes.map(node => [node.path, node])),
      label: plural(arrays.length, 'array'),
    }
  },
  async compare(reference, copy, options): Promise<Comparison> {
    const found = differences(reference, copy)
    const evidence: Evidence[] = [
      {
        what: 'metadata',
        agrees: found.notes.length === 0,
        note:
          found.notes.slice(0, 4).join('; ') || `${plural(reference.nodes.size, 'document')}, all the same`,
      },
    ]
    if (found.structure) return { result: 'different', summary: evidence[0]!.note, evidence }
    if (reference.hierarchy.recordSize !== undefined)
      return { result: 'incomparable', summary: 'its chunks lie elsewhere: compare those', evidence }
    const { paths, total } = chunkPaths(reference, copy, options.samples)
    const copies = [reference.objects, copy.objects] as const
    const seen = await comparePairs(copies, paths, options.samples === Number.POSITIVE_INFINITY, options)
    evidence.push(evidenceOf('chunks', total, seen))
    return { ...verdict(found, seen, evidence[0]!.note), evidence }
  },
}

function verdict(
  { grown, shrunk, attributes }: Differences,
  seen: Awaited<ReturnType<typeof comparePairs>>,
  metadata: string,
): Pick<Comparison, 'result' | 'summary'> {
  const { differing, missingInCopy, missingInReference } = seen
  if (differing.length > 0) return { result: 'different', summary: 'chunks differ' }
  if (grown && shrunk) return { result: 'different', summary: metadata }
  if (shrunk || (missingInCopy.length > 0 && !grown))
    return {
      result: missingInReference.length > 0 ? 'different' : 'behind',
      summary: shrunk
        ? metadata
        : `${missingInCopy.length} of ${seen.checked} chunks that were looked at are not there yet`,
    }
  if (grown || missingInReference.length > 0)
    return {
      result: missingInCopy.length > 0 ? 'different' : 'ahead',
      summary: grown ? metadata : `it has ${missingInReference.length} chunks that the original lacks`,
    }
  const unread = seen.checked === 0 && seen.absent > 0
  if (attributes)
    return {
      result: 'different',
      summary: unread ? metadata : `the chunks agree, the metadata does not: ${metadata}`,
    }
  if (unread) return { result: 'incomparable', summary: 'no chunk that was looked at could be read' }
  return {
    result: 'identical',
    summary: 'the same metadata, and the same chunks as far as they were looked at',
  }
}

interface Differences {
  readonly notes: readonly string[]
  /** Arrays are missing, or are of another kind: chunks cannot be compared. */
  readonly structure: boolean
  readonly attributes: boolean
  /** Arrays of the copy are longer, or shorter, along a dimension. */
  readonly grown: boolean
  readonly shrunk: boolean
}

function differences(reference: ZarrState, copy: ZarrState): Differences {
  const notes: string[] = []
  let [structure, attributes, grown, shrunk] = [false, false, false, false]
  const name = (path: string) => path || 'the root'
  for (const [path, node] of reference.nodes) {
    const other = copy.nodes.get(path)
    if (other === undefined || other.kind !== node.kind || other.zarrFormat !== node.zarrFormat) {
      structure = true
      notes.push(other ? `${name(path)} is of another kind` : `it lacks ${name(path)}`)
      continue
    }
    const [shape, theirs] = [shapeOf(node), shapeOf(other)]
    if (
      canonical(without(node, 'shape')) !== canonical(without(other, 'shape')) ||
      shape.length !== theirs.length
    ) {
      structure = true
      notes.push(`the metadata of ${name(path)} differs`)
      continue
    }
    if (canonical(shape) !== canonical(theirs)) {
      grown ||= theirs.some((length, axis) => length > shape[axis]!)
      shrunk ||= theirs.some((length, axis) => length < shape[axis]!)
      notes.push(`${name(path)} is ${theirs.join(' × ')}, the original ${shape.join(' × ')}`)
    }
    if (canonical(node.attributes) !== canonical(other.attributes)) {
      attributes = true
      notes.push(`attributes of ${name(path)} differ`)
    }
  }
  for (const path of copy.nodes.keys())
    if (!reference.nodes.has(path)) {
      structure = true
      notes.push(`it also has ${name(path)}`)
    }
  return { notes, structure, attributes, grown, shrunk }
}

function shapeOf({ document }: Node): readonly number[] {
  return Array.isArray(document.shape) ? document.shape.map(Number) : []
}

/** Of v3 documents attributes are a member too, which are compared apart, and so is what only gathers others' metadata. */
function without({ document }: Node, field: string): object {
  const { attributes: _, consolidated_metadata: __, [field]: ___, ...rest } = document
  return rest
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member) =>
    member !== null && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )
}

interface Grid {
  readonly path: string
  readonly counts: readonly number[]
  readonly total: number
  readonly keyOf: ArrayMetadata['keyOf']
}

function chunkPaths(
  reference: ZarrState,
  copy: ZarrState,
  samples: number,
): { paths: string[]; total: number } {
  const grids = [...reference.nodes.values()].flatMap(node => gridOf(node, copy.nodes.get(node.path)!) ?? [])
  const total = grids.reduce((sum, grid) => sum + grid.total, 0)
  if (samples === Number.POSITIVE_INFINITY) withinParts(total, 'chunks')
  const share = Math.max(1, Math.floor(samples / Math.max(1, grids.length)))
  const paths = grids
    .sort((a, b) => b.total - a.total)
    .slice(0, samples)
    .flatMap(({ path, counts, total, keyOf }) =>
      spread(total, share).map(at => childPath(path, keyOf(placeAt(at, counts)))),
    )
  return { paths, total }
}

/** The chunks that both have whole. Where one array is longer, the last of the other's may be filled up since. */
function gridOf(node: Node, other: Node): Grid | undefined {
  if (node.kind !== 'array') return undefined
  const { shape, chunkShape, keyOf } =
    node.zarrFormat === 2
      ? parseArrayV2(node.document, node.attributes, node.path)
      : parseArrayV3(node.document, node.path)
  const theirs = shapeOf(other)
  const counts = shape.map((length, axis) => {
    const chunk = Math.max(1, chunkShape[axis]!)
    return length === theirs[axis]
      ? Math.ceil(length / chunk)
      : Math.floor(Math.min(length, theirs[axis]!) / chunk)
  })
  const total = counts.reduce((product, count) => product * count, 1)
  return total === 0 ? undefined : { path: node.path, counts, total, keyOf }
}

function placeAt(index: number, counts: readonly number[]): number[] {
  let rest = index
  const place: number[] = []
  for (let axis = counts.length - 1; axis >= 0; axis--) {
    place.unshift(rest % counts[axis]!)
    rest = Math.floor(rest / counts[axis]!)
  }
  return place
}
