/** One segment: a LanceDB table that is written once, indexed, and only ever loses rows until another takes its place. */
import type { Connection, FullTextQuery, Table } from '@lancedb/lancedb'
import * as lancedb from '@lancedb/lancedb'
import * as arrow from 'apache-arrow'
import type { BrowseOrder, Candidate, Candidates, ResolvedFilter, Source, TextQuery } from './source.ts'
import { rangeConditions } from './source.ts'
import type { IndexedRow } from './store.ts'

const schema = new arrow.Schema([
  new arrow.Field('id', new arrow.Int32(), false),
  new arrow.Field('terms', new arrow.Utf8(), false),
  new arrow.Field('tags', new arrow.List(new arrow.Field('item', new arrow.Int32(), true)), false),
  ...['west', 'south', 'east', 'north', 'from_year', 'until_year'].map(
    name => new arrow.Field(name, new arrow.Float64(), true),
  ),
  new arrow.Field('created_at', new arrow.Float64(), false),
  new arrow.Field('used', new arrow.Int32(), false),
])

const orderColumn = { newest: 'created_at', 'most-used': 'used' } as const

/** Fewer rows than this are scanned as fast as an index is read. */
const leastRowsForScalarIndices = 2_000

function toArrow(rows: readonly IndexedRow[]): arrow.Table {
  const floats = (pick: (row: IndexedRow) => number | null) =>
    arrow.vectorFromArray(rows.map(pick), new arrow.Float64())
  const offsets = new Int32Array(rows.length + 1)
  for (let index = 0; index < rows.length; index++)
    offsets[index + 1] = offsets[index]! + rows[index]!.tags.length
  const values = new Int32Array(offsets[rows.length]!)
  for (const [index, row] of rows.entries()) values.set(row.tags, offsets[index]!)
  const tags = arrow.makeData({
    type: schema.fields[2]!.type as arrow.List<arrow.Int32>,
    length: rows.length,
    valueOffsets: offsets,
    child: arrow.makeData({ type: new arrow.Int32(), length: values.length, data: values }),
  })
  const columns: arrow.Vector[] = [
    arrow.makeVector(Int32Array.from(rows, row => row.id)),
    arrow.vectorFromArray(
      rows.map(row => row.text),
      new arrow.Utf8(),
    ),
    new arrow.Vector([tags]),
    floats(row => row.west),
    floats(row => row.south),
    floats(row => row.east),
    floats(row => row.north),
    floats(row => row.from),
    floats(row => row.until),
    floats(row => row.createdAt),
    arrow.makeVector(Int32Array.from(rows, row => row.used)),
  ]
  const children = columns.map(column => column.data[0]!)
  const batch = new arrow.RecordBatch(
    schema,
    arrow.makeData({ type: new arrow.Struct(schema.fields), length: rows.length, children }),
  )
  return new arrow.Table(schema, batch)
}

/** `tags` in the sense of the label-list index: one call for each group. */
function conditionOf(filter: ResolvedFilter): string | undefined {
  const carries = (tags: readonly number[]) =>
    tags.length === 1 ? `array_has(tags, ${tags[0]})` : `array_has_any(tags, [${tags.join(', ')}])`
  const conditions = filter.groups.map(carries)
  if (filter.without.length > 0) conditions.push(`NOT ${carries(filter.without)}`)
  conditions.push(...rangeConditions(filter))
  return conditions.length > 0 ? conditions.join(' AND ') : undefined
}

function queryOf(query: TextQuery): FullTextQuery {
  const { BooleanQuery, MatchQuery, Occur, Operator } = lancedb
  const any = new MatchQuery((query.any.length > 0 ? query.any : query.all).join(' '), 'terms')
  if (query.all.length + query.none.length === 0) return any
  const clauses: [typeof Occur.Must, FullTextQuery][] = []
  if (query.all.length > 0)
    clauses.push([Occur.Must, new MatchQuery(query.all.join(' '), 'terms', { operator: Operator.And })])
  if (query.all.length === 0) clauses.push([Occur.Must, any])
  else if (query.any.length > 0) clauses.push([Occur.Should as typeof Occur.Must, any])
  if (query.none.length > 0)
    clauses.push([Occur.MustNot as typeof Occur.Must, new MatchQuery(query.none.join(' '), 'terms')])
  return new BooleanQuery(clauses)
}

const nothing: Candidates = { list: [], truncated: false }

export class LanceTable implements Source {
  readonly name: string
  readonly #table: Table

  private constructor(name: string, table: Table) {
    this.name = name
    this.#table = table
  }

  static async open(connection: Connection, name: string): Promise<LanceTable> {
    return new LanceTable(name, await connection.openTable(name))
  }

  /** Writes and indexes a table of a name that was never used. */
  static async build(
    connection: Connection,
    name: string,
    pieces: AsyncIterable<readonly IndexedRow[]> | Iterable<readonly IndexedRow[]>,
  ): Promise<{ table: LanceTable | undefined; rows: number }> {
    let table: Table | undefined
    let rows = 0
    for await (const piece of pieces) {
      if (piece.length === 0) continue
      rows += piece.length
      // LanceDB brings a copy of the Arrow types; the structure is the same.
      const data = toArrow(piece) as unknown as lancedb.Data
      if (table) await table.add(data)
      else table = await connection.createTable({ name, data })
    }
    if (!table) return { table: undefined, rows }
    const { Index } = lancedb
    await table.createIndex('terms', {
      config: Index.fts({
        withPosition: false,
        baseTokenizer: 'whitespace',
        maxTokenLength: 200,
        lowercase: false,
        stem: false,
        removeStopWords: false,
        asciiFolding: false,
      }),
    })
    if (rows >= leastRowsForScalarIndices) {
      await table.createIndex('tags', { config: Index.labelList() })
      for (const column of [
        'id',
        'west',
        'south',
        'east',
        'north',
        'from_year',
        'until_year',
        'created_at',
        'used',
      ])
        await table.createIndex(column, { config: Index.btree() })
    }
    return { table: new LanceTable(name, table), rows }
  }

  async match(query: TextQuery, filter: ResolvedFilter, limit: number): Promise<Candidates> {
    if (query.any.length + query.all.length === 0 || filter.groups.some(group => group.length === 0))
      return nothing
    let request = this.#table.query().fullTextSearch(queryOf(query)).select(['id', '_score']).limit(limit)
    const condition = conditionOf(filter)
    if (condition) request = request.where(condition)
    const list = candidates(await request.toArrow(), '_score')
    list.sort((a, b) => b.score - a.score || b.id - a.id)
    return { list, truncated: list.length >= limit }
  }

  async browse(
    filter: ResolvedFilter,
    order: BrowseOrder,
    after: Candidate | undefined,
    limit: number,
  ): Promise<Candidates> {
    if (filter.groups.some(group => group.length === 0)) return nothing
    const column = orderColumn[order]
    const position =
      after && `(${column} < ${after.score} OR (${column} = ${after.score} AND id < ${after.id}))`
    const condition = [conditionOf(filter), position].filter(Boolean).join(' AND ')
    let request = this.#table
      .query()
      .select(['id', column])
      .orderBy([
        { columnName: column, ascending: false },
        { columnName: 'id', ascending: false },
      ])
      .limit(limit)
    if (condition) request = request.where(condition)
    const list = candidates(await request.toArrow(), column)
    return { list, truncated: list.length >= limit }
  }

  async count(filter: ResolvedFilter): Promise<number> {
    if (filter.groups.some(group => group.length === 0)) return 0
    return this.#table.countRows(conditionOf(filter))
  }

  async delete(ids: readonly number[]): Promise<void> {
    if (ids.length > 0) await this.#table.delete(`id IN (${ids.join(', ')})`)
  }

  /** All rows, in pieces. */
  async *rows(): AsyncGenerator<IndexedRow[]> {
    for await (const batch of this.#table.query() as unknown as AsyncIterable<arrow.RecordBatch>) {
      const get = (name: string) => batch.getChild(name)!
      const [id, terms, tags, created, used] = ['id', 'terms', 'tags', 'created_at', 'used'].map(
        get,
      ) as arrow.Vector[]
      const [west, south, east, north, from, until] = [
        'west',
        'south',
        'east',
        'north',
        'from_year',
        'until_year',
      ].map(get) as arrow.Vector[]
      yield Array.from({ length: batch.numRows }, (_, index) => ({
        id: id!.get(index) as number,
        text: terms!.get(index) as string,
        tags: Int32Array.from((tags!.get(index) as arrow.Vector<arrow.Int32>).toArray()),
        west: west!.get(index) as number | null,
        south: south!.get(index) as number | null,
        east: east!.get(index) as number | null,
        north: north!.get(index) as number | null,
        from: from!.get(index) as number | null,
        until: until!.get(index) as number | null,
        createdAt: created!.get(index) as number,
        used: used!.get(index) as number,
      }))
    }
  }

  close(): void {
    this.#table.close()
  }
}

function candidates(table: unknown, key: string): Candidate[] {
  const list: Candidate[] = []
  for (const batch of (table as arrow.Table).batches) {
    const ids = batch.getChild('id')!.toArray() as Int32Array
    const scores = batch.getChild(key)!.toArray() as Float64Array | Float32Array | Int32Array
    for (let index = 0; index < ids.length; index++) list.push({ id: ids[index]!, score: scores[index]! })
  }
  return list
}
