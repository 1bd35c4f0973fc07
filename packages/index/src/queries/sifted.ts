import { encodePosition, type Position } from '../page-cursor.ts'
import type { Page } from './list.ts'

/** Batches that are read for one page: who hides thousands makes pages short, not slow. */
const MOST_BATCHES = 10

/**
 * One page of what remains of rows that are read in order; a page may be short although a cursor says that there is more.
 * @param read rows after a position, at most so many
 * @param keep those of the rows that are shown
 */
export async function sifted<Row>(
  { limit, after }: { readonly limit: number; readonly after: Position | undefined },
  positionOf: (row: Row) => Position,
  read: (after: Position | undefined, limit: number) => Promise<readonly Row[]>,
  keep: (rows: readonly Row[]) => Promise<readonly Row[]>,
): Promise<Page<Row>> {
  const kept: Row[] = []
  let position = after
  for (let batch = 0; batch < MOST_BATCHES; batch++) {
    const rows = await read(position, limit + 1)
    kept.push(...(await keep(rows)))
    if (kept.length > limit) {
      const page = kept.slice(0, limit)
      return { page, cursor: encodePosition(positionOf(page.at(-1)!)) }
    }
    const last = rows.at(-1)
    if (rows.length <= limit || !last) return { page: kept }
    position = positionOf(last)
  }
  return { page: kept, ...(position && { cursor: encodePosition(position) }) }
}
