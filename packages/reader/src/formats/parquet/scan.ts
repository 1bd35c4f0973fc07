import { ReaderError } from '../../errors.ts'
import type { Cost, ReadOptions } from '../../objects.ts'
import type { Test } from '../../table/predicate.ts'
import { assemble, type LeafRun } from './assemble.ts'
import { LeafCursor } from './cursor.ts'
import type { ParquetFile } from './file.ts'
import type { RowGroup } from './footer.ts'
import type { RowRange } from './page-index.ts'
import { type GroupPlan, type GroupRequest, groupRuledOut, planGroup } from './plan.ts'
import { RangePlan } from './ranges.ts'
import { isFlat, leavesOf, type SchemaNode } from './schema.ts'

/** Rows of one file that fulfil the tests. */
export interface ScanBatch {
  readonly rows: number
  /** Of each row, its number within the file. */
  position(row: number): number
  readonly columns: ReadonlyMap<SchemaNode, ArrayLike<unknown>>
}

export interface ScanRequest {
  readonly columns: readonly SchemaNode[]
  readonly tests: readonly (readonly [SchemaNode, Test])[]
  /** Rows of the file, by number. */
  readonly range: RowRange
}

export const BATCH_ROWS = 4096

/** Reads the rows of a file, group by group; groups and pages that statistics rule out are not read. @throws {ReaderError} */
export async function* scanParquet(
  file: ParquetFile,
  request: ScanRequest,
  options: ReadOptions = {},
): AsyncGenerator<ScanBatch> {
  for (const { group, first, wanted } of groupsOf(file, request)) {
    options.signal?.throwIfAborted()
    const plan = await planGroup(file, group, wanted, options)
    yield* scanGroup(file, first, plan, wanted, options)
  }
}

/** What that would cost at most. Reads page indexes to know. */
export async function scanCost(
  file: ParquetFile,
  request: ScanRequest,
  options: ReadOptions = {},
): Promise<Cost> {
  let [requests, bytes] = [0, 0]
  for (const { group, wanted } of groupsOf(file, request)) {
    const { cost, indexCost } = await planGroup(file, group, wanted, options)
    requests += cost.requests + indexCost.requests
    bytes += cost.bytes + indexCost.bytes
  }
  return { requests, bytes }
}

function* groupsOf(
  file: ParquetFile,
  { columns, tests, range }: ScanRequest,
): Generator<{ group: RowGroup; first: number; wanted: GroupRequest }> {
  let first = 0
  for (const group of file.footer.rowGroups) {
    const from = Math.max(range.from - first, 0)
    const to = Math.min(range.to - first, group.rows)
    if (from < to && !groupRuledOut(group, tests))
      yield { group, first, wanted: { columns, tests, range: { from, to } } }
    first += group.rows
    if (first >= range.to) return
  }
}

async function* scanGroup(
  file: ParquetFile,
  first: number,
  plan: GroupPlan,
  { columns, tests }: GroupRequest,
  options: ReadOptions,
): AsyncGenerator<ScanBatch> {
  const tested = [...new Set(tests.map(([node]) => node))]
  const rest = columns.filter(node => !tested.includes(node))
  const read = (start: number, end: number) => file.read(start, end, options)
  const testedReader = new ColumnsReader(tested, plan, read)
  const restReader = new ColumnsReader(rest, plan, read)
  for (const range of plan.rows) {
    for (let from = range.from; from < range.to; from += BATCH_ROWS) {
      options.signal?.throwIfAborted()
      const to = Math.min(range.to, from + BATCH_ROWS)
      const values = await testedReader.take(from, to)
      const kept = keptOf(tests, values, to - from)
      if (kept !== undefined && kept.length === 0) continue
      for (const [node, column] of await restReader.take(from, to)) values.set(node, column)
      const found = new Map(columns.map(node => [node, picked(values.get(node)!, kept)]))
      yield {
        rows: kept?.length ?? to - from,
        position: row => first + from + (kept === undefined ? row : kept[row]!),
        columns: found,
      }
    }
  }
}

/** Rows of the batch that fulfil all tests; undefined when all do. */
function keptOf(
  tests: GroupRequest['tests'],
  values: ReadonlyMap<SchemaNode, ArrayLike<unknown>>,
  rows: number,
): readonly number[] | undefined {
  if (tests.length === 0) return undefined
  const kept: number[] = []
  for (let row = 0; row < rows; row++)
    if (tests.every(([node, test]) => test.accepts(values.get(node)![row]))) kept.push(row)
  return kept.length === rows ? undefined : kept
}

function picked(values: ArrayLike<unknown>, kept: readonly number[] | undefined): ArrayLike<unknown> {
  return kept === undefined ? values : kept.map(row => values[row])
}

/** Columns of one row group, read forwards in step. */
class ColumnsReader {
  readonly #columns: readonly { readonly node: SchemaNode; readonly cursors: readonly LeafCursor[] }[]

  constructor(
    columns: readonly SchemaNode[],
    plan: GroupPlan,
    read: (start: number, end: number) => Promise<Uint8Array>,
  ) {
    const leaves = columns.flatMap(leavesOf).map(node => plan.leaves.get(node)!)
    const ranges = new RangePlan(
      read,
      leaves.flatMap(({ wanted }) => wanted),
      plan.longest,
    )
    this.#columns = columns.map(node => ({
      node,
      cursors: leavesOf(node).map(leafNode => {
        const { chunk, places } = plan.leaves.get(leafNode)!
        return new LeafCursor(ranges, chunk, leafNode.leaf!, places)
      }),
    }))
  }

  async take(from: number, to: number): Promise<Map<SchemaNode, ArrayLike<unknown>>> {
    const taken = await Promise.all(
      this.#columns.map(async ({ node, cursors }) => {
        const runs = await Promise.all(cursors.map(cursor => cursor.take(from, to)))
        return [node, columnOf(node, runs, to - from)] as const
      }),
    )
    return new Map(taken)
  }
}

function columnOf(node: SchemaNode, runs: readonly (readonly LeafRun[])[], rows: number): ArrayLike<unknown> {
  if (isFlat(node)) {
    const column = flat(runs[0]!, node.defined)
    if (column.length !== rows)
      throw new ReaderError(
        'Corrupt',
        `Parquet column '${node.name}' gives ${column.length} rows where ${rows} are`,
      )
    return column
  }
  const leaves = leavesOf(node)
  return assemble(
    node,
    runs.map((pieces, i) => joined(pieces, leaves[i]!)),
    rows,
  )
}

/** Values of rows that hold one each, nulls where none is. */
function flat(runs: readonly LeafRun[], defined: number): ArrayLike<unknown> {
  const [only] = runs
  if (runs.length === 1 && only!.definition === undefined) return only!.values
  const column: unknown[] = []
  for (const { count, definition, values } of runs) {
    if (definition === undefined) {
      for (let i = 0; i < count; i++) column.push(values[i])
      continue
    }
    let value = 0
    for (let i = 0; i < count; i++) column.push(definition[i] === defined ? values[value++] : null)
  }
  return column
}

/** Pieces of several pages as one; a page without definition levels holds a value at each. */
function joined(runs: readonly LeafRun[], node: SchemaNode): LeafRun {
  if (runs.length === 1) return runs[0]!
  const count = runs.reduce((sum, run) => sum + run.count, 0)
  const someNull = runs.some(({ definition }) => definition !== undefined)
  const definition = someNull ? new Uint8Array(count) : undefined
  const repetition = runs.some(run => run.repetition !== undefined) ? new Uint8Array(count) : undefined
  const values: unknown[] = []
  let at = 0
  for (const run of runs) {
    if (definition !== undefined) {
      if (run.definition === undefined) definition.fill(node.defined, at, at + run.count)
      else definition.set(run.definition, at)
    }
    if (run.repetition !== undefined) repetition!.set(run.repetition, at)
    for (let i = 0; i < run.values.length; i++) values.push(run.values[i])
    at += run.count
  }
  if (repetition === undefined && node.repeated > 0)
    throw new ReaderError('Corrupt', `Parquet column '${node.name}' lacks its repetition levels`)
  return { count, definition, repetition, values }
}
