import type { LineageGraph } from '../graph/graph.ts'
import { bitsOf, LINEAGE, SOURCES, turned } from '../graph/relations.ts'
import { inParts } from '../in-parts.ts'
import { type JsonValue, raw } from '../json-text.ts'
import type { Database, EdgeRow } from '../schema.ts'
import { hear, heardOn, wordOn, wordsOn } from './words.ts'

const MOST_EDGES = 50_000

/**
 * Every assertion that joins two of the nodes, from what was made to what it was made from.
 * @param start the node that was asked for: its owner's word counts by whatever identifier an assertion names it
 */
export async function lineageEdges(
  db: Database,
  graph: LineageGraph,
  start: string,
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
  const knownOf = (row: EdgeRow) =>
    [row.from_key, row.to_key].flatMap(key => {
      const node = nodeOf.get(key)
      return node !== undefined && (node === start || key.startsWith('at://')) ? node : []
    })
  const heard = new Map<string, Set<string>>()
  for (const { row } of kept) hear(heard, row.uri, heardOn(row, knownOf(row)))
  const words = await wordsOn(db, heard)
  return {
    views: kept.map(({ row, from, to, assertedBy }) => ({
      from,
      to,
      relation: row.relation,
      role: row.role ?? undefined,
      assertedBy,
      asserter: row.asserter,
      uri: row.uri,
      acknowledged: wordOn(row, words.get(row.uri) ?? [], knownOf(row)),
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
