import { nsid } from '@frost/lexicon'
import { sql } from 'kysely'
import { among } from './among.ts'
import { accountNames, entryCounts, usesOf } from './entry-facts.ts'
import { inParts } from './in-parts.ts'
import { offersOf } from './offer-facts.ts'
import { parseRecord } from './record-text.ts'
import type { Database } from './schema.ts'
import type { SearchDocument } from './search/engine.ts'
import { searchDocument } from './search-document.ts'
import { withWholeModels } from './whole-models.ts'

/** Bytes of records that are held at once: strangers decide how large each is. */
const MOST_BYTES_AT_ONCE = 16_000_000

/** What search knows of these datasets as they are now; those that are not visible are left out. */
export async function documentsOf(
  db: Database,
  uris: readonly string[],
  now = new Date(),
): Promise<SearchDocument[]> {
  const rows = await inParts(uris, part =>
    db
      .selectFrom('record')
      .select(['uri', 'did', sql<number>`octet_length(json)`.as('bytes')])
      .where(among(db, 'uri', part))
      .where('collection', '=', nsid('dataset.entry'))
      .where('visible', '=', 1)
      .execute(),
  )
  const held = rows.map(({ uri }) => uri)
  const [names, counts, offers] = await Promise.all([
    accountNames(
      db,
      rows.map(({ did }) => did),
    ),
    entryCounts(db, held),
    offersOf(db, held, now),
  ])
  const documents: SearchDocument[] = []
  for (const part of inBytes(rows))
    for (const { uri, did, sort_at, json } of await entriesOf(db, part)) {
      const account = names.get(did)
      documents.push(
        searchDocument(await withWholeModels(db, uri, parseRecord(json)), {
          uri,
          did,
          sortAt: sort_at,
          account: [account?.name, account?.handle].filter(Boolean).join(' '),
          used: usesOf(counts.get(uri) ?? {}),
          offers: offers.get(uri),
          now,
        }),
      )
    }
  return documents
}

const entriesOf = (db: Database, uris: readonly string[]) =>
  inParts(uris, part =>
    db
      .selectFrom('record')
      .select(['uri', 'did', 'sort_at', 'json'])
      .where(among(db, 'uri', part))
      .where('visible', '=', 1)
      .execute(),
  )

/** The uris of records in parts that may be held at once. */
function inBytes(rows: readonly { readonly uri: string; readonly bytes: number }[]): string[][] {
  const all: string[][] = []
  let room = 0
  for (const { uri, bytes } of rows) {
    if (bytes > room) {
      all.push([])
      room = MOST_BYTES_AT_ONCE
    }
    all.at(-1)!.push(uri)
    room -= bytes
  }
  return all
}
