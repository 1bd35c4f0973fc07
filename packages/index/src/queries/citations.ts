import { claimsOf, keysClaimedBy } from '../graph/identity.ts'
import { answer, type JsonText } from '../json-text.ts'
import { decodePosition, paged } from '../page-cursor.ts'
import { isEntryUri } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import type { Paging } from './entries.ts'
import { deletedAmong } from './lineage-nodes.ts'
import { keyOf } from './resolve.ts'
import { recordViews, VIEW_COLUMNS } from './views.ts'

/** Records that say that something cites, uses or relates to a thing, newest first; or what the thing itself says so of. */
export async function listCitations(
  db: Database,
  {
    subject,
    direction = 'received',
    assertedBy,
    limit = 25,
    cursor,
  }: Paging & { subject: string; direction?: string; assertedBy?: readonly string[] },
): Promise<JsonText> {
  const after = decodePosition(cursor)
  const { name } = await keyOf(db, subject)
  const keys = await namesOf(db, name)
  const [here, there] =
    direction === 'made' ? (['from_key', 'to_key'] as const) : (['to_key', 'from_key'] as const)
  const said = db
    .selectFrom('edge')
    .select('edge.uri')
    .where(here, 'in', keys)
    .where(there, 'not in', keys)
    .$if(assertedBy !== undefined && assertedBy.length > 0, ask =>
      ask.where('asserted_by', 'in', assertedBy!),
    )
  const rows = await db
    .selectFrom('record')
    .select(VIEW_COLUMNS)
    .where('uri', 'in', said)
    .$if(after !== undefined, ask =>
      ask.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('sort_at', 'uri'), '<', tuple(after![0], after![1])),
      ),
    )
    .orderBy('sort_at', 'desc')
    .orderBy('uri', 'desc')
    .limit(limit + 1)
    .execute()
  const { page, cursor: next } = paged(rows, limit, row => [row.sort_at, row.uri])
  const uris = page.map(({ uri }) => uri)
  const edges =
    uris.length === 0
      ? []
      : await db
          .selectFrom('edge')
          .select(['uri', 'asserted_by', 'cid', 'to_key'])
          .where('uri', 'in', uris)
          .where(here, 'in', keys)
          .where(there, 'not in', keys)
          .execute()
  // One record may say several things of the subject: the one that pins a state tells most.
  const edgeOf = new Map<string, CitationEdge>()
  for (const edge of edges) if (!edgeOf.get(edge.uri)?.cid) edgeOf.set(edge.uri, edge)
  const [views, states] = await Promise.all([recordViews(db, page), pinStates(db, [...edgeOf.values()])])
  return answer({
    citations: views.map((view, place) => ({
      ...view,
      assertedBy: edgeOf.get(uris[place]!)?.asserted_by,
      pinState: states.get(uris[place]!),
    })),
    cursor: next,
  })
}

interface CitationEdge {
  readonly uri: string
  readonly asserted_by: string
  readonly cid: string | null
  readonly to_key: string
}

/** Every key by which a dataset alone is known. */
async function namesOf(db: Database, key: string): Promise<string[]> {
  if (!isEntryUri(key)) return [key]
  const claimed = await keysClaimedBy(db, [key])
  const claims = await claimsOf(db, claimed)
  return [key, ...new Set(claimed.filter(one => claims.get(one)?.length === 1))]
}

/** What became of the states that citations pinned by CID, by the citing record. */
async function pinStates(db: Database, edges: readonly CitationEdge[]): Promise<Map<string, string>> {
  const pinned = edges.filter(({ cid, to_key }) => cid !== null && to_key.startsWith('at://'))
  if (pinned.length === 0) return new Map()
  const uris = [...new Set(pinned.map(({ to_key }) => to_key))]
  const [held, deleted] = await Promise.all([
    db.selectFrom('record').select(['uri', 'cid', 'visible']).where('uri', 'in', uris).execute(),
    deletedAmong(db, uris),
  ])
  const now = new Map(held.map(row => [row.uri, row]))
  return new Map(
    pinned.map(({ uri, cid, to_key }) => {
      const record = now.get(to_key)
      if (record?.visible) return [uri, record.cid === cid ? 'unchanged' : 'changed-since']
      return [uri, deleted.has(to_key) ? 'gone' : 'unavailable']
    }),
  )
}
