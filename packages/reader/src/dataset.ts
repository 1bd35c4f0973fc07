import type { Description, StoreDiff } from './model.ts'
import type { Cost, ReadOptions } from './objects.ts'

/** Numbers of any width that arrays are stored in. */
export type TypedArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array

/**
 * Values of one variable: numbers as stored in a typed array, int64 as bigint, strings and bytes in plain arrays. float16 comes
 * as float32; complex numbers as pairs (real, imaginary), so twice as many elements; NumPy's datetime64 as int64.
 */
export type Values = TypedArray | readonly (string | Uint8Array | boolean | null)[]

/** Per dimension of a variable: first index, end (exclusive) and step. */
export interface IndexRange {
  readonly start: number
  readonly end: number
  readonly step: number
}

/** Part of an array in C order. `start` is in steps of the selection, so blocks of one selection tile it. */
export interface ArrayBlock {
  readonly start: readonly number[]
  readonly shape: readonly number[]
  readonly values: Values
  /** Chunks that the store does not hold: their elements are the fill value. */
  readonly missingChunks: number
}

/** Part of a table: columns of equal length. int64 as bigint, times as Date or ISO 8601 text beyond milliseconds. */
export interface RowBatch {
  /** Index of the first row within the selection. */
  readonly start: number
  readonly rows: number
  readonly columns: ReadonlyMap<string, ArrayLike<unknown>>
}

export interface RowSelection {
  /** All of them when absent, in the table's order. */
  readonly columns?: readonly string[]
  /** All must hold. Pushed down to row groups, pages or files where statistics allow, then checked on each row. */
  readonly where?: readonly Predicate[]
  readonly offset?: number
  readonly limit?: number
}

export interface Predicate {
  readonly column: string
  readonly op: '=' | '!=' | '<' | '<=' | '>' | '>='
  readonly value: number | bigint | string | boolean | null
}

interface Opened {
  describe(options?: ReadOptions): Promise<Description>
  /** Where the store has versions of its own: what changed between two of them (`branch:`, `tag:` or `snapshot:`). */
  diff?(from: string, to: string, options?: ReadOptions): Promise<StoreDiff>
  close(): Promise<void>
}

export interface ArrayDataset extends Opened {
  readonly model: 'array'
  /** What reading would cost, without reading. */
  estimate(variable: string, ranges: readonly IndexRange[]): Promise<Cost>
  /** Blocks in C order of their starts, each of at most a few MB; values are raw (before scale and offset). */
  read(variable: string, ranges: readonly IndexRange[], options?: ReadOptions): AsyncIterable<ArrayBlock>
}

export interface TableDataset extends Opened {
  readonly model: 'table'
  estimate(selection: RowSelection): Promise<Cost>
  /** Batches in the table's order, each of at most a few thousand rows. */
  read(selection: RowSelection, options?: ReadOptions): AsyncIterable<RowBatch>
}

export type Dataset = ArrayDataset | TableDataset
