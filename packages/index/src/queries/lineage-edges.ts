import type { LineageGraph } from '../graph/graph.ts'
import { bitsOf, LINEAGE, SOURCES, turned } from '../graph/relations.ts'
import { inParts } from '../in-parts.ts'
import { type JsonValue, raw } from '../json-text.ts'
import { ownerOf } from '../reference-key.ts'
import type { Database, EdgeRow } from '../schema.ts'

const MOST_EDGES = 50_000

/** Every assertion that joins two of the nodes, from what was made to what it was made from. */
export async function lineageEdges(
  db: Database,
  graph: LineageGraph,
  names: readonly string[],
  bits: number,
): Promise<{ views: JsonValue[]; pairs: (readonly [string, string])[]; truncated: boolean }> {
  const nodeOf = new Map(names.flatMap(name => graph.keysOf(name).map(key => [key, name] as const)))
  const rows = await inParts([...nodeOf.keys()], part =>
    db
      .selectFrom('edge')
      .selectAll()
      .where('from_key', 'in', part)
      .where('relation', 'in', LINEAGE)
      .execute(),
  )
  const edges = rows.flatMap(row => turnedEdge(row, nodeOf, bits) ?? [])
  const kept = edges.slice(0, MOST_EDGES)
  const words = await acknowledgements(db, [...new Set(kept.map(({ row }) => row.uri))])
  return {
    views: kept.map(({ row, from, to, assertedBy }) => ({
      from,
      to,
      relation: row.relation,
      role: row.role ?? undefined,
      assertedBy,
      asserter: row.asserter,
      uri: row.uri,
      acknowledged: wordOn(row, words.get(row.uri) ?? []),
      pin: row.pin === null ? undefined : raw(row.pin),
    })),
    pairs: kept.map(({ from, to }) => [from, to] as const),
    truncated: edges.length > kept.length,
  }
}

function turnedEdge(row: EdgeRow, nodeOf: ReadonlyMap<string, string>, bits: number) {
  const isTurned = SOURCES.includes(row.relation)
  const from = nodeOf.get(isTurned ? row.to_key : row.from_key)
  const to = nodeOf.get(isTurned ? row.from_key : row.to_key)
  const assertedBy = isTurned ? turned(row.asserted_by) : row.asserted_by
  if (from === undefined || to === undefined || from === to) return undefined
  return (bitsOf([assertedBy]) & bits) === 0 ? undefined : { row, from, to, assertedBy }
}

export interface Word {
  readonly did: string
  readonly status: string
  readonly part: string | undefined
  readonly note: string | undefined
}

/** What was said about claims, newest first. */
export async function acknowledgements(
  db: Database,
  claims: readonly string[],
): Promise<Map<string, Word[]>> {
  const rows = await inParts(claims, part =>
    db
      .selectFrom('link')
      .innerJoin('record', 'record.uri', 'link.uri')
      .select(['link.subject', 'link.did', 'record.json'])
      .where('link.subject', 'in', part)
      .where('link.kind', '=', 'acknowledgement')
      .orderBy('link.sort_key', 'desc')
      .orderBy('link.uri', 'desc')
      .execute(),
  )
  const words = new Map<string, Word[]>()
  for (const { subject, did, json } of rows) {
    const { status, part, note } = JSON.parse(json) as { status: string; part?: string; note?: string }
    const held = words.get(subject) ?? []
    held.push({ did, status, part, note })
    words.set(subject, held)
  }
  return words
}

/**
 * The word of an owner of either end who is not the asserter; a word on another part of the claim does not count.
 * @param known datasets that the ends are known to be, where the claim names them otherwise
 */
export function wordOn(
  { from_key, to_key, asserter }: EdgeRow,
  words: readonly Word[],
  known: readonly string[] = [],
): string | undefined {
  const ends = [from_key, to_key, ...known]
  const owners = ends.map(ownerOf)
  return words.find(
    ({ did, part }) =>
      did !== asserter && owners.includes(did) && (part === undefined || part === did || ends.includes(part)),
  )?.status
}
