import { sql } from 'kysely'
import { claimsOf, keysClaimedBy } from '../graph/identity.ts'
import { SOURCES, turned } from '../graph/relations.ts'
import { inParts } from '../in-parts.ts'
import { answer, type JsonText } from '../json-text.ts'
import { decodePosition, paged } from '../page-cursor.ts'
import { isEntryUri } from '../reference-key.ts'
import type { Database, EdgeRow } from '../schema.ts'
import { citationEnds } from './citation-ends.ts'
import { CITED } from './credits.ts'
import type { Paging } from './entries.ts'
import { acknowledgements, wordOn } from './lineage-edges.ts'
import { deletedAmong } from './lineage-nodes.ts'
import { keyOf } from './resolve.ts'
import { recordViews, VIEW_COLUMNS, type ViewRow } from './views.ts'

/** Said from the end that is cited: `is-cited-by`, `is-source-of`. */
const INVERSE: readonly string[] = [...CITED, ...SOURCES]

/** One assertion: the record, and what it says of which other thing. */
interface Said extends ViewRow {
  readonly other: string
  readonly relation: string
  readonly is_inverse: number
}

type Direction = 'received' | 'made'

/**
 * Who says that something cites, uses or relates to a thing, newest first; or what the thing itself is said to cite. What one record
 * says of several others is as many assertions.
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
  const isName = new Set(keys)
  const way: Direction = direction === 'made' ? 'made' : 'received'
  const rows = await assertions(db, keys, way, { assertedBy, limit: limit + 1, cursor })
  const { page, cursor: next } = paged(rows, limit, positionOf)
  const uris = [...new Set(page.map(({ uri }) => uri))]
  const [views, edges, words, ends] = await Promise.all([
    recordViews(db, page),
    edgesOf(db, uris, isName),
    acknowledgements(db, uris),
    citationEnds(db, page),
  ])
  const edgeOf = new Map<string, EdgeRow>()
  // Said of several names of the subject: the one that pins a state tells most.
  for (const edge of edges)
    if (!edgeOf.get(keyOfEdge(edge, isName))?.cid) edgeOf.set(keyOfEdge(edge, isName), edge)
  const said = page.map(row => edgeOf.get(`${row.uri} ${row.other} ${row.relation}`))
  const states = await pinStates(
    db,
    said.filter(edge => edge !== undefined),
  )
  return answer({
    citations: views.map((view, place) => {
      const { other, relation, is_inverse, sort_at } = page[place]!
      const edge = said[place]
      const isInverse = Number(is_inverse) === 1
      return {
        ...view,
        relation,
        role: edge?.role ?? undefined,
        isInverse: isInverse || undefined,
        other: ends.get(other),
        saidAt: sort_at,
        assertedBy: edge && (isInverse ? turned(edge.asserted_by) : edge.asserted_by),
        acknowledged:
          edge && wordOn(edge, words.get(edge.uri) ?? [], [name, ends.get(other)?.dataset ?? other]),
        pinState: edge && states.get(edge),
      }
    }),
    cursor: next,
  })
}

const positionOf = ({ sort_at, uri, other, relation }: Said) =>
  [sort_at, JSON.stringify([uri, other, relation])] as const

/** Of which assertion an edge is part. */
function keyOfEdge({ uri, from_key, to_key, relation }: EdgeRow, names: ReadonlySet<string>): string {
  return `${uri} ${names.has(from_key) ? to_key : from_key} ${relation}`
}

async function assertions(
  db: Database,
  keys: readonly string[],
  direction: Direction,
  { assertedBy, limit, cursor }: { assertedBy: readonly string[]; limit: number; cursor?: string },
): Promise<Said[]> {
  const names = sql.join(keys)
  const inverse = sql.join(INVERSE)
  // From the citing thing to the cited one, and the same said the other way round.
  const [here, there] =
    direction === 'received'
      ? [sql.ref('to_key'), sql.ref('from_key')]
      : [sql.ref('from_key'), sql.ref('to_key')]
  const by = (asserters: readonly string[]) =>
    asserters.length > 0 ? sql`and asserted_by in (${sql.join(asserters)})` : sql``
  const [time, rest] = decodePosition(cursor) ?? []
  const last = rest === undefined ? undefined : lastOf(rest)
  const after = last
    ? sql`and (record.sort_at, record.uri, said.other, said.relation) < (${time}, ${sql.join(last)})`
    : sql``
  const { rows } = await sql<Said>`
    select ${sql.join(VIEW_COLUMNS.map(column => sql.ref(`record.${column}`)))},
      said.other as other, said.relation as relation, said.is_inverse as is_inverse
    from (
      select uri, ${there} as other, relation, 0 as is_inverse from edge
      where ${here} in (${names}) and ${there} not in (${names}) and relation not in (${inverse}) ${by(assertedBy)}
      union
      select uri, ${here} as other, relation, 1 as is_inverse from edge
      where ${there} in (${names}) and ${here} not in (${names}) and relation in (${inverse})
        ${by(assertedBy.map(turned))}
    ) as said
    join record on record.uri = said.uri
    where record.visible = 1 ${after}
    order by record.sort_at desc, record.uri desc, said.other desc, said.relation desc
    limit ${limit}`.execute(db)
  return rows
}

/** Where the last page ended, besides its time; the beginning for what no answer said. */
function lastOf(position: string): readonly string[] {
  try {
    const parts = JSON.parse(position) as unknown
    if (Array.isArray(parts) && parts.length === 3 && parts.every(part => typeof part === 'string'))
      return parts
  } catch {
    // As a cursor of an earlier version: the at-uri alone.
  }
  return [position, '', '']
}

/** The edges of these records that join the subject with something else. */
async function edgesOf(
  db: Database,
  uris: readonly string[],
  names: ReadonlySet<string>,
): Promise<EdgeRow[]> {
  const rows = await inParts(uris, part =>
    db.selectFrom('edge').selectAll().where('uri', 'in', part).execute(),
  )
  return rows.filter(({ from_key, to_key }) => names.has(from_key) !== names.has(to_key))
}

/** Every key by which a dataset alone is known. */
async function namesOf(db: Database, key: string): Promise<string[]> {
  if (!isEntryUri(key)) return [key]
  const claimed = await keysClaimedBy(db, [key])
  const claims = await claimsOf(db, claimed)
  return [key, ...new Set(claimed.filter(one => claims.get(one)?.length === 1))]
}

/** What became of the states that citations pinned by CID. */
async function pinStates(db: Database, edges: readonly EdgeRow[]): Promise<Map<EdgeRow, string>> {
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
