import type { LexMap, TypedLexMap } from '@atproto/lex'
import { boundedModel, MOST_RECORD_BYTES } from '@frost/catalogs/model-size'
import { definition } from '@frost/lexicon'
import type { Column, Description, Variable } from '@frost/reader'

/** What a dataset's own bytes say of it, as the fields of an entry. */
export interface Described {
  readonly models: readonly LexMap[]
  readonly coverage?: LexMap
  /** Fields of the distribution that was read. */
  readonly distribution: LexMap
  /** Titles and the like that global attributes hold, by the names of ACDD and CF. */
  readonly title?: string
  readonly description?: string
}

const MOST_PARTS = 2000
const MOST_ATTRIBUTES = 16
/** Attributes that have fields of their own. */
const KNOWN = new Set([
  'units',
  'standard_name',
  'long_name',
  'calendar',
  'cell_methods',
  '_FillValue',
  'missing_value',
  'scale_factor',
  'add_offset',
  '_ARRAY_DIMENSIONS',
  'coordinates',
  'DIMENSION_LIST',
  'REFERENCE_LIST',
  'CLASS',
  'NAME',
  '_Netcdf4Dimid',
  '_Netcdf4Coordinates',
])

/** Words of a distribution's `format` (the lexicon's `distribution`) for those of a reader, where they are not the same. */
const LEXICON_FORMATS: Readonly<Record<string, string>> = { netcdf3: 'netcdf', netcdf4: 'netcdf' }

/** Turns a description into fields of a record; nothing is invented: what the bytes do not say is absent. */
export function describedFields(description: Description): Described {
  const { array, table, attributes } = description
  const models = [
    ...(array && array.variables.length > 0 ? [arrayModel(description)] : []),
    ...(table && table.columns.length > 0 ? [tableModel(description)] : []),
  ]
  const coverage = coverageOf(description)
  const title = textOf(attributes.title, 300)
  const summary = textOf(attributes.summary ?? attributes.description ?? attributes.comment, 5000)
  return {
    models: models.map(model => boundedModel(model as never, undefined, MOST_RECORD_BYTES) as LexMap),
    ...(coverage && { coverage }),
    distribution: {
      format: LEXICON_FORMATS[description.format] ?? description.format,
      ...(description.size !== undefined && { contentSize: String(description.size) }),
    },
    ...(title && { title }),
    ...(summary && { description: summary }),
  }
}

/** A record with what its data says of itself, wherever its owner said nothing. */
export function withDescribed(entry: TypedLexMap, described: Described): TypedLexMap {
  const { models, coverage, distribution, title, description } = described
  const [first, ...rest] = (Array.isArray(entry.distributions) ? entry.distributions : []) as LexMap[]
  return {
    ...(title && { title }),
    ...(description && { description }),
    ...(models.length > 0 && { models: models as never }),
    ...entry,
    ...(first && { distributions: [{ ...distribution, ...first }, ...rest] as never }),
    ...(coverage && {
      coverage: { ...coverage, ...((entry.coverage as LexMap | undefined) ?? {}) } as never,
    }),
  } as TypedLexMap
}

function arrayModel({ array, attributes }: Description): LexMap {
  const { dimensions, variables } = array!
  const conventions = textOf(attributes.Conventions, 256)
  const named = new Map<string, LexMap>()
  for (const { name, size } of dimensions) {
    const { group, leaf } = splitName(name)
    named.set(name, { name: leaf, size, ...(group && { group }) })
  }
  return {
    $type: definition('arrayModel'),
    ...(conventions && { conventions }),
    dims: [...named.values()].slice(0, 64) as never,
    variables: variables.slice(0, MOST_PARTS).map(variableFields) as never,
    variableCount: variables.length,
    ...(variables.length > MOST_PARTS && { truncated: true }),
  }
}

function variableFields(variable: Variable): LexMap {
  const { group, leaf } = splitName(variable.name)
  const { attributes, chunks, fill, scale, offset } = variable
  const others = Object.entries(attributes).filter(([name]) => !KNOWN.has(name))
  return pruned({
    name: leaf,
    group,
    role: variable.coordinate ? 'coordinate' : 'data',
    dtype: variable.dtype,
    dims: variable.dimensions.map(name => ({ name: splitName(name).leaf })),
    shape: variable.shape,
    chunks: chunks?.every(size => Number.isSafeInteger(size)) ? chunks : undefined,
    longName: cut(variable.longName, 1000),
    standardName: cut(variable.standardName, 256),
    units: cut(variable.units, 128),
    calendar: textOf(attributes.calendar, 64),
    cellMethods: textOf(attributes.cell_methods, 512),
    fillValue: fill === undefined || fill === null ? undefined : cut(String(fill), 128),
    scaleFactor: scale === undefined || scale === 1 ? undefined : decimal(scale),
    addOffset: offset === undefined || offset === 0 ? undefined : decimal(offset),
    attributes:
      others.length === 0
        ? undefined
        : others.slice(0, MOST_ATTRIBUTES).map(([name, value]) => ({
            name: name.slice(0, 128),
            value: cut(typeof value === 'string' ? value : JSON.stringify(value), 1000),
          })),
  })
}

function tableModel({ table }: Description): LexMap {
  const { columns, rows, partitions } = table!
  return pruned({
    $type: definition('tableModel'),
    columns: columns.slice(0, MOST_PARTS).map(columnFields),
    columnCount: columns.length,
    rowCount: rows === undefined ? undefined : String(rows),
    partitionedBy: partitions && partitions.length > 0 ? partitions.map(name => ({ name })) : undefined,
    truncated: columns.length > MOST_PARTS ? true : undefined,
  })
}

function columnFields({ name, type, nullable }: Column): LexMap {
  return pruned({ name: name.slice(0, 256), type: cut(type, 128), nullable })
}

function coverageOf({ coverage: { space, time } }: Description): LexMap | undefined {
  if (!space && !time) return undefined
  return pruned({
    spatial: space && [
      {
        bbox: {
          west: decimal(space.west),
          south: decimal(space.south),
          east: decimal(space.east),
          north: decimal(space.north),
        },
      },
    ],
    temporal: time && [{ start: time.start, end: time.end }],
    temporalResolution: time?.resolution,
  })
}

/** Degrees and factors as decimal strings, without the noise of binary fractions of single precision. */
function decimal(value: number): string {
  const short = Number(value.toPrecision(7))
  const exact = Math.abs(short - value) <= Math.abs(value) * 1e-7 ? short : value
  return exact.toLocaleString('en', { useGrouping: false, maximumSignificantDigits: 17 })
}

function splitName(name: string): { group: string | undefined; leaf: string } {
  const slash = name.lastIndexOf('/')
  return slash <= 0
    ? { group: undefined, leaf: name.slice(slash + 1).slice(0, 256) }
    : { group: name.slice(0, slash), leaf: name.slice(slash + 1) }
}

function textOf(value: unknown, most: number): string | undefined {
  return typeof value === 'string' && value.trim() ? cut(value.trim(), most) : undefined
}

function cut<Text extends string | undefined>(text: Text, most: number): Text {
  return (text !== undefined && text.length > most ? text.slice(0, most) : text) as Text
}

function pruned(fields: Record<string, unknown>): LexMap {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as LexMap
}
