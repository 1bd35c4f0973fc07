import type { Database, LinkRow } from './schema.ts'
import { rowsOf } from './write-session.ts'

const RECORDS_A_PAGE = 500

/** Makes the links of one record type anew, for a step of the schema after which its projection says other ones. */
export async function projectLinks(db: Database, collection: string): Promise<void> {
  for (let last = ''; ; ) {
    const rows = await db
      .selectFrom('record')
      .selectAll()
      .where('collection', '=', collection)
      .where('visible', '=', 1)
      .where('uri', '>', last)
      .orderBy('uri')
      .limit(RECORDS_A_PAGE)
      .execute()
    if (rows.length === 0) return
    last = rows.at(-1)!.uri
    const uris = rows.map(({ uri }) => uri)
    await db.deleteFrom('link').where('uri', 'in', uris).execute()
    const links = rows.flatMap(row =>
      rowsOf(row).links.map(
        ({ kind, subject, sortKey }): LinkRow => ({
          uri: row.uri,
          did: row.did,
          kind,
          subject,
          sort_key: sortKey,
        }),
      ),
    )
    for (let start = 0; start < links.length; start += RECORDS_A_PAGE)
      await db
        .insertInto('link')
        .values(links.slice(start, start + RECORDS_A_PAGE))
        .execute()
  }
}
