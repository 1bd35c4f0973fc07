import type { Table } from '@uwdata/flechette'
import type { RowBatch, RowSelection, TableDataset } from '../../dataset.ts'
import { ReaderError } from '../../errors.ts'
import type { Description } from '../../model.ts'
import type { Cost, ReadOptions } from '../../objects.ts'
import { type RowSource, resolved, selectedRows } from '../../table/rows.ts'
import { decoding, tableOf } from './decode.ts'
import { converted, knownType } from './types.ts'

/** A record batch that can be read, and what is known of it before. */
export interface BatchPlace {
  /** Known only once its metadata was read. */
  rows(options: ReadOptions): Promise<number>
  /** Schema, dictionaries and the batch itself. */
  messages(options: ReadOptions): Promise<readonly Uint8Array[]>
  readonly bytes: number
}

/** Arrow data, wherever its messages lie. */
export interface ArrowSource {
  readonly kind: 'file' | 'stream'
  readonly schema: Uint8Array
  readonly size: number | undefined
  readonly codecs: readonly string[]
  /** All of them, where they are known without reading on. */
  readonly known: readonly BatchPlace[] | undefined
  batches(options: ReadOptions): AsyncGenerator<BatchPlace>
}

const BATCH_ROWS = 4096
/** Record batches whose metadata is read to count rows; more would cost more than a description may. */
const COUNTED_BATCHES = 6

export class ArrowDataset implements TableDataset {
  readonly model = 'table'
  readonly #source: ArrowSource
  readonly #cost: () => Cost
  readonly #schema: Table['schema']
  readonly #types: ReadonlyMap<string, string>

  constructor(source: ArrowSource, cost: () => Cost) {
    this.#source = source
    this.#cost = cost
    this.#schema = tableOf([source.schema]).schema
    this.#types = decoding(
      () => new Map(this.#schema.fields.map(({ name, type }) => [name, knownType(type).type])),
    )
    if (this.#types.size !== this.#schema.fields.length)
      throw new ReaderError('Unsupported', 'the Arrow schema has several columns of the same name')
  }

  async describe(options: ReadOptions = {}): Promise<Description> {
    const { known, kind, size, codecs } = this.#source
    const counted = known !== undefined && known.length <= COUNTED_BATCHES
    const rows = counted ? await Promise.all(known.map(batch => batch.rows(options))) : undefined
    return {
      format: 'arrow',
      formatVersion: kind,
      model: 'table',
      ...(size !== undefined && { size }),
      codecs,
      attributes: Object.fromEntries(this.#schema.metadata ?? []),
      table: {
        columns: this.#schema.fields.map(({ name, nullable }) => ({
          name,
          type: this.#types.get(name)!,
          nullable,
        })),
        ...(rows && { rows: rows.reduce((sum, count) => sum + count, 0) }),
        ...(known && { rowGroups: known.length }),
      },
      coverage: {},
      warnings: rows ? [] : ['the number of rows is only known by reading on'],
      cost: this.#cost(),
    }
  }

  async estimate(selection: RowSelection): Promise<Cost> {
    resolved(selection, this.#types)
    const { known, size = Number.MAX_SAFE_INTEGER } = this.#source
    const { where = [], limit = Number.POSITIVE_INFINITY, offset = 0 } = selection
    if (known === undefined) return { requests: Math.ceil(size / (4 * 1024 * 1024)) + 3, bytes: size }
    let [requests, bytes, passed] = [0, 0, 0]
    for (const batch of known) {
      if (where.length === 0 && passed >= offset + limit) break
      const rows =
        where.length === 0 && (limit !== Number.POSITIVE_INFINITY || offset > 0) ? await batch.rows({}) : 0
      if (passed + rows > offset || rows === 0) {
        requests++
        bytes += batch.bytes
      }
      passed += rows
    }
    return { requests, bytes }
  }

  async *read(selection: RowSelection, options: ReadOptions = {}): AsyncGenerator<RowBatch> {
    const skipped = (selection.where ?? []).length === 0 ? (selection.offset ?? 0) : 0
    const state = { toSkip: skipped }
    const rest = skipped === 0 ? selection : { ...selection, offset: 0 }
    yield* selectedRows(this.#rows(state, options), rest, this.#types)
  }

  async close(): Promise<void> {}

  /** Rows after those to skip; batches that lie before are not read. */
  async *#rows(state: { toSkip: number }, options: ReadOptions): AsyncGenerator<RowSource> {
    for await (const batch of this.#source.batches(options)) {
      options.signal?.throwIfAborted()
      if (state.toSkip > 0) {
        const rows = await batch.rows(options)
        if (rows <= state.toSkip) {
          state.toSkip -= rows
          continue
        }
      }
      const table = tableOf([this.#source.schema, ...(await batch.messages(options))])
      const from = state.toSkip
      state.toSkip = 0
      for (let start = from; start < table.numRows; start += BATCH_ROWS)
        yield rowsOf(table, start, Math.min(table.numRows, start + BATCH_ROWS))
    }
  }
}

function rowsOf(table: Table, from: number, to: number): RowSource {
  return {
    rows: to - from,
    column(name) {
      const column = table.getChild(name)
      const { convert } = knownType(column.type)
      const values: unknown[] = []
      decoding(() => {
        for (let row = from; row < to; row++) values.push(converted(column.at(row), convert))
      })
      return values
    },
  }
}
