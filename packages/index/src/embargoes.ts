import { inParts } from './in-parts.ts'
import { parseRecord } from './record-text.ts'
import type { Database } from './schema.ts'
import type { SearchEngine } from './search/engine.ts'
import { accessLevels } from './search-document.ts'

const EMBARGOED = 'embargoed'
const HITS_A_PAGE = 100

/** Datasets that search takes for embargoed though their embargo has ended by a time: nobody wrote anything. */
export async function datasetsOfEndedEmbargoes(
  db: Database,
  search: SearchEngine,
  now: Date,
): Promise<string[]> {
  const uris: string[] = []
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
    const page = await search.search({ access: [EMBARGOED], limit: HITS_A_PAGE, ...(cursor && { cursor }) })
    uris.push(...page.hits.map(({ uri }) => uri))
    cursor = page.cursor
  }
  const rows = await inParts(uris, part =>
    db.selectFrom('record').select(['uri', 'json']).where('uri', 'in', part).execute(),
  )
  return rows
    .filter(({ json }) => !accessLevels(parseRecord(json), now).includes(EMBARGOED))
    .map(({ uri }) => uri)
}
