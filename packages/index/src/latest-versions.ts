import { takenBack } from './notice-facts.ts'
import type { Database } from './schema.ts'

/** Variables a statement takes on every engine. */
const MOST_TAKEN = 10_000

export interface VersionSummary {
  readonly [name: string]: string
  readonly uri: string
  readonly cid: string
  readonly version: string
  readonly releasedAt: string
}

/** The newest version of each entry that was not taken back, by the time of its release, then by uri. */
export async function latestVersions(
  db: Database,
  entries: readonly string[],
): Promise<Map<string, VersionSummary>> {
  if (entries.length === 0) return new Map()
  const taken = await takenBack(db, entries)
  const rows = await db
    .selectFrom(
      db
        .selectFrom('link')
        .select(['subject', 'uri', 'sort_key'])
        .select(({ fn }) =>
          fn
            .agg<number>('row_number')
            .over(over => over.partitionBy('subject').orderBy('sort_key', 'desc').orderBy('uri', 'desc'))
            .as('place'),
        )
        .where('kind', '=', 'version')
        .where('subject', 'in', entries)
        .$if(taken.length > 0, ask => ask.where('uri', 'not in', taken.slice(0, MOST_TAKEN)))
        .as('ranked'),
    )
    .innerJoin('record', 'record.uri', 'ranked.uri')
    .select(['ranked.subject', 'record.uri', 'record.cid', 'record.json'])
    .where('ranked.place', '=', 1)
    .execute()
  return new Map(
    rows.map(({ subject, uri, cid, json }) => {
      const { version, releasedAt } = JSON.parse(json) as { version: string; releasedAt: string }
      return [subject, { uri, cid, version, releasedAt }]
    }),
  )
}
