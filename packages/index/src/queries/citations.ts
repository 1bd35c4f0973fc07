import { claimsOf, keysClaimedBy } from '../graph/identity.ts'
import { turned } from '../graph/relations.ts'
import { inParts } from '../in-parts.ts'
import { answer, type JsonText } from '../json-text.ts'
import { isEntryUri } from '../reference-key.ts'
import type { Database, EdgeRow } from '../schema.ts'
import { citationEnds } from './citation-ends.ts'
import type { Paging } from './entries.ts'
import { deletedAmong } from './lineage-nodes.ts'
import { keyOf } from './resolve.ts'
import { type Assertion, assertionsOn } from './said-assertions.ts'
import { recordViews, VIEW_COLUMNS } from './views.ts'
import { hear, heardOn, wordOn, wordsOn } from './words.ts'

/**
 * Who says that something cites, uses or relates to a thing, newest first; or what the thing itself is said to cite. What one record
 * says of several others is as many assertions; the record stands with the first of them on a page.
 */
export async function listCitations(
  db: Database,
  {
    subject,
    direction = 'received',
    assertedBy = [],
    limit = 25,
    cursor,
  }: Paging & { subject: string; direction?: string; assertedBy?: readonly string[] },
): Promise<JsonText> {
  const { name } = await keyOf(db, subject)
  const keys = await namesOf(db, name)
  const { page, cursor: next } = await assertionsOn(db, keys, {
    direction: direction === 'made' ? 'made' : 'received',
    assertedBy,
    limit,
    ...(cursor !== undefined && { cursor }),
  })
  const uris = [...new Set(page.map(({ uri }) => uri))]
  const records = await inParts(uris, part =>
    db.selectFrom('record').select(VIEW_COLUMNS).where('uri', 'in', part).where('visible', '=', 1).execute(),
  )
  const jsons = new Map(records.map(({ uri, json }) => [uri, json]))
  const [views, edges, ends] = await Promise.all([
    recordViews(db, records),
    edgesOf(db, page, new Set(keys)),
    citationEnds(db, page, jsons),
  ])
  // An end that only an identifier names is not spoken for by whoever claims that identifier, unless it is what was asked for.
  const knownOf = ({ other }: Assertion) => {
    const dataset = other.startsWith('at://') ? ends.get(other)?.dataset : undefined
    return dataset === undefined ? [name] : [name, dataset]
  }
  const heard = new Map<string, Set<string>>()
  for (const [assertion, edge] of edges) hear(heard, edge.uri, heardOn(edge, knownOf(assertion)))
  const [words, states] = await Promise.all([wordsOn(db, heard), pinStates(db, [...edges.values()])])
  const viewOf = new Map(views.map((view, place) => [records[place]!.uri, view]))
  const shown = new Set<string>()
  return answer({
    citations: page.flatMap(assertion => {
      const { uri, other, relation, isInverse, saidAt } = assertion
      const view = viewOf.get(uri)
      if (!view) return []
      const edge = edges.get(assertion)
      const isShown = shown.has(uri)
      shown.add(uri)
      return {
        ...view,
        record: isShown ? undefined : view.record,
        relation,
        role: edge?.role ?? undefined,
        isInverse: isInverse || undefined,
        other: ends.get(other)?.in(uri),
        saidAt,
        assertedBy: edge && (isInverse ? turned(edge.asserted_by) : edge.asserted_by),
        acknowledged: edge && wordOn(edge, words.get(uri) ?? [], knownOf(assertion)),
        pinState: edge && states.get(edge),
      }
    }),
    cursor: next,
  })
}

const EDGE_COLUMNS = [
  'uri',
  'asserter',
  'asserted_by',
  'from_key',
  'to_key',
  'relation',
  'role',
  'cid',
] as const
type Edge = Pick<EdgeRow, (typeof EDGE_COLUMNS)[number]>

/** The edge of each assertion, which joins a name of the subject with the other thing. */
async function edgesOf(
  db: Database,
  page: readonly Assertion[],
  names: ReadonlySet<string>,
): Promise<ReadonlyMap<Assertion, Edge>> {
  const uris = [...new Set(page.map(({ uri }) => uri))]
  const rows = await inParts(uris, part =>
    db.selectFrom('edge').select(EDGE_COLUMNS).where('uri', 'in', part).execute(),
  )
  const edges = new Map<string, Edge>()
  for (const edge of rows) {
    const { uri, from_key, to_key, relation } = edge
    if (names.has(from_key) === names.has(to_key)) continue
    const key = `${uri} ${names.has(from_key) ? to_key : from_key} ${relation}`
    // Said of several names of the subject: the one that pins a state tells most.
    if (!edges.get(key)?.cid) edges.set(key, edge)
  }
  return new Map(
    page.flatMap(assertion => {
      const edge = edges.get(`${assertion.uri} ${assertion.other} ${assertion.relation}`)
      return edge ? [[assertion, edge] as const] : []
    }),
  )
}

/** Every key by which a dataset alone is known. */
async function namesOf(db: Database, key: string): Promise<string[]> {
  if (!isEntryUri(key)) return [key]
  const claimed = await keysClaimedBy(db, [key])
  const claims = await claimsOf(db, claimed)
  return [key, ...new Set(claimed.filter(one => claims.get(one)?.length === 1))]
}

/** What became of the states that citations pinned by CID. */
async function pinStates(db: Database, edges: readonly Edge[]): Promise<Map<Edge, string>> {
  const pinned = edges.filter(({ cid, to_key }) => cid !== null && to_key.startsWith('at://'))
  if (pinned.length === 0) return new Map()
  const uris = [...new Set(pinned.map(({ to_key }) => to_key))]
  const [held, deleted] = await Promise.all([
    db.selectFrom('record').select(['uri', 'cid', 'visible']).where('uri', 'in', uris).execute(),
    deletedAmong(db, uris),
  ])
  const now = new Map(held.map(row => [row.uri, row]))
  return new Map(
    pinned.map(edge => {
      const record = now.get(edge.to_key)
      if (record?.visible) return [edge, record.cid === edge.cid ? 'unchanged' : 'changed-since']
      return [edge, deleted.has(edge.to_key) ? 'gone' : 'unavailable']
    }),
  )
}
