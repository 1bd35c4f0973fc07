import type { RowSelection } from '../dataset.ts'
import { ReaderError } from '../errors.ts'
import type { TableModel } from '../model.ts'
import type { SelectionRequest } from './request.ts'
import { parseWhere } from './where.ts'

/**
 * What a request means for a table.
 * @throws {ReaderError} `InvalidSelection` for columns that are not there, conditions that cannot be read, negative numbers.
 */
export function resolveRows(model: TableModel, request: SelectionRequest): RowSelection {
  const { columns, where, offset, limit } = request
  if (request.select !== undefined && request.select.trim() !== '')
    throw new ReaderError(
      'InvalidSelection',
      `a table has no dimensions to select '${request.select}' from: give columns and where`,
    )
  const wanted = columns ?? request.variables
  const known = new Set(model.columns.map(({ name }) => name))
  const predicates = where === undefined || where.trim() === '' ? undefined : parseWhere(where)
  for (const name of [...(wanted ?? []), ...(predicates ?? []).map(({ column }) => column)])
    if (!known.has(name)) throw unknown(name, [...known])
  for (const [name, value] of Object.entries({ offset, limit }))
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 0))
      throw new ReaderError(
        'InvalidSelection',
        `${name}=${value}: a whole number of rows from 0 on belongs here`,
        { name },
      )
  return {
    ...(wanted === undefined || wanted.length === 0 ? {} : { columns: [...new Set(wanted)] }),
    ...(predicates === undefined ? {} : { where: predicates }),
    ...(offset === undefined ? {} : { offset }),
    ...(limit === undefined ? {} : { limit }),
  }
}

function unknown(name: string, known: readonly string[]): ReaderError {
  const shown = known.slice(0, 30).join(', ') + (known.length > 30 ? `, … (${known.length} in all)` : '')
  return new ReaderError('InvalidSelection', `no column '${name}'; there are: ${shown}`, { column: name })
}
