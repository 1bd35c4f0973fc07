import { QueryError } from './errors.ts'

/** Opaque keyset cursors: where the last page ended, so that arrivals and departures shift nothing. */
export type Position = readonly [sortKey: string, uri: string]

const LONGEST = 4096

export function encodePosition(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url')
}

/** @throws QueryError InvalidCursor */
export function decodePosition(cursor: string | undefined): Position | undefined {
  if (cursor === undefined) return undefined
  const refused = new QueryError(
    'InvalidCursor',
    `cursor '${cursor.slice(0, 60)}' was not answered by this query: leave it out to begin anew`,
  )
  if (cursor.length > LONGEST || !/^[\w-]+$/.test(cursor)) throw refused
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    throw refused
  }
  if (!Array.isArray(value) || value.length !== 2 || !value.every(part => typeof part === 'string'))
    throw refused
  return value as unknown as Position
}

/** One page of rows that were asked for with one more than fits: the page, and the cursor of the next one if there is more. */
export function paged<Row>(
  rows: readonly Row[],
  limit: number,
  positionOf: (row: Row) => Position,
): { page: Row[]; cursor?: string } {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return rows.length > limit && last ? { page, cursor: encodePosition(positionOf(last)) } : { page }
}
