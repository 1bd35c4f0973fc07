import { nsid } from '@frost/lexicon'
import { QueryError } from '../errors.ts'
import { answer, type JsonText, raw } from '../json-text.ts'
import { decodePosition, paged } from '../page-cursor.ts'
import { items } from '../projection.ts'
import { parseRecord } from '../record-text.ts'
import type { Database } from '../schema.ts'
import { type Paging, requireEntry } from './entries.ts'
import { listLinked } from './list.ts'
import { recordViews, visibleRecord } from './views.ts'

export async function listHeads(
  db: Database,
  { entry, limit = 25, cursor }: Paging & { entry: string },
): Promise<JsonText> {
  const after = decodePosition(cursor)
  const uri = await requireEntry(db, entry)
  const { page, cursor: next } = await listLinked(db, uri, 'head', limit, after)
  const uris = page.map(({ uri }) => uri)
  const [views, moves] = await Promise.all([recordViews(db, page), movesOf(db, uris)])
  return answer({
    heads: views.map((view, place) => ({
      ...view,
      branch: branchOf(page[place]!.json),
      moves: moves.get(uris[place]!) ?? 0,
    })),
    cursor: next,
  })
}

async function movesOf(db: Database, uris: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (uris.length === 0) return new Map()
  const rows = await db
    .selectFrom('former_state')
    .select(['uri', db.fn.countAll<number>().as('count')])
    .where('uri', 'in', uris)
    .groupBy('uri')
    .execute()
  return new Map(rows.map(({ uri, count }) => [uri, Number(count)]))
}

function branchOf(json: string): string | undefined {
  for (const { pin } of items(parseRecord(json).states)) {
    const { branch } = (pin ?? {}) as { branch?: unknown }
    if (typeof branch === 'string') return branch
  }
  return undefined
}

/** The states of a head, the one that stands first, then the earlier ones as they were seen here. */
export async function listHeadStates(
  db: Database,
  { head, limit = 25, cursor }: Paging & { head: string },
): Promise<JsonText> {
  const after = placeOf(cursor, head)
  const now = await visibleRecord(db, head, nsid('dataset.head'))
  if (!now) throw new QueryError('HeadNotFound', `head '${head}' is not known here, or its owner withdrew it`)
  const rows = await db
    .selectFrom('former_state')
    .select(['cid', 'json', 'since', 'until', 'place'])
    .where('uri', '=', now.uri)
    .$if(after !== undefined, ask => ask.where('place', '<', after!))
    .orderBy('place', 'desc')
    .limit(limit + 1)
    .execute()
  const states = [
    ...(after === undefined
      ? [{ cid: now.cid, json: now.json, since: now.indexed_at, until: undefined, place: Infinity }]
      : []),
    ...rows,
  ]
  const { page, cursor: next } = paged(states, limit, ({ place }) => [String(place), now.uri])
  return answer({
    states: page.map(({ cid, json, since, until }) => ({ cid, record: raw(json), since, until })),
    cursor: next,
  })
}

/** Where the last page ended: before this place. */
function placeOf(cursor: string | undefined, head: string): number | undefined {
  const position = decodePosition(cursor)
  if (position === undefined) return undefined
  const place = position[0] === 'Infinity' ? Number.MAX_SAFE_INTEGER : Number(position[0])
  if (Number.isSafeInteger(place) && place >= 0) return place
  throw new QueryError('InvalidCursor', `cursor was not answered for '${head}': leave it out to begin anew`)
}
