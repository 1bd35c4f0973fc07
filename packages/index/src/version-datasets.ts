import { among } from './among.ts'
import { inParts } from './in-parts.ts'
import type { Database } from './schema.ts'

/** The dataset of each of these versions, as far as they are visible. */
export async function datasetsOfVersions(
  db: Database,
  versions: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await inParts(versions, part =>
    db
      .selectFrom('link')
      .select(['uri', 'subject'])
      .where(among(db, 'uri', part))
      .where('kind', '=', 'version')
      .execute(),
  )
  return new Map(rows.map(({ uri, subject }) => [uri, subject]))
}
