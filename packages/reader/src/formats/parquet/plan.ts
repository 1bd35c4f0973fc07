import type { ByteSpan } from '../../objects/coalesce.ts'
import type { Cost, ReadOptions } from '../../objects.ts'
import type { Test } from '../../table/predicate.ts'
import type { ParquetFile } from './file.ts'
import type { Chunk, Place, RowGroup } from './footer.ts'
import { candidateRows, intersection, type PagePlace, pagePlacesOf, type RowRange } from './page-index.ts'
import { RangePlan } from './ranges.ts'
import { isFlat, leavesOf, type SchemaNode } from './schema.ts'
import { boundsOf } from './statistics.ts'

/** What reading a row group's rows takes: which rows may fulfil the tests, and where their pages lie. */
export interface GroupPlan {
  readonly rows: readonly RowRange[]
  readonly leaves: ReadonlyMap<SchemaNode, LeafPlan>
  readonly longest: number
  /** Upper bound of what reading all these rows costs, indexes apart. */
  readonly cost: Cost
  /** What was read of indexes to plan. */
  readonly indexCost: Cost
}

export interface LeafPlan {
  readonly node: SchemaNode
  readonly chunk: Chunk
  readonly places: readonly PagePlace[] | undefined
  readonly wanted: readonly ByteSpan[]
}

/** Chunks smaller than this are read whole: an index would cost as much. */
const SMALL_CHUNK = 64 * 1024
/** Of a chunk without index, what is read at first beyond the share of the wanted rows. */
const FIRST_READ = 96 * 1024
/** Greatest compressed page that writers commonly make: what a walk may read beyond its share. */
const COMMON_PAGE = 1_500_000
const MEMORY_FOR_SEGMENTS = 64 * 1024 * 1024

export interface GroupRequest {
  readonly columns: readonly SchemaNode[]
  /** Tests of columns that are flat and in this file. */
  readonly tests: readonly (readonly [SchemaNode, Test])[]
  readonly range: RowRange
}

/** Whether the statistics of the row group prove that none of its rows is wanted. */
export function groupRuledOut(group: RowGroup, tests: GroupRequest['tests']): boolean {
  return tests.some(([node, test]) => {
    if (!isFlat(node)) return false
    const chunk = group.chunks[node.leaf!.index]!
    return test.rulesOut(boundsOf(node.leaf!, chunk.statistics, group.rows))
  })
}

/** Plans one row group: reads of it no more than page indexes. @throws {ReaderError} */
export async function planGroup(
  file: ParquetFile,
  group: RowGroup,
  request: GroupRequest,
  options: ReadOptions,
): Promise<GroupPlan> {
  const leaves = [...new Set([...request.columns, ...request.tests.map(([node]) => node)])].flatMap(leavesOf)
  const indexes = new IndexReader(file, group, options)
  const tested = request.tests.filter(([node]) => isFlat(node) && isIndexed(group.chunks[node.leaf!.index]!))
  await indexes.prepare(
    tested.flatMap(([{ leaf }]) => [
      group.chunks[leaf!.index]!.columnIndex!,
      group.chunks[leaf!.index]!.offsetIndex!,
    ]),
  )
  let rows: readonly RowRange[] = [request.range]
  for (const [node, test] of tested) rows = intersection(rows, await indexes.candidates(node, test))
  const narrowed = rows.reduce((sum, { from, to }) => sum + to - from, 0) < group.rows
  const withPlaces = narrowed ? leaves.filter(({ leaf }) => isLarge(group.chunks[leaf!.index]!)) : []
  await indexes.prepare(withPlaces.map(({ leaf }) => group.chunks[leaf!.index]!.offsetIndex!))
  const plans = new Map<SchemaNode, LeafPlan>()
  let beyond: Cost = { requests: 0, bytes: 0 }
  for (const node of leaves) {
    const chunk = group.chunks[node.leaf!.index]!
    const places = withPlaces.includes(node) ? await indexes.places(node) : undefined
    const wanted = places ? pagesFor(chunk, places, rows, group.rows) : shareFor(chunk, rows, group.rows)
    const end = wanted.at(-1)?.end ?? chunk.end
    if (places === undefined && rows.length > 0 && end < chunk.end)
      beyond = { requests: beyond.requests + 1, bytes: beyond.bytes + Math.min(COMMON_PAGE, chunk.end - end) }
    plans.set(node, { node, chunk, places, wanted })
  }
  const longest = Math.max(
    512 * 1024,
    Math.min(8 * 1024 * 1024, Math.floor(MEMORY_FOR_SEGMENTS / leaves.length)),
  )
  const planned = new RangePlan(
    file.read,
    [...plans.values()].flatMap(({ wanted }) => wanted),
    longest,
  ).cost
  const cost = { requests: planned.requests + beyond.requests, bytes: planned.bytes + beyond.bytes }
  return { rows, leaves: plans, longest, cost, indexCost: indexes.cost }
}

function isIndexed(chunk: Chunk): boolean {
  return (
    chunk.columnIndex !== undefined &&
    chunk.offsetIndex !== undefined &&
    chunk.end - chunk.start > SMALL_CHUNK / 4
  )
}

function isLarge(chunk: Chunk): boolean {
  return chunk.offsetIndex !== undefined && chunk.end - chunk.start > SMALL_CHUNK
}

/** Pages that hold any of the rows, with the dictionary. */
function pagesFor(chunk: Chunk, places: readonly PagePlace[], rows: readonly RowRange[], groupRows: number) {
  const wanted: ByteSpan[] = []
  for (const [i, { firstRow, start, end }] of places.entries()) {
    const to = places[i + 1]?.firstRow ?? groupRows
    if (rows.some(range => range.from < to && firstRow < range.to)) wanted.push({ start, end })
  }
  const first = places[0]!.start
  if (wanted.length > 0 && first > chunk.start) wanted.unshift({ start: chunk.start, end: first })
  return wanted
}

/** Without an index pages are walked from the first: the share of the chunk that leads to the last wanted row. */
function shareFor(chunk: Chunk, rows: readonly RowRange[], groupRows: number): readonly ByteSpan[] {
  const last = rows.at(-1)
  if (last === undefined) return []
  const data = Math.max(chunk.dataStart, chunk.start)
  const share = Math.ceil(((chunk.end - data) * last.to) / Math.max(1, groupRows))
  const end = Math.min(chunk.end, data + share + (last.to < groupRows ? FIRST_READ : 0))
  return [{ start: chunk.start, end }]
}

/** The page indexes of a row group, which writers put side by side at the end of the file: fetched in few requests. */
class IndexReader {
  readonly #file: ParquetFile
  readonly #group: RowGroup
  readonly #options: ReadOptions
  readonly #bytes = new Map<number, Promise<Uint8Array>>()
  readonly #places = new Map<SchemaNode, Promise<readonly PagePlace[]>>()
  cost: Cost = { requests: 0, bytes: 0 }

  constructor(file: ParquetFile, group: RowGroup, options: ReadOptions) {
    this.#file = file
    this.#group = group
    this.#options = options
  }

  async prepare(places: readonly Place[]): Promise<void> {
    const missing = places.filter(({ start }) => !this.#bytes.has(start))
    if (missing.length === 0) return
    const plan = new RangePlan(
      (start, end) => this.#file.read(start, end, this.#options),
      missing,
      8 * 1024 * 1024,
    )
    this.cost = {
      requests: this.cost.requests + plan.cost.requests,
      bytes: this.cost.bytes + plan.cost.bytes,
    }
    for (const { start, end } of missing) this.#bytes.set(start, plan.read(start, end))
    await Promise.all(missing.map(({ start }) => this.#bytes.get(start)))
  }

  places(node: SchemaNode): Promise<readonly PagePlace[]> {
    let places = this.#places.get(node)
    if (places === undefined) {
      const chunk = this.#group.chunks[node.leaf!.index]!
      places = this.#bytes
        .get(chunk.offsetIndex!.start)!
        .then(bytes => pagePlacesOf(bytes, chunk, this.#group.rows))
      this.#places.set(node, places)
    }
    return places
  }

  async candidates(node: SchemaNode, test: Test): Promise<readonly RowRange[]> {
    const chunk = this.#group.chunks[node.leaf!.index]!
    const bytes = await this.#bytes.get(chunk.columnIndex!.start)!
    return candidateRows(bytes, node.leaf!, test, await this.places(node), this.#group.rows)
  }
}
