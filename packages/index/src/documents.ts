import { nsid } from '@frost/lexicon'
import { accountNames, entryCounts, usesOf } from './entry-facts.ts'
import { inParts } from './in-parts.ts'
import { offersOf } from './offer-facts.ts'
import { parseRecord } from './record-text.ts'
import type { Database } from './schema.ts'
import type { SearchDocument } from './search/engine.ts'
import { searchDocument } from './search-document.ts'
import { withWholeModels } from './whole-models.ts'

/** What search knows of these datasets as they are now; those that are not visible are left out. */
export async function documentsOf(
  db: Database,
  uris: readonly string[],
  now = new Date(),
): Promise<SearchDocument[]> {
  const rows = await inParts(uris, part =>
    db
      .selectFrom('record')
      .select(['uri', 'did', 'sort_at', 'json'])
      .where('uri', 'in', part)
      .where('collection', '=', nsid('dataset.entry'))
      .where('visible', '=', 1)
      .execute(),
  )
  const [records, names, counts, offers] = await Promise.all([
    withWholeModels(
      db,
      rows.map(({ uri, json }) => ({ uri, value: parseRecord(json) })),
    ),
    accountNames(
      db,
      rows.map(({ did }) => did),
    ),
    entryCounts(
      db,
      rows.map(({ uri }) => uri),
    ),
    offersOf(
      db,
      rows.map(({ uri }) => uri),
      now,
    ),
  ])
  return rows.map(({ uri, did, sort_at }, place) => {
    const account = names.get(did)
    return searchDocument(records[place]!, {
      uri,
      did,
      sortAt: sort_at,
      account: [account?.name, account?.handle].filter(Boolean).join(' '),
      used: usesOf(counts.get(uri) ?? {}),
      offers: offers.get(uri),
      now,
    })
  })
}
