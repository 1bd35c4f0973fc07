/** OME-Zarr (NGFF 0.4 in Zarr v2, 0.5 in v3): one image at several resolutions, finest first. */
import { isObject, type JsonObject } from './json.ts'
import { childPath } from './node.ts'

export interface Multiscale {
  /** Arrays, finest first. */
  readonly paths: readonly string[]
  /** Names of the dimensions, where the version says them. */
  readonly axes: readonly string[]
}

const MAX_LEVELS = 32

function omeOf(attributes: JsonObject): JsonObject {
  return isObject(attributes.ome) ? attributes.ome : attributes
}

/** The images of a group. */
export function multiscalesOf(group: string, attributes: JsonObject): readonly Multiscale[] {
  const { multiscales } = omeOf(attributes)
  if (!Array.isArray(multiscales)) return []
  return multiscales.filter(isObject).map(({ datasets, axes }) => ({
    paths: (Array.isArray(datasets) ? datasets : [])
      .slice(0, MAX_LEVELS)
      .flatMap(dataset => (isObject(dataset) && typeof dataset.path === 'string' ? [dataset.path] : []))
      .map(path => childPath(group, path)),
    axes: (Array.isArray(axes) ? axes : []).flatMap(axis =>
      typeof axis === 'string' ? [axis] : isObject(axis) && typeof axis.name === 'string' ? [axis.name] : [],
    ),
  }))
}

/** Children that a group's own attributes name: where a store cannot list, all that can be known of them. */
export function namedChildren(group: string, attributes: JsonObject): readonly string[] {
  const ome = omeOf(attributes)
  const names = (value: unknown): string[] =>
    (Array.isArray(value) ? value : []).flatMap(entry =>
      typeof entry === 'string'
        ? [entry]
        : isObject(entry) && typeof entry.path === 'string'
          ? [entry.path]
          : [],
    )
  const well = isObject(ome.well) ? names(ome.well.images) : []
  const plate = isObject(ome.plate) ? names(ome.plate.wells) : []
  return [
    ...multiscalesOf(group, attributes).flatMap(({ paths }) => paths),
    ...[
      ...names(ome.labels),
      ...well,
      ...plate,
      ...(ome['bioformats2raw.layout'] === undefined ? [] : ['0']),
    ].map(name => childPath(group, name)),
  ]
}
