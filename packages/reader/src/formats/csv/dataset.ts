import type { RowBatch, RowSelection, TableDataset } from '../../dataset.ts'
import { ReaderError } from '../../errors.ts'
import type { Column, Description } from '../../model.ts'
import type { Cost, ReadOptions } from '../../objects.ts'
import { rangeOf, timeCoverage } from '../../table/ranges.ts'
import { type RowSource, selectedRows } from '../../table/rows.ts'
import { type CellType, cellTypeOf } from '../text/cells.ts'
import { type Sample, sampleOf, textCost } from '../text/sample.ts'
import type { TextSource } from '../text/source.ts'
import { hasHeader, namesOf, sniffDialect } from './dialect.ts'
import { CsvParser, type CsvRecord, type Dialect, recordsIn } from './parser.ts'

interface CsvColumn {
  readonly name: string
  readonly at: number
  readonly type: CellType
}

interface Layout {
  readonly dialect: Dialect
  /** Lines before the header that begin with `#`. */
  readonly comments: number
  readonly header: boolean
  readonly columns: readonly CsvColumn[]
  /** Records of the sample, without the header. */
  readonly records: readonly CsvRecord[]
  readonly complete: boolean
  readonly bytesPerRow: number
}

const BATCH_ROWS = 2048

/**
 * Text with separated cells. Types follow from the beginning, the middle and the end of the file, and hold for all of it: a cell
 * that is of another type is an error that names it, never lost.
 */
export class CsvDataset implements TableDataset {
  readonly model = 'table'
  readonly #source: TextSource
  readonly #cost: () => Cost
  readonly #layout: Layout
  readonly #types: ReadonlyMap<string, string>

  private constructor(source: TextSource, cost: () => Cost, layout: Layout) {
    this.#source = source
    this.#cost = cost
    this.#layout = layout
    this.#types = new Map(layout.columns.map(({ name, type }) => [name, type.type]))
  }

  static async open(source: TextSource, cost: () => Cost, options: ReadOptions): Promise<CsvDataset> {
    return new CsvDataset(source, cost, layoutOf(await sampleOf(source, options)))
  }

  async describe(): Promise<Description> {
    const { dialect, columns, records, complete, comments, header } = this.#layout
    const described = columns.map(column => describedColumn(column, records, complete))
    const time = timeCoverage(described)
    const warnings: string[] = []
    if (!complete) warnings.push('types follow from a sample of the file; the number of rows is not known')
    if (comments > 0) warnings.push(`${comments} lines of comment (#) before the table are passed over`)
    if (!header) warnings.push('the first line names no columns: they are counted')
    return {
      format: dialect.delimiter === '\t' ? 'tsv' : 'csv',
      model: 'table',
      ...(this.#source.size !== undefined && { size: this.#source.size }),
      codecs: this.#source.gzip ? ['gzip'] : [],
      attributes: { delimiter: dialect.delimiter, ...(dialect.quote && { quote: dialect.quote }) },
      table: { columns: described, ...(complete && { rows: records.length }) },
      coverage: time ? { time } : {},
      warnings,
      cost: this.#cost(),
    }
  }

  async estimate(selection: RowSelection): Promise<Cost> {
    return textCost(this.#source, selection, this.#layout.bytesPerRow)
  }

  async *read(selection: RowSelection, options: ReadOptions = {}): AsyncGenerator<RowBatch> {
    yield* selectedRows(this.#batches(options), selection, this.#types)
  }

  async close(): Promise<void> {}

  async *#batches(options: ReadOptions): AsyncGenerator<RowSource> {
    const { dialect, comments, header } = this.#layout
    const parser = new CsvParser(dialect)
    const comment = new CommentSkipper(comments)
    let pastHeader = !header
    let row = 0
    const batchesOf = function* (this: CsvDataset, records: readonly CsvRecord[]): Generator<RowSource> {
      let at = 0
      if (!pastHeader && records.length > 0) {
        at = 1
        pastHeader = true
      }
      for (; at < records.length; at += BATCH_ROWS) {
        const part = records.slice(at, at + BATCH_ROWS)
        yield this.#rows(part, row)
        row += part.length
      }
    }.bind(this)
    for await (const text of this.#source.text(options)) {
      options.signal?.throwIfAborted()
      yield* batchesOf(parser.push(comment.push(text)))
    }
    yield* batchesOf(parser.push('', true))
  }

  #rows(records: readonly CsvRecord[], first: number): RowSource {
    const { columns } = this.#layout
    const byName = new Map(columns.map(column => [column.name, column]))
    for (const [i, record] of records.entries())
      if (record.length > columns.length)
        throw new ReaderError(
          'Corrupt',
          `row ${first + i + 1} has ${record.length} cells where ${columns.length} columns are: is a cell with the delimiter not quoted?`,
          { row: first + i + 1 },
        )
    return {
      rows: records.length,
      column: name => {
        const { at, type } = byName.get(name)!
        return records.map((record, i) => {
          const cell = record[at] ?? null
          if (cell === null) return null
          const value = type.parse(cell)
          if (value !== undefined) return value
          if (cell === '') return null
          throw misfit(first + i + 1, name, cell, type.type)
        })
      },
    }
  }
}

export function misfit(row: number, column: string, value: string, type: string): ReaderError {
  const shown = value.length > 60 ? `${value.slice(0, 60)}…` : value
  return new ReaderError(
    'Corrupt',
    `row ${row}, column '${column}': '${shown}' is no ${type}, which the sampled rows are; leave the column out (name the others), or correct the value`,
    { row, column, type },
  )
}

function layoutOf({ beginning, complete, elsewhere }: Sample): Layout {
  const comments = /^(#[^\n]*\n)*/.exec(beginning)![0].split('\n').length - 1
  const text = beginning.slice(/^(#[^\n]*\n)*/.exec(beginning)![0].length)
  const dialect = sniffDialect(text, complete)?.dialect ?? { delimiter: ',', quote: '"' }
  const all = recordsIn(text, dialect, complete)
  const width = Math.max(1, ...all.map(record => record.length))
  const header = all.length > 0 && hasHeader(all[0]!)
  const records = header ? all.slice(1) : all
  const others = elsewhere
    .flatMap(part => recordsIn(part, dialect, true))
    .filter(record => record.length === width)
  const names = namesOf(header ? all[0] : undefined, width)
  const columns = names.map((name, at): CsvColumn => {
    const cells = [...records, ...others].flatMap(record => record[at] || [])
    return { name, at, type: cellTypeOf(cells) }
  })
  const bytesPerRow = Math.ceil(text.length / Math.max(1, records.length))
  return { dialect, comments, header, columns, records, complete, bytesPerRow }
}

function describedColumn(
  { name, at, type }: CsvColumn,
  records: readonly CsvRecord[],
  complete: boolean,
): Column {
  const column: Column = { name, type: type.type, nullable: true }
  if (!complete) return column
  const values = records.map(record => {
    const cell = record[at] ?? null
    return cell === null ? null : (type.parse(cell) ?? null)
  })
  const present = values.filter(value => value !== null) as (number | bigint | string | Date)[]
  const nulls = values.length - present.length
  const comparable = present.filter(value => !Number.isNaN(value))
  if (comparable.length === 0 || type.type === 'bool') return { ...column, nulls }
  const min = comparable.reduce((a, b) => (b < a ? b : a))
  const max = comparable.reduce((a, b) => (b > a ? b : a))
  const range = rangeOf(type.type, min, max)
  return { ...column, nulls, ...(range && { range }) }
}

/** Leaves out the first so many lines of text that comes in pieces. */
class CommentSkipper {
  #left: number

  constructor(lines: number) {
    this.#left = lines
  }

  push(text: string): string {
    let at = 0
    while (this.#left > 0) {
      const end = text.indexOf('\n', at)
      if (end < 0) return ''
      at = end + 1
      this.#left--
    }
    return at === 0 ? text : text.slice(at)
  }
}
