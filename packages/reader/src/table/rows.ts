import type { RowBatch, RowSelection } from '../dataset.ts'
import { testsOf, unknownColumn } from './predicate.ts'
import { RowWindow } from './window.ts'

/** Some rows of a table, of which columns are made when they are asked for. */
export interface RowSource {
  readonly rows: number
  column(name: string): ArrayLike<unknown>
}

/** The names and tests of a selection, held against the columns that are there. @throws {ReaderError} `InvalidSelection`. */
export function resolved(selection: RowSelection, types: ReadonlyMap<string, string>) {
  const known = [...types.keys()]
  const names = selection.columns ?? known
  for (const name of names) if (!types.has(name)) throw unknownColumn(name, known)
  return { names, tests: testsOf(selection.where ?? [], types) }
}

/** The rows that a selection asks for, of a table that is read from its beginning; the source is left as soon as there are enough. */
export async function* selectedRows(
  source: AsyncIterable<RowSource>,
  selection: RowSelection,
  types: ReadonlyMap<string, string>,
): AsyncGenerator<RowBatch> {
  const { names, tests } = resolved(selection, types)
  const window = new RowWindow(selection.offset, selection.limit)
  if (window.done) return
  for await (const rows of source) {
    const tested = tests.map(test => [test, rows.column(test.column)] as const)
    const kept: number[] = []
    if (tests.length > 0)
      for (let row = 0; row < rows.rows; row++)
        if (tested.every(([test, values]) => test.accepts(values[row]))) kept.push(row)
    const all = tests.length === 0 || kept.length === rows.rows
    const count = all ? rows.rows : kept.length
    const columns = new Map(
      names.map(name => {
        const values = count === 0 ? [] : rows.column(name)
        return [name, all ? values : kept.map(row => values[row])]
      }),
    )
    const batch = window.cut(count, columns)
    if (batch !== undefined) yield batch
    if (window.done) return
  }
}
