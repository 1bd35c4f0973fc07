import type { Dimension, Variable } from '../../model.ts'
import { conventionalFields, defined, namedCoordinates } from '../arrays/attributes.ts'
import type { ArrayMetadata } from './array-metadata.ts'
import type { DataType } from './data-type.ts'
import type { JsonObject } from './json.ts'
import { multiscalesOf } from './multiscales.ts'
import type { Node } from './node.ts'

/** An array as its documents could be read. */
export interface Described {
  readonly name: string
  readonly node: Node
  readonly metadata: ArrayMetadata
}

/** Dimensions and variables of a hierarchy. */
export function modelOf(
  arrays: readonly Described[],
  groups: readonly Node[],
): { dimensions: Dimension[]; variables: Variable[] } {
  const scales = groups.flatMap(group => multiscalesOf(group.path, group.attributes))
  const axes = new Map(scales.flatMap(scale => scale.paths.map(path => [path, scale.axes] as const)))
  const nameOf = new Map(arrays.map(({ name, node }) => [node.path, name]))
  const coarser = new Map(
    scales.map(
      ({ paths: [finest = '', ...rest] }) => [finest, rest.flatMap(path => nameOf.get(path) ?? [])] as const,
    ),
  )
  const named = namedCoordinates(
    [...groups, ...arrays.map(({ node }) => node)].map(({ attributes }) => attributes),
  )
  const dimensions = new Map<string, number>()
  const variables = arrays.map(({ name, node, metadata }): Variable => {
    const own = dimensionsOf(name, metadata, axes.get(node.path), dimensions)
    const { _ARRAY_DIMENSIONS, ...attributes } = node.attributes
    const base = lastPart(name)
    const levels = coarser.get(node.path) ?? []
    return {
      name,
      dtype: metadata.pipeline.type.name,
      shape: metadata.shape,
      dimensions: own,
      chunks: metadata.shards?.innerShape ?? metadata.chunkShape,
      codecs: metadata.codecNames,
      ...conventionalFields(metadata.pipeline.type.name, attributes),
      ...defined({ fill: fillLabelOf(metadata, attributes) }),
      ...(levels.length > 0 ? { coarser: levels } : {}),
      ...((own.length === 1 && lastPart(own[0]!) === base) || named.has(base) ? { coordinate: true } : {}),
      attributes,
    }
  })
  return { dimensions: Array.from(dimensions, ([name, size]) => ({ name, size })), variables }
}

/** Names are the dataset's: where another size bears one already, the group's or the variable's path goes before it. */
function dimensionsOf(
  variable: string,
  { shape, dimensionNames }: ArrayMetadata,
  axes: readonly string[] | undefined,
  dimensions: Map<string, number>,
): string[] {
  const group = variable.slice(0, Math.max(0, variable.lastIndexOf('/')))
  const given = dimensionNames ?? (axes?.length === shape.length ? axes : [])
  const used = new Set<string>()
  return shape.map((size, axis) => {
    const name = given[axis] ?? `dim_${axis}`
    const candidates = [
      name,
      ...(group === '' ? [] : [`${group}/${name}`]),
      `${variable}/${name}`,
      `${variable}/dim_${axis}`,
    ]
    const chosen = candidates.find(
      candidate => !used.has(candidate) && (dimensions.get(candidate) ?? size) === size,
    )!
    used.add(chosen)
    dimensions.set(chosen, size)
    return chosen
  })
}

/**
 * What marks missing values: in v2 the fill value itself, as xarray takes it; in v3 only a `_FillValue` attribute, which
 * xarray writes for numbers as base64 of their bytes.
 */
function fillLabelOf(metadata: ArrayMetadata, attributes: JsonObject): Variable['fill'] {
  const own = attributes._FillValue
  if (metadata.zarrFormat === 2) return own === undefined ? (metadata.fillLabel ?? undefined) : undefined
  return typeof own === 'string' ? packedNumber(own, metadata.pipeline.type) : undefined
}

function packedNumber(text: string, type: DataType): number | string | undefined {
  if (!/^[A-Za-z0-9+/]{11}=$/.test(text) || (type.kind !== 'number' && type.kind !== 'half')) return undefined
  const bytes = Buffer.from(text, 'base64')
  if (/int/.test(type.name)) return undefined
  const value = bytes.readDoubleLE(0)
  return Number.isFinite(value) ? value : String(value)
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
