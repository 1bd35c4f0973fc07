import type { ArrayModel, Description, Variable } from '../../model.ts'
import { type Attributes, conventionalFields, namedCoordinates } from '../arrays/attributes.ts'
import { type NamedDataset, nameDimensions } from './dimensions.ts'
import { filterName, unreadable } from './filters.ts'
import type { Inspection } from './inspect.ts'

/** A variable with how it is stored. */
export interface StoredVariable extends NamedDataset {
  readonly name: string
  /** Length of the strings that characters along the last dimension are joined to. */
  readonly stringLength?: number
}

export interface StoredModel {
  readonly format: 'netcdf4' | 'hdf5'
  readonly variables: ReadonlyMap<string, StoredVariable>
  readonly description: Pick<Description, 'array' | 'attributes' | 'codecs' | 'warnings'>
}

/** What NetCDF-4 keeps in attributes for itself. */
const OF_NETCDF = new Set([
  'CLASS',
  'NAME',
  '_Netcdf4Dimid',
  '_Netcdf4Coordinates',
  '_nc3_strict',
  '_NCProperties',
])
const MAX_STRING = 64 * 1024

export function storedModel(inspection: Inspection): StoredModel {
  const netcdf =
    '_NCProperties' in inspection.attributes || inspection.datasets.some(({ scale }) => scale)
      ? 'netcdf4'
      : 'hdf5'
  const named = nameDimensions(inspection)
  const variables = named.datasets.map((dataset): StoredVariable => {
    const length = dataset.dataset.shape.at(-1)
    const joined =
      netcdf === 'netcdf4' && dataset.dataset.character && length !== undefined && length <= MAX_STRING
    return { ...dataset, name: dataset.dataset.path, ...(joined && length > 0 && { stringLength: length }) }
  })
  const used = new Set(variables.flatMap(dimensionsOf))
  const lengths = new Set(variables.flatMap(({ dimensions }) => dimensions).filter(name => !used.has(name)))
  const array: ArrayModel = {
    dimensions: named.dimensions.filter(({ name }) => !lengths.has(name)),
    variables: describeVariables(variables),
  }
  return {
    format: netcdf,
    variables: new Map(variables.map(variable => [variable.name, variable])),
    description: {
      array,
      attributes: {
        ...shown(inspection.attributes),
        ...Object.fromEntries(
          inspection.groups
            .filter(({ attributes }) => Object.keys(attributes).length > 0)
            .map(({ path, attributes }) => [`${path}/`, shown(attributes)]),
        ),
      },
      codecs: [...new Set(array.variables.flatMap(({ codecs }) => codecs ?? []))],
      warnings: [...inspection.warnings, ...variables.flatMap(unreadableBecause)],
    },
  }
}

/** Those that a selection ranges over. */
export function dimensionsOf({ dimensions, stringLength }: StoredVariable): readonly string[] {
  return stringLength === undefined ? dimensions : dimensions.slice(0, -1)
}

export function shapeOf({ shape, stringLength }: StoredVariable): readonly number[] {
  return stringLength === undefined ? shape : shape.slice(0, -1)
}

/** Why its values cannot be read here, if they cannot. */
export function unreadableBecause({ name, dataset }: StoredVariable): string[] {
  const filters = unreadable(dataset.filters)
  if (filters.length > 0)
    return [`'${name}' is compressed with ${filters.map(filterName).join(', ')}, which is not read here`]
  if (dataset.type.kind === undefined)
    return [`'${name}' has elements of type ${dataset.type.dtype}, which are not read here`]
  return dataset.elsewhere ? [`'${name}' is virtual: its values lie in other files, which are not read`] : []
}

function describeVariables(variables: readonly StoredVariable[]): Variable[] {
  const coordinates = namedCoordinates(variables.map(({ dataset }) => dataset.attributes))
  return variables.map(variable => {
    const { name, dataset } = variable
    const dimensions = dimensionsOf(variable)
    const lastPart = name.slice(name.lastIndexOf('/') + 1)
    const coordinate = (dimensions.length === 1 && dimensions[0] === name) || coordinates.has(lastPart)
    const chunks = variable.stringLength === undefined ? dataset.chunks : dataset.chunks?.slice(0, -1)
    return {
      name,
      dtype: dataset.type.dtype,
      shape: shapeOf(variable),
      dimensions,
      ...(chunks && { chunks }),
      ...(dataset.filters.length > 0 && { codecs: dataset.filters.map(filterName) }),
      ...conventionalFields(dataset.type.dtype, dataset.attributes),
      ...(coordinate && { coordinate }),
      attributes: shown(dataset.attributes),
    }
  })
}

function shown(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !OF_NETCDF.has(name)))
}
