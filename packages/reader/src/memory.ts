import type { ArrayBlock, ArrayDataset, RowBatch, RowSelection, TableDataset, Values } from './dataset.ts'
import { emptyLike, lengthOf } from './gather.ts'
import type { Column, Description, Variable } from './model.ts'
import type { ReadOptions } from './objects.ts'
import { testsOf } from './table/predicate.ts'

/** A variable whose elements are made when they are asked for, or lie in memory in C order. */
export interface MemoryVariable {
  readonly variable: Variable
  /** Of the block at that place: elements in C order, as `Values` of the variable's type. */
  values(start: readonly number[], shape: readonly number[], step: readonly number[]): Values
}

const BLOCK_ELEMENTS = 262_144

/** An array dataset without a store. */
export function memoryArrays(
  variables: readonly MemoryVariable[],
  attributes: Readonly<Record<string, unknown>> = {},
  format = 'memory',
): ArrayDataset {
  const find = (name: string) => variables.find(({ variable }) => variable.name === name)!
  const sizes = new Map(
    variables.flatMap(({ variable }) =>
      variable.dimensions.map((name, axis) => [name, variable.shape[axis]!] as const),
    ),
  )
  const description: Description = {
    format,
    model: 'array',
    codecs: [],
    attributes,
    array: {
      dimensions: [...sizes].map(([name, size]) => ({ name, size })),
      variables: variables.map(({ variable }) => variable),
    },
    coverage: {},
    warnings: [],
    cost: { requests: 0, bytes: 0 },
  }
  return {
    model: 'array',
    describe: async () => description,
    /** As if every chunk were one request. */
    async estimate(name, ranges) {
      const { variable } = find(name)
      const width = Number(/\d+$/.exec(variable.dtype)?.[0] ?? 64) / 8
      let [requests, elements] = [1, 1]
      ranges.forEach((range, axis) => {
        const chunk = variable.chunks?.[axis] ?? Math.max(1, variable.shape[axis]!)
        const touched = new Set(
          Array.from({ length: lengthOf(range) }, (_, at) =>
            Math.floor((range.start + at * range.step) / chunk),
          ),
        )
        requests *= touched.size
        elements *= touched.size * chunk
      })
      return { requests, bytes: elements * width }
    },
    async *read(name, ranges, { signal }: ReadOptions = {}): AsyncGenerator<ArrayBlock> {
      const memory = find(name)
      for (const { start, shape } of blocksOf(ranges.map(lengthOf))) {
        signal?.throwIfAborted()
        const from = start.map((at, axis) => ranges[axis]!.start + at * ranges[axis]!.step)
        yield {
          start,
          shape,
          values: memory.values(
            from,
            shape,
            ranges.map(({ step }) => step),
          ),
          missingChunks: 0,
        }
      }
    },
    close: async () => {},
  }
}

/** Values of a variable that lie in memory. */
export function held(variable: Variable, all: Values): MemoryVariable {
  const width = variable.dtype.startsWith('complex') ? 2 : 1
  return {
    variable,
    values(start, shape, step) {
      const count = shape.reduce((product, length) => product * length, 1)
      const result = emptyLike(all, count * width) as unknown[]
      const index = shape.map(() => 0)
      for (let at = 0; at < count; at++) {
        let from = 0
        index.forEach((value, axis) => {
          from = from * variable.shape[axis]! + start[axis]! + value * step[axis]!
        })
        for (let part = 0; part < width; part++) result[at * width + part] = all[from * width + part]
        for (let axis = shape.length - 1; axis >= 0; axis--) {
          if (++index[axis]! < shape[axis]!) break
          index[axis] = 0
        }
      }
      return result as unknown as Values
    },
  }
}

/** Slabs of whole trailing dimensions, of at most so many elements where one row is not more. */
function* blocksOf(
  shape: readonly number[],
): Generator<{ start: readonly number[]; shape: readonly number[] }> {
  if (shape.includes(0)) return
  let axis = shape.length - 1
  let below = 1
  while (axis > 0 && below * shape[axis]! <= BLOCK_ELEMENTS) below *= shape[axis--]!
  if (axis < 0) {
    yield { start: [], shape: [] }
    return
  }
  const extent = Math.max(1, Math.floor(BLOCK_ELEMENTS / below))
  function* outer(depth: number, start: readonly number[]): Generator<readonly number[]> {
    if (depth === axis) yield start
    else for (let at = 0; at < shape[depth]!; at++) yield* outer(depth + 1, [...start, at])
  }
  for (const before of outer(0, []))
    for (let at = 0; at < shape[axis]!; at += extent)
      yield {
        start: [...before, at, ...shape.slice(axis + 1).map(() => 0)],
        shape: [...before.map(() => 1), Math.min(extent, shape[axis]! - at), ...shape.slice(axis + 1)],
      }
}

/** A table without a store. */
export function memoryTable(
  columns: readonly (Column & { readonly values: ArrayLike<unknown> })[],
  batchRows = 1000,
): TableDataset {
  const rows = columns[0]?.values.length ?? 0
  const types = new Map(columns.map(({ name, type }) => [name, type]))
  return {
    model: 'table',
    describe: async () => ({
      format: 'memory',
      model: 'table',
      codecs: [],
      attributes: {},
      table: { columns: columns.map(({ values: _, ...column }) => column), rows },
      coverage: {},
      warnings: [],
      cost: { requests: 0, bytes: 0 },
    }),
    estimate: async ({ columns: names }: RowSelection) => ({
      requests: 1,
      bytes: rows * 8 * (names?.length ?? columns.length),
    }),
    async *read(
      { columns: names, where = [], offset = 0, limit = Number.POSITIVE_INFINITY },
      { signal } = {},
    ): AsyncGenerator<RowBatch> {
      const tests = testsOf(where, types)
      const value = (name: string, row: number) => columns.find(column => column.name === name)!.values[row]
      const matching: number[] = []
      for (let row = 0; row < rows; row++)
        if (tests.every(test => test.accepts(value(test.column, row)))) matching.push(row)
      const chosen = matching.slice(offset, offset + limit)
      for (let start = 0; start < chosen.length; start += batchRows) {
        signal?.throwIfAborted()
        const part = chosen.slice(start, start + batchRows)
        yield {
          start,
          rows: part.length,
          columns: new Map(
            (names ?? columns.map(({ name }) => name)).map(name => [name, part.map(row => value(name, row))]),
          ),
        }
      }
    },
    close: async () => {},
  }
}
