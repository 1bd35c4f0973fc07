import { exceeds, Ledger, overBudget } from '../budget.ts'
import type { TableContext } from '../context.ts'
import type { RowSelection } from '../dataset.ts'
import { PREVIEW_BUDGET } from '../objects.ts'
import type { SelectionRequest } from '../selection/request.ts'
import { resolveRows } from '../selection/rows.ts'
import { jsonValueOf } from '../table-values.ts'
import type { PreviewOptions, TablePreview } from './types.ts'

const ROWS = 50
const MOST_ROWS = 1_000
const MOST_COLUMNS = 500

/**
 * The first rows of a selection. Where no columns were asked for and all are too many for the budget, the first that fit.
 * @throws {ReaderError} `OverBudget` before anything is read, `InvalidSelection`.
 */
export async function previewTable(
  context: TableContext,
  request: SelectionRequest,
  { signal, budget = PREVIEW_BUDGET }: PreviewOptions,
): Promise<TablePreview> {
  const { dataset, model } = context
  const limit = Math.max(0, Math.min(MOST_ROWS, request.limit ?? ROWS))
  const asked = resolveRows(model, { ...request, limit: limit + 1 })
  const names = (asked.columns ?? model.columns.map(({ name }) => name)).slice(0, MOST_COLUMNS)
  const all: RowSelection = { ...asked, columns: names }
  const cost = await dataset.estimate(all)
  const fitting = exceeds(cost, budget) ? await fittingColumns(context, all, names, budget) : names
  if (fitting.length === 0 || (fitting.length < names.length && asked.columns !== undefined)) {
    const cheaper =
      fitting.length > 0
        ? `select fewer columns, such as ${fitting.join(', ')}`
        : 'export the table instead: its smallest readable part is larger'
    throw overBudget(cost, budget, cheaper)
  }
  const ledger = new Ledger(budget)
  const rows: unknown[][] = []
  const types = new Map(model.columns.map(column => [column.name, column.type]))
  for await (const batch of dataset.read({ ...all, columns: fitting }, { signal, meter: ledger })) {
    const columns = fitting.map(name => ({
      values: batch.columns.get(name) ?? [],
      type: types.get(name) ?? 'utf8',
    }))
    for (let row = 0; row < batch.rows && rows.length <= limit; row++)
      rows.push(columns.map(({ values, type }) => jsonValueOf(values[row], type)))
    if (rows.length > limit) break
  }
  const complete = model.columns.filter(({ name }) => fitting.includes(name))
  const total = request.where === undefined ? model.rows : undefined
  return {
    kind: 'table',
    columns: fitting.map(name => complete.find(column => column.name === name)!),
    rows: rows.slice(0, limit),
    offset: asked.offset ?? 0,
    ...(total === undefined ? {} : { total }),
    more: rows.length > limit,
    omitted: (asked.columns ?? model.columns.map(({ name }) => name)).filter(name => !fitting.includes(name)),
    cost: ledger.spent.requests > 0 ? ledger.spent : await dataset.estimate({ ...all, columns: fitting }),
  }
}

/** As many of the first columns as the budget allows; columns that alone are too large are passed over. */
async function fittingColumns(
  { dataset }: TableContext,
  selection: RowSelection,
  names: readonly string[],
  budget: { readonly requests: number; readonly bytes: number },
): Promise<readonly string[]> {
  const fitting: string[] = []
  for (const name of names) {
    const cost = await dataset.estimate({ ...selection, columns: [...fitting, name] })
    if (!exceeds(cost, budget)) fitting.push(name)
  }
  return fitting
}
