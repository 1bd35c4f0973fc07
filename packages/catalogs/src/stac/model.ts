/** Bands, cube variables and table columns of a STAC Collection as data models. */
import { decimal } from '../decimal.ts'
import { Fields } from '../fields.ts'
import { table } from '../table.ts'
import { cleanMarkdown, cut, decodeEntities, plainText } from '../text.ts'

const MOST_VARIABLES = 2000
const MOST_FLAGS = 64

/** What a collection tells of its data; taken from `collection` and `summaries`, whose rest stays there. */
export function modelsOf(collection: Fields, summaries: Fields): Record<string, unknown>[] {
  const models: Record<string, unknown>[] = []
  const bands = [
    ...summaries.objects('eo:bands'),
    ...summaries.objects('raster:bands'),
    ...summaries.objects('bands'),
    ...collection.objects('bands'),
  ]
  const cube = cubeModel(collection)
  if (cube) models.push(cube)
  else if (bands.length > 0) {
    models.push({
      $type: 'array',
      variables: bands
        .slice(0, MOST_VARIABLES)
        .flatMap((band, index) => bandVariable(band, index, summaries) ?? []),
      variableCount: bands.length > MOST_VARIABLES ? bands.length : undefined,
      truncated: bands.length > MOST_VARIABLES ? true : undefined,
    })
  }
  const isTable = collection.peek('gee:type') === 'table'
  const schema = summaries.objects('gee:schema')
  const columns = [...collection.objects('table:columns'), ...schema]
  if (columns.length > 0) {
    models.push({
      $type: 'table',
      name: isTable || schema.length === 0 ? undefined : 'Properties of the images',
      columns: columns.slice(0, MOST_VARIABLES).flatMap(column => {
        const name = cut(column.text('name') ?? '', 256)
        if (!name) return []
        return {
          name,
          type: cut(arrowType(column.text('type') ?? 'string'), 128),
          units: cut(decodeEntities(column.text('units') ?? ''), 128),
          description: cut(cleanMarkdown(column.text('description') ?? ''), 2000),
        }
      }),
    })
  }
  return models
}

const ARROW = table<string>({
  STRING: 'utf8',
  DOUBLE: 'double',
  INT: 'int64',
  INT_LIST: 'list<int64>',
  DOUBLE_LIST: 'list<double>',
  STRING_LIST: 'list<utf8>',
  DATETIME: 'timestamp',
  TIMESTAMP: 'timestamp',
  BOOL: 'bool',
})

function arrowType(type: string): string {
  return ARROW[type.toUpperCase()] ?? type.toLowerCase()
}

function bandVariable(band: Fields, index: number, summaries: Fields): Record<string, unknown> | undefined {
  const name = cut(band.text('name') ?? band.text('common_name') ?? `band-${index + 1}`, 256)
  const range = new Fields(summaries.peek(name))
  const description = cleanMarkdown(band.text('description') ?? '')
  const units = band.text('gee:units') ?? band.text('unit')
  const flags = band
    .objects('gee:classes')
    .concat(band.objects('classification:classes'))
    .flatMap(one => {
      const value = one.text('value')
      const meaning = cut(
        plainText(one.text('description') ?? one.text('title') ?? one.text('name') ?? ''),
        512,
      )
      return value && meaning ? { value: cut(value, 64), meaning } : []
    })
  const attributes = (
    [
      ['wavelength', band.text('gee:wavelength')],
      ['center_wavelength_um', decimal(band.peek('center_wavelength'))],
      ['full_width_half_max_um', decimal(band.peek('full_width_half_max'))],
      ['gsd_m', decimal(band.peek('gsd'))],
      ['common_name', band.text('common_name')],
      ['polarization', band.text('gee:polarization')],
      ['nodata', decimal(band.peek('nodata'))],
      ['bitmask', band.has('gee:bitmask') ? bitmask(band.object('gee:bitmask')) : undefined],
    ] as const
  ).flatMap(([attribute, value]) =>
    value ? { name: attribute, value: cut(decodeEntities(value), 5000) } : [],
  )
  return {
    name,
    role: 'band',
    dtype: band.text('data_type'),
    longName: cut(plainText(description), 300),
    description: description.length > 300 ? cut(description, 2000) : undefined,
    units: units ? cut(decodeEntities(units), 128) : undefined,
    scaleFactor: decimal(band.peek('gee:scale') ?? band.peek('scale')),
    addOffset: decimal(band.peek('gee:offset') ?? band.peek('offset')),
    validMin: decimal(range.peek('minimum')),
    validMax: decimal(range.peek('maximum')),
    flags: flags.slice(0, MOST_FLAGS),
    attributes,
  }
}

/** Each part of a bitmask as a line: `bits 0–1: 0 clear, 1 cloudy`. */
function bitmask(mask: Fields): string {
  return mask
    .objects('bitmask_parts')
    .map(part => {
      const first = Number(part.text('first_bit') ?? part.text('start') ?? 0)
      const bits = Number(part.text('bit_count') ?? part.text('length') ?? 1)
      const values = part
        .objects('values')
        .map(value => `${value.text('value')} ${plainText(value.text('description') ?? '')}`)
      const place = bits > 1 ? `bits ${first}–${first + bits - 1}` : `bit ${first}`
      return `${place}, ${plainText(part.text('description') ?? '')}: ${values.join('; ')}`
    })
    .join('\n')
}

/** https://github.com/stac-extensions/datacube */
function cubeModel(collection: Fields): Record<string, unknown> | undefined {
  const variables = Object.entries(collection.object('cube:variables').rest())
  if (variables.length === 0) return undefined
  const dimensions = Object.entries(collection.object('cube:dimensions').rest())
  return {
    $type: 'array',
    dims: dimensions.slice(0, 64).map(([name, value]) => {
      const values = new Fields(value).peek('values')
      return { name: cut(name, 256), size: Array.isArray(values) ? values.length : undefined }
    }),
    variables: variables.slice(0, MOST_VARIABLES).map(([name, value]) => {
      const variable = new Fields(value)
      const shape = variable.list('shape')
      return {
        name: cut(name, 256),
        role: variable.peek('type') === 'auxiliary' ? 'ancillary' : 'data',
        dims: variable.texts('dimensions').map(dimension => ({ name: cut(dimension, 256) })),
        shape: shape.every(size => Number.isSafeInteger(size)) ? shape : undefined,
        units: cut(decodeEntities(variable.text('unit') ?? ''), 128),
        longName: cut(plainText(variable.text('description') ?? ''), 1000),
        dtype: variable.text('data_type'),
      }
    }),
    variableCount: variables.length > MOST_VARIABLES ? variables.length : undefined,
    truncated: variables.length > MOST_VARIABLES ? true : undefined,
  }
}
