/** One segment: a LanceDB table that is written once, indexed, and only ever loses rows until another takes its place. */
import type { Connection, FullTextQuery, Query, Table } from '@lancedb/lancedb'
import * as lancedb from '@lancedb/lancedb'
import * as arrow from 'apache-arrow'
import { type ColumnPiece, Columns } from './columns.ts'
import type { IndexedRow } from './document-row.ts'
import type { BrowseOrder, Candidate, Candidates, ResolvedFilter, Source, TextQuery } from './source.ts'
import { isUnfiltered } from './source.ts'
import type { TagCounter } from './tag-counter.ts'

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

const valueColumns = ['west', 'south', 'east', 'north', 'from_year', 'until_year', 'created_at'] as const

/** Fewer rows than this are scanned as fast as an index is read. */
const leastRowsForIndex = 2_000
/** Rows written at once: each time makes a fragment, and whatever goes through a table goes through its fragments. */
const writtenAtOnce = 16_384
/** So few rows that pass a filter are named to the index of the text. */
const mostNamed = 1_000

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

/** Rows in pieces of at least {@link writtenAtOnce}, but for the last. */
async function* regrouped(
  pieces: AsyncIterable<readonly IndexedRow[]> | Iterable<readonly IndexedRow[]>,
): AsyncGenerator<IndexedRow[]> {
  let gathered: IndexedRow[] = []
  for await (const piece of pieces) {
    gathered.push(...piece)
    if (gathered.length < writtenAtOnce) continue
    yield gathered
    gathered = []
  }
  if (gathered.length > 0) yield gathered
}

export class LanceTable implements Source {
  readonly name: string
  readonly #table: Table
  readonly #columns: Columns

  private constructor(name: string, table: Table, columns: Columns) {
    this.name = name
    this.#table = table
    this.#columns = columns
  }

  static async open(connection: Connection, name: string): Promise<LanceTable> {
    const table = await connection.openTable(name)
    return new LanceTable(name, table, await columnsOf(table))
  }

  /** Writes and indexes a table of a name that was never used. */
  static async build(
    connection: Connection,
    name: string,
    pieces: AsyncIterable<readonly IndexedRow[]> | Iterable<readonly IndexedRow[]>,
  ): Promise<{ table: LanceTable | undefined; rows: number }> {
    let table: Table | undefined
    let rows = 0
    for await (const piece of regrouped(pieces)) {
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
    if (rows >= leastRowsForIndex) await table.createIndex('id', { config: Index.btree() })
    return { table: new LanceTable(name, table, await columnsOf(table)), rows }
  }

  async match(query: TextQuery, filter: ResolvedFilter, limit: number): Promise<Candidates> {
    if (query.any.length + query.all.length === 0) return nothing
    if (isUnfiltered(filter)) return this.#best(query, limit)
    let passing = this.#columns.likely(filter)
    if (passing <= mostNamed) {
      const rows = this.#columns.passing(filter)!
      if (rows.length === 0) return nothing
      if (rows.length <= mostNamed)
        return this.#best(query, limit, `id IN (${Array.from(rows, place => this.#columns.id(place))})`)
      passing = rows.length
    }
    const passes = this.#columns.tester(filter)
    const rows = this.#columns.count
    // As deep as the share that passes makes likely, and deeper where the words go with what does not pass.
    for (let depth = Math.ceil((limit * 1.25 * rows) / passing); ; depth *= 4) {
      const found = await this.#best(query, Math.min(depth, rows), undefined, passes)
      if (found.list.length < limit && found.truncated && depth < rows) continue
      const list = found.list.slice(0, limit)
      return { list, truncated: found.list.length >= limit }
    }
  }

  async #best(
    query: TextQuery,
    limit: number,
    condition?: string,
    passes?: (place: number) => boolean,
  ): Promise<Candidates> {
    const request = this.#table.query().fullTextSearch(queryOf(query))
    if (condition) request.where(condition)
    const answer = await request.select(['_score']).withRowId().limit(limit).toArrow()
    const list: Candidate[] = []
    for (const batch of (answer as unknown as arrow.Table).batches) {
      const addresses = addressesOf(batch)
      const scores = batch.getChild('_score')!.toArray() as Float32Array
      for (let row = 0; row < scores.length; row++) {
        const place = this.#columns.place(addresses, row)
        if (!passes || passes(place)) list.push({ id: this.#columns.id(place), score: scores[row]! })
      }
    }
    list.sort((a, b) => b.score - a.score || b.id - a.id)
    return { list, truncated: answer.numRows >= limit }
  }

  async browse(
    filter: ResolvedFilter,
    order: BrowseOrder,
    after: Candidate | undefined,
    limit: number,
  ): Promise<Candidates> {
    return this.#columns.browse(filter, order, after, limit)
  }

  async count(filter: ResolvedFilter): Promise<number> {
    return this.#columns.passing(filter)?.length ?? this.#columns.count
  }

  async countAbout(filter: ResolvedFilter): Promise<number> {
    return this.#columns.likely(filter)
  }

  countTags(ids: readonly number[], kinds: number, counter: TagCounter): number[] {
    return this.#columns.countTags(ids, kinds, counter)
  }

  async delete(ids: readonly number[]): Promise<void> {
    if (ids.length === 0) return
    await this.#table.delete(`id IN (${ids.join(', ')})`)
    this.#columns.delete(ids)
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

/** Reads what is kept in memory of a table. */
async function columnsOf(table: Table): Promise<Columns> {
  const query: Query = table
    .query()
    .select(['id', 'tags', 'used', ...valueColumns])
    .withRowId()
  const pieces: ColumnPiece[] = []
  for await (const batch of query as unknown as AsyncIterable<arrow.RecordBatch>) {
    const tags = batch.getChild('tags')!.data[0]!
    const ends: Int32Array = tags.valueOffsets
    // A batch is a view: the values of its lists may be those of a larger one.
    const first = ends[0]!
    pieces.push({
      addresses: addressesOf(batch),
      id: batch.getChild('id')!.toArray() as Int32Array,
      values: valueColumns.map(name => numbersOf(batch.getChild(name)!)),
      used: batch.getChild('used')!.toArray() as Int32Array,
      tagEnds: ends.map(end => end - first),
      tags: (tags.children[0]!.values as Int32Array).subarray(first, ends.at(-1)),
    })
  }
  return new Columns(pieces)
}

/** Row addresses as pairs of words, least significant first as Arrow has them. */
function addressesOf(batch: arrow.RecordBatch): Uint32Array {
  const words = batch.getChild('_rowid')!.toArray() as BigUint64Array
  return new Uint32Array(words.buffer, words.byteOffset, words.length * 2)
}

/** NaN stands for null. */
function numbersOf(vector: arrow.Vector): Float64Array {
  const { values, nullCount, nullBitmap, offset, length } = vector.data[0]!
  const numbers = Float64Array.from(values as Float64Array)
  if (nullCount > 0)
    for (let row = 0; row < length; row++) {
      const bit = offset + row
      if ((nullBitmap[bit >> 3]! & (1 << (bit & 7))) === 0) numbers[row] = Number.NaN
    }
  return numbers
}
