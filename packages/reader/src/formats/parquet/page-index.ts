import { ReaderError } from '../../errors.ts'
import type { Test } from '../../table/predicate.ts'
import type { Chunk } from './footer.ts'
import type { Leaf } from './logical.ts'
import { boundsOf } from './statistics.ts'
import { bytesField, countField, listField, readThrift, structField, ThriftTruncated } from './thrift.ts'

/** Where a page lies, header included, and the row of the group that it begins with (parquet.thrift, PageLocation). */
export interface PagePlace {
  readonly firstRow: number
  readonly start: number
  readonly end: number
}

export interface RowRange {
  readonly from: number
  readonly to: number
}

/** The offset index of a column chunk, held against the chunk. @throws {ReaderError} `Corrupt`. */
export function pagePlacesOf(bytes: Uint8Array, chunk: Chunk, rows: number): readonly PagePlace[] {
  let previous = -1
  const places = listField(thriftOf(bytes)[1]).map(location => {
    const fields = structField(location) ?? {}
    const start = countField(fields[1], 'offset of a page')
    const end = start + countField(fields[2], 'compressed_page_size')
    const firstRow = countField(fields[3], 'first_row_index')
    if (start < chunk.start || end > chunk.end || firstRow <= previous || firstRow >= rows)
      throw new ReaderError('Corrupt', 'the page index of a Parquet column points outside the column')
    previous = firstRow
    return { firstRow, start, end }
  })
  if (places.length === 0 || places[0]!.firstRow !== 0)
    throw new ReaderError('Corrupt', 'the page index of a Parquet column does not begin with its first row')
  return places
}

/** Rows of the group that its column index does not rule out; all of them where the index says nothing. */
export function candidateRows(
  bytes: Uint8Array,
  leaf: Leaf,
  test: Test,
  places: readonly PagePlace[],
  rows: number,
): readonly RowRange[] {
  const fields = thriftOf(bytes)
  const [nullPages, mins, maxs, nulls] = [fields[1], fields[2], fields[3], fields[5]].map(listField)
  if (mins!.length !== places.length || maxs!.length !== places.length || nullPages!.length !== places.length)
    return [{ from: 0, to: rows }]
  const kept: RowRange[] = []
  for (const [i, { firstRow }] of places.entries()) {
    const to = places[i + 1]?.firstRow ?? rows
    const pageRows = to - firstRow
    const count = nulls![i]
    const known = typeof count === 'number' && count >= 0 ? count : undefined
    const bounds = nullPages![i]
      ? { nulls: pageRows, rows: pageRows }
      : boundsOf(
          leaf,
          {
            nulls: known,
            min: bytesField(mins![i]),
            max: bytesField(maxs![i]),
            signedMin: undefined,
            signedMax: undefined,
            exact: false,
          },
          pageRows,
        )
    if (!test.rulesOut(bounds)) kept.push({ from: firstRow, to })
  }
  return joined(kept)
}

export function intersection(a: readonly RowRange[], b: readonly RowRange[]): readonly RowRange[] {
  const both: RowRange[] = []
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const from = Math.max(a[i]!.from, b[j]!.from)
    const to = Math.min(a[i]!.to, b[j]!.to)
    if (from < to) both.push({ from, to })
    if (a[i]!.to < b[j]!.to) i++
    else j++
  }
  return both
}

function joined(ranges: readonly RowRange[]): readonly RowRange[] {
  const merged: { from: number; to: number }[] = []
  for (const { from, to } of ranges) {
    const last = merged.at(-1)
    if (last?.to === from) last.to = to
    else merged.push({ from, to })
  }
  return merged
}

function thriftOf(bytes: Uint8Array) {
  try {
    return readThrift(bytes).value
  } catch (error) {
    if (error instanceof ThriftTruncated) throw new ReaderError('Corrupt', 'a Parquet page index is cut off')
    throw error
  }
}
