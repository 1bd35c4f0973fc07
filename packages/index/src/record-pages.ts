import { setImmediate as breath } from 'node:timers/promises'
import { inParts } from './in-parts.ts'
import type { Database, RecordRow } from './schema.ts'

const RECORDS_A_PAGE = 1000

/** What is known of a record before it is read. */
export type RecordPlace = Pick<RecordRow, 'uri' | 'did' | 'collection' | 'seq'>

export type ShownRecord = RecordPlace & Pick<RecordRow, 'rkey' | 'cid' | 'json' | 'sort_at' | 'indexed_at'>

/**
 * Pages of the records that are shown, in the order of their names. A statement looks at one page whatever is wanted, and others
 * come in between: SQLite answers in the thread that asks.
 */
export async function* recordPages(
  db: Database,
  wanted: (place: RecordPlace) => boolean,
): AsyncGenerator<ShownRecord[]> {
  for (let after = ''; ; ) {
    const places = await db
      .selectFrom('record')
      .select(['uri', 'did', 'collection', 'seq', 'visible'])
      .where('uri', '>', after)
      .orderBy('uri')
      .limit(RECORDS_A_PAGE)
      .execute()
    const last = places.at(-1)
    if (!last) return
    const uris = places.filter(place => place.visible === 1 && wanted(place)).map(({ uri }) => uri)
    const rows = await inParts(uris, part =>
      db
        .selectFrom('record')
        .select(['uri', 'did', 'collection', 'rkey', 'cid', 'json', 'sort_at', 'indexed_at', 'seq'])
        .where('uri', 'in', part)
        .where('visible', '=', 1)
        .orderBy('uri')
        .execute(),
    )
    if (rows.length > 0) yield rows
    await breath()
    after = last.uri
  }
}
