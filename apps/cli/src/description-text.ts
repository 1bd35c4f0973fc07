import type { Column, Description, Variable } from '@frost/reader'
import { fields, styled, table } from './text.ts'

const MOST_ROWS = 200
const MOST_VERSIONS = 10

/** A description for people: facts, then variables or columns, then versions. */
export function descriptionText(location: string, description: Description): string {
  const {
    format,
    formatVersion,
    array,
    table: model,
    codecs,
    coverage,
    versions,
    warnings,
    cost,
  } = description
  const { space, time } = coverage
  const facts = fields([
    ['location', location],
    ['format', [format, formatVersion].filter(Boolean).join(' ')],
    ['size', description.size === undefined ? undefined : bytesText(description.size)],
    ['codecs', codecs.join(', ')],
    [
      'place',
      space && `${round(space.west)}, ${round(space.south)} to ${round(space.east)}, ${round(space.north)}`,
    ],
    [
      'time',
      time &&
        [time.start, 'to', time.end, time.resolution && `every ${time.resolution}`].filter(Boolean).join(' '),
    ],
    ['dimensions', array?.dimensions.map(({ name, size }) => `${name}=${size}`).join(', ')],
    ['rows', model?.rows === undefined ? undefined : String(model.rows)],
    ['row groups', model?.rowGroups === undefined ? undefined : String(model.rowGroups)],
    ['partitions', model?.partitions?.join(', ')],
    ['read', `${cost.requests} requests, ${bytesText(cost.bytes)}`],
  ])
  const parts = [facts]
  if (array) parts.push(variablesText(array.variables))
  if (model) parts.push(columnsText(model.columns))
  if (versions && versions.length > 0)
    parts.push(
      `${styled('bold', 'versions')}\n${table(
        versions
          .slice(0, MOST_VERSIONS)
          .map(({ id, committedAt, refs, message }) => [
            id,
            committedAt?.slice(0, 19) ?? '',
            refs?.join(', ') ?? '',
            message ?? '',
          ]),
      )}${versions.length > MOST_VERSIONS ? `\n… ${versions.length - MOST_VERSIONS} more` : ''}`,
    )
  for (const warning of warnings) parts.push(`${styled('yellow', 'note')}  ${warning}`)
  return parts.join('\n\n')
}

function variablesText(variables: readonly Variable[]): string {
  const rows = variables.slice(0, MOST_ROWS).map(variable => {
    const { name, dtype, dimensions, shape, chunks, units, longName, standardName, range } = variable
    return [
      name,
      dtype,
      dimensions.map((dimension, at) => `${dimension}=${shape[at]}`).join(' '),
      chunks?.some((size, at) => size !== shape[at]) ? `chunks ${chunks.join('×')}` : '',
      units ? `[${units}]` : '',
      [longName ?? standardName ?? '', range ? `${range[0]} … ${range[1]}` : ''].filter(Boolean).join('  '),
    ]
  })
  return `${styled('bold', 'variables')}\n${table(rows, ['bold', 'dim', undefined, 'dim'])}${rest(variables.length)}`
}

function columnsText(columns: readonly Column[]): string {
  const rows = columns
    .slice(0, MOST_ROWS)
    .map(({ name, type, nullable, nulls, range }) => [
      name,
      type,
      nulls !== undefined ? `${nulls} missing` : nullable === false ? 'never missing' : '',
      range ? `${range[0]} … ${range[1]}` : '',
    ])
  return `${styled('bold', 'columns')}\n${table(rows, ['bold', 'dim'])}${rest(columns.length)}`
}

const rest = (count: number) => (count > MOST_ROWS ? `\n… ${count - MOST_ROWS} more` : '')
const round = (degrees: number) => Number(degrees.toFixed(4))

/** Bytes in the unit that suits, by powers of 1000. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB']
  let value = bytes
  let unit = 0
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`
}
