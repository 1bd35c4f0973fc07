import type { JsonValue } from './json-text.ts'
import { takenBack } from './notice-facts.ts'
import { items } from './projection.ts'
import type { Database } from './schema.ts'

/** Variables a statement takes on every engine. */
const MOST_TAKEN = 10_000

export interface VersionSummary {
  readonly [name: string]: JsonValue
  readonly uri: string
  readonly cid: string
  readonly version: string
  readonly releasedAt: string
  /** Corrections and issues that it settles. */
  readonly adopts?: readonly { readonly uri: string; readonly cid: string }[]
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
      const { version, releasedAt, corrects } = JSON.parse(json) as Pick<
        VersionSummary,
        'version' | 'releasedAt'
      > & { readonly corrects?: unknown }
      const adopts = strongRefs(corrects)
      return [subject, { uri, cid, version, releasedAt, ...(adopts.length > 0 && { adopts }) }]
    }),
  )
}

/** References with CID in an array field. */
export function strongRefs(field: unknown): { readonly uri: string; readonly cid: string }[] {
  return items(field).flatMap(({ uri, cid }) =>
    typeof uri === 'string' && typeof cid === 'string' ? { uri, cid } : [],
  )
}
