import type { RowBatch } from '../dataset.ts'

/** What `offset` and `limit` leave of a stream of rows. */
export class RowWindow {
  #skip: number
  #left: number
  #start = 0

  constructor(offset = 0, limit = Number.POSITIVE_INFINITY) {
    this.#skip = Math.max(0, offset)
    this.#left = Math.max(0, limit)
  }

  get done(): boolean {
    return this.#left === 0
  }

  /** Rows that need not be made at all, of so many that follow; they count as passed. */
  passOver(rows: number): number {
    const passed = Math.min(rows, this.#skip)
    this.#skip -= passed
    return passed
  }

  get left(): number {
    return this.#left
  }

  /** The wanted part of the next rows, numbered within the selection; undefined when nothing of them is wanted. */
  cut(rows: number, columns: ReadonlyMap<string, ArrayLike<unknown>>): RowBatch | undefined {
    const from = this.passOver(rows)
    const count = Math.min(rows - from, this.#left)
    if (count <= 0) return undefined
    const start = this.#start
    this.#start += count
    this.#left -= count
    if (count === rows) return { start, rows, columns }
    const cut = new Map([...columns].map(([name, values]) => [name, sliceOf(values, from, from + count)]))
    return { start, rows: count, columns: cut }
  }
}

export function sliceOf(values: ArrayLike<unknown>, from: number, to: number): ArrayLike<unknown> {
  if (Array.isArray(values)) return values.slice(from, to)
  return (values as Float64Array).subarray(from, to)
}
