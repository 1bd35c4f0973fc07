import type { RowBatch, RowSelection, TableDataset } from '../../dataset.ts'
import { ReaderError } from '../../errors.ts'
import type { Description } from '../../model.ts'
import type { Cost, ReadOptions } from '../../objects.ts'
import { parseJson } from '../../table/json.ts'
import { type RowSource, selectedRows } from '../../table/rows.ts'
import { misfit } from '../csv/dataset.ts'
import { type Sample, sampleOf, textCost } from '../text/sample.ts'
import type { TextSource } from '../text/source.ts'
import { ElementSplitter, LineSplitter, type Splitter } from './splitters.ts'
import { fieldsOf, isObject, type JsonType, jsonTypeOf } from './values.ts'

type Row = Readonly<Record<string, unknown>>

const BATCH_ROWS = 2048

/**
 * Objects as rows: one a line, or the elements of one array. Types follow from the beginning, the middle and the end of the file,
 * and hold for all of it; a field or a value that the sample does not foresee is an error that names it, never lost.
 */
export class JsonDataset implements TableDataset {
  readonly model = 'table'
  readonly #source: TextSource
  readonly #cost: () => Cost
  readonly #sample: JsonSample
  readonly #columns: ReadonlyMap<string, JsonType>
  readonly #types: ReadonlyMap<string, string>

  private constructor(source: TextSource, cost: () => Cost, sample: JsonSample) {
    this.#source = source
    this.#cost = cost
    this.#sample = sample
    const all = [...sample.rows, ...sample.elsewhere]
    this.#columns = new Map(fieldsOf(all).map(name => [name, jsonTypeOf(all.map(row => row[name]))]))
    this.#types = new Map([...this.#columns].map(([name, { type }]) => [name, type]))
  }

  /**
   * @param singleRow whether one object alone may be a table of one row: where the name says NDJSON
   * @throws {ReaderError} `Unrecognised` for JSON that is no table, `Corrupt`.
   */
  static async open(
    source: TextSource,
    cost: () => Cost,
    singleRow: boolean,
    options: ReadOptions,
  ): Promise<JsonDataset> {
    return new JsonDataset(
      source,
      cost,
      jsonSampleOf(await sampleOf(source, options), source.objects.name, singleRow),
    )
  }

  async describe(): Promise<Description> {
    const { lines, complete, rows } = this.#sample
    return {
      format: lines ? 'ndjson' : 'json',
      model: 'table',
      ...(this.#source.size !== undefined && { size: this.#source.size }),
      codecs: this.#source.gzip ? ['gzip'] : [],
      attributes: {},
      table: {
        columns: [...this.#types].map(([name, type]) => ({
          name,
          type,
          nullable: true,
          ...(complete && { nulls: rows.filter(row => (row[name] ?? null) === null).length }),
        })),
        ...(complete && { rows: rows.length }),
      },
      coverage: {},
      warnings: complete ? [] : ['types follow from a sample of the file; the number of rows is not known'],
      cost: this.#cost(),
    }
  }

  async estimate(selection: RowSelection): Promise<Cost> {
    return textCost(this.#source, selection, this.#sample.bytesPerRow)
  }

  async *read(selection: RowSelection, options: ReadOptions = {}): AsyncGenerator<RowBatch> {
    yield* selectedRows(this.#batches(options, selection.columns === undefined), selection, this.#types)
  }

  async close(): Promise<void> {}

  async *#batches(options: ReadOptions, whole: boolean): AsyncGenerator<RowSource> {
    const splitter: Splitter = this.#sample.lines ? new LineSplitter() : new ElementSplitter()
    let row = 0
    const batchesOf = function* (this: JsonDataset, records: readonly string[]): Generator<RowSource> {
      for (let at = 0; at < records.length; at += BATCH_ROWS) {
        const rows = records.slice(at, at + BATCH_ROWS).map((text, i) => rowOf(text, row + i + 1))
        if (whole) this.#refuseUnknown(rows, row)
        yield this.#rows(rows, row)
        row += rows.length
      }
    }.bind(this)
    for await (const text of this.#source.text(options)) {
      options.signal?.throwIfAborted()
      yield* batchesOf(splitter.push(text))
    }
    yield* batchesOf(splitter.push('', true))
  }

  #refuseUnknown(rows: readonly Row[], first: number): void {
    for (const [i, row] of rows.entries())
      for (const name in row)
        if (!this.#columns.has(name))
          throw new ReaderError(
            'Corrupt',
            `row ${first + i + 1} has the field '${name}', which the sampled rows have not; name the columns that are wanted to leave it out`,
            { row: first + i + 1, column: name },
          )
  }

  #rows(rows: readonly Row[], first: number): RowSource {
    return {
      rows: rows.length,
      column: name => {
        const { type, convert } = this.#columns.get(name)!
        return rows.map((row, i) => {
          const value = convert(Object.hasOwn(row, name) ? row[name] : null)
          if (value === undefined) throw misfit(first + i + 1, name, String(row[name]), type)
          return value
        })
      },
    }
  }
}

function rowOf(text: string, row: number): Row {
  let value: unknown
  try {
    value = parseJson(text)
  } catch (error) {
    throw new ReaderError('Corrupt', `row ${row} is no JSON: ${(error as Error).message}`, { row })
  }
  if (isObject(value)) return value
  throw new ReaderError('Corrupt', `row ${row} is no object, which the rows before are`, { row })
}

interface JsonSample {
  readonly lines: boolean
  readonly rows: readonly Record<string, unknown>[]
  readonly elsewhere: readonly Record<string, unknown>[]
  readonly complete: boolean
  readonly bytesPerRow: number
}

function jsonSampleOf(
  { beginning, complete, elsewhere }: Sample,
  name: string,
  singleRow: boolean,
): JsonSample {
  const lines = beginning.trimStart().startsWith('{')
  const splitter = lines ? new LineSplitter() : new ElementSplitter()
  const texts = splitter.push(beginning, complete)
  const values = texts.map(text => {
    try {
      return parseJson(text)
    } catch {
      return undefined
    }
  })
  if (lines && (values[0] === undefined || !isObject(values[0]))) throw noTable(beginning, complete, name)
  if (lines && complete && values.length === 1 && !singleRow) throw noTable(beginning, complete, name)
  if (!lines && complete && texts.length === 0) throw notObjects(name, 'nothing')
  if (!lines && !isObject(values[0]))
    throw notObjects(name, texts.length === 0 ? 'very long elements' : kindOf(values[0]))
  const rows = values.map((value, i) => {
    if (isObject(value)) return value
    throw new ReaderError('Corrupt', `row ${i + 1} of '${name}' is no JSON object`, { row: i + 1 })
  })
  const others = lines ? elsewhere.flatMap(objectsIn) : []
  return {
    lines,
    rows,
    elsewhere: others,
    complete,
    bytesPerRow: Math.ceil(beginning.length / Math.max(1, rows.length)),
  }
}

/** Rows of a piece of the file that begins with a line. */
function objectsIn(text: string): readonly Record<string, unknown>[] {
  return new LineSplitter().push(text, true).flatMap(line => {
    try {
      const value = parseJson(line)
      return isObject(value) ? [value] : []
    } catch {
      return []
    }
  })
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'something else'
  return Array.isArray(value) ? 'arrays' : value === null ? 'nulls' : `${typeof value}s`
}

function notObjects(name: string, found: string): ReaderError {
  return new ReaderError(
    'Unrecognised',
    `'${name}' is a JSON array of ${found}: only arrays of objects are tables`,
    { seen: 'json array' },
  )
}

function noTable(text: string, complete: boolean, name: string): ReaderError {
  const keys = [...text.slice(0, 4096).matchAll(/"((?:[^"\\]|\\.){1,60})"\s*:/g)]
    .slice(0, 6)
    .map(([, key]) => `'${key}'`)
  let kind = 'a JSON document'
  if (/"type"\s*:\s*"FeatureCollection"/.test(text)) kind = 'a GeoJSON FeatureCollection'
  else if (/"type"\s*:\s*"Topology"/.test(text)) kind = 'a TopoJSON topology'
  const what = complete || keys.length > 0 ? ` (fields ${keys.join(', ')}, …)` : ''
  return new ReaderError(
    'Unrecognised',
    `'${name}' is ${kind}${what} and no table: tables are arrays of objects, or one object a line (NDJSON)`,
    { seen: 'json' },
  )
}
