import type { RowBatch } from '../dataset.ts'

/** Batches of a table put together, column by column, until they are of some size. */
export interface RowGroup {
  readonly rows: number
  readonly columns: ReadonlyMap<string, ArrayLike<unknown>>
}

/** Groups of about so many rows; fewer where values are long, so that a group is about `bytes` at most. */
export async function* rowGroups(
  batches: AsyncIterable<RowBatch>,
  names: readonly string[],
  { rows: wanted, bytes: most }: { readonly rows: number; readonly bytes: number },
): AsyncGenerator<RowGroup> {
  let pending: RowBatch[] = []
  let [rows, bytes] = [0, 0]
  for await (const batch of batches) {
    if (batch.rows === 0) continue
    pending.push(batch)
    rows += batch.rows
    bytes += sizeOf(batch, names)
    if (rows >= wanted || bytes >= most) {
      yield joined(pending, names, rows)
      pending = []
      rows = 0
      bytes = 0
    }
  }
  if (rows > 0) yield joined(pending, names, rows)
}

function joined(batches: readonly RowBatch[], names: readonly string[], rows: number): RowGroup {
  const columns = new Map(
    names.map(name => [
      name,
      concatenate(
        batches.map(batch => batch.columns.get(name)!),
        batches.map(batch => batch.rows),
        rows,
      ),
    ]),
  )
  return { rows, columns }
}

type Typed = Float64Array & { constructor: new (length: number) => Typed }

function concatenate(
  parts: readonly ArrayLike<unknown>[],
  lengths: readonly number[],
  rows: number,
): ArrayLike<unknown> {
  const [first] = parts
  if (ArrayBuffer.isView(first) && parts.every(part => part.constructor === first.constructor)) {
    const all = new (first as unknown as Typed).constructor(rows)
    let at = 0
    parts.forEach((part, index) => {
      all.set((part as Float64Array).subarray(0, lengths[index]), at)
      at += lengths[index]!
    })
    return all
  }
  const all: unknown[] = []
  parts.forEach((part, index) => {
    for (let at = 0; at < lengths[index]!; at++) all.push(part[at])
  })
  return all
}

/** From the first values of each column: an estimate. */
function sizeOf(batch: RowBatch, names: readonly string[]): number {
  let perRow = 0
  for (const name of names) {
    const column = batch.columns.get(name)!
    let sum = 0
    const looked = Math.min(batch.rows, 50)
    for (let at = 0; at < looked; at++) sum += valueSize(column[at])
    perRow += sum / Math.max(1, looked)
  }
  return perRow * batch.rows
}

function valueSize(value: unknown): number {
  if (typeof value === 'string') return 16 + value.length * 2
  if (value instanceof Uint8Array) return 16 + value.length
  if (Array.isArray(value)) return 16 + value.reduce<number>((sum, item) => sum + valueSize(item), 0)
  if (typeof value === 'object' && value !== null && !(value instanceof Date))
    return 16 + Object.values(value).reduce<number>((sum, item) => sum + valueSize(item), 0)
  return 8
}
