import type { Dimension } from '../../model.ts'
import type { InspectedDataset, Inspection } from './inspect.ts'

/** A dataset with the names of its dimensions, seen as NetCDF or HDF5 shows it. */
export interface NamedDataset {
  readonly dataset: InspectedDataset
  /** Paths of the dimension scales; where there are none, `phony_dim_N` as the NetCDF library names them. */
  readonly dimensions: readonly string[]
  /** By the dimensions: more than is stored where a record dimension has grown since. */
  readonly shape: readonly number[]
}

export interface Named {
  readonly dimensions: readonly Dimension[]
  readonly datasets: readonly NamedDataset[]
}

/** Scales that only give a dimension its length (netCDF-4 file format specification, "Dimensions without variables"). */
const NO_VARIABLE = 'This is a netCDF dimension but not a netCDF variable'

/** Names the dimensions of all datasets and leaves out those that are no variables. */
export function nameDimensions({ datasets }: Inspection): Named {
  const sizes = new Map<string, number>()
  const byId = new Map<unknown, string>()
  const scales = datasets.filter(({ scale, shape }) => scale && shape.length > 0)
  for (const { path, shape, attributes } of scales) {
    sizes.set(path, shape[0]!)
    if (attributes._Netcdf4Dimid !== undefined) byId.set(attributes._Netcdf4Dimid, path)
  }
  const phony = new Map<string, string>()

  function namesOf(dataset: InspectedDataset): string[] {
    const { path, shape, attributes, scale } = dataset
    const ids = [attributes._Netcdf4Coordinates ?? []].flat()
    const known = ids.map(id => byId.get(id))
    if (ids.length === shape.length && known.every(name => name !== undefined)) return known
    return shape.map((size, axis) => {
      if (scale && axis === 0) return path
      const attached = dataset.scales[axis]
        ?.map(name => name.replace(/^\//, ''))
        .find(name => sizes.has(name))
      return attached ?? phonyName(path, size, shape.slice(0, axis).filter(before => before === size).length)
    })
  }

  /** One for each length in a group, and another for each time it comes again in one dataset. */
  function phonyName(path: string, size: number, again: number): string {
    const group = path.slice(0, path.lastIndexOf('/') + 1)
    const key = `${group}:${size}:${again}`
    const name = phony.get(key) ?? `${group}phony_dim_${phony.size}`
    phony.set(key, name)
    sizes.set(name, size)
    return name
  }

  const named = datasets.map(dataset => ({ dataset, dimensions: namesOf(dataset) }))
  for (const { dataset, dimensions } of named)
    dimensions.forEach((name, axis) => {
      sizes.set(name, Math.max(sizes.get(name) ?? 0, dataset.shape[axis]!))
    })
  return {
    dimensions: [...sizes].map(([name, size]) => ({ name, size })),
    datasets: named
      .filter(({ dataset }) => !(dataset.scale && String(dataset.attributes.NAME).startsWith(NO_VARIABLE)))
      .map(({ dataset, dimensions }) => ({
        dataset,
        dimensions,
        shape: dimensions.map(name => sizes.get(name)!),
      })),
  }
}
