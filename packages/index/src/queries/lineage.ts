import { QueryError } from '../errors.ts'
import { components } from '../graph/components.ts'
import type { LineageGraph } from '../graph/graph.ts'
import { bitsOf, OWNERS } from '../graph/relations.ts'
import type { Reached, Way } from '../graph/traverse.ts'
import { answer, type JsonText, type JsonValue } from '../json-text.ts'
import type { Database } from '../schema.ts'
import { lineageEdges } from './lineage-edges.ts'
import { nodeViews } from './lineage-nodes.ts'
import { keyOf } from './resolve.ts'

const MOST_CYCLES = 1000
const MOST_IN_A_CYCLE = 1000

/** What a thing was made from and what was made from it, with who says so. */
export async function getLineage(
  db: Database,
  graph: LineageGraph,
  {
    id,
    direction = 'both',
    depth = 10,
    assertedBy = OWNERS,
    limit = 500,
  }: {
    id: string
    direction?: string
    depth?: number
    assertedBy?: readonly string[]
    limit?: number
  },
): Promise<JsonText> {
  const start = await startOf(db, graph, id)
  const walk = { from: start, bits: bitsOf(assertedBy), limit }
  const ways: readonly Way[] =
    direction === 'upstream' || direction === 'downstream' ? [direction] : ['upstream', 'downstream']
  const closures = ways.map(way => graph.closure(walk, way, depth))
  const depths = new Map([[start, 0]])
  let truncated = closures.some(closure => closure.truncated)
  // Both ways share the limit: nearest first.
  const reached = closures.flatMap(closure => closure.reached).sort((a, b) => a.depth - b.depth)
  for (const { node, depth: steps } of reached) {
    const name = graph.name(node)
    if (depths.has(name)) continue
    if (depths.size >= limit) {
      truncated = true
      break
    }
    depths.set(name, steps)
  }
  // Which of two came first is no one else's business: every index gives one order.
  const ordered = new Map([...depths].sort(([a, near], [b, far]) => near - far || (a < b ? -1 : 1)))
  const edges = await lineageEdges(db, graph, start, [...ordered.keys()], walk.bits)
  return answer({
    nodes: await nodeViews(db, graph, ordered),
    edges: edges.views,
    cycles: cyclesIn([...ordered.keys()], edges.pairs),
    truncated: truncated || edges.truncated,
  })
}

/** What must be made anew when a thing changes, sources before what is made from them. */
export async function getImpact(
  db: Database,
  graph: LineageGraph,
  { id, limit = 1000 }: { id: string; limit?: number },
): Promise<JsonText> {
  const start = await startOf(db, graph, id)
  const { steps, cycles, truncated } = graph.impact({ from: start, bits: bitsOf(OWNERS), limit })
  const depths = new Map(steps.map(({ node, depth }: Reached) => [graph.name(node), depth]))
  return answer({
    steps: await nodeViews(db, graph, depths),
    cycles: cycles.slice(0, MOST_CYCLES).map(nodes => cycleView(nodes.map(node => graph.name(node)))),
    truncated,
  })
}

/** The node that an identifier means. @throws QueryError EntryNotFound, InvalidIdentifier */
async function startOf(db: Database, graph: LineageGraph, id: string): Promise<string> {
  const [key] = await Promise.all([keyOf(db, id), graph.caughtUp()])
  const canonical = graph.canonical(key.name)
  if (!key.isHeld && !graph.has(key.name))
    throw new QueryError('EntryNotFound', `nothing is known here by '${id.slice(0, 100)}'`)
  return canonical
}

/** The circles among the nodes of one answer. */
function cyclesIn(names: readonly string[], pairs: readonly (readonly [string, string])[]): JsonValue[] {
  const numbers = new Map(names.map((name, number) => [name, number]))
  const arcs = names.map(() => [] as number[])
  for (const [from, to] of pairs) arcs[numbers.get(from)!]!.push(numbers.get(to)!)
  return components(names.length, arcs.keys(), (node, visit) => arcs[node]!.forEach(visit))
    .filter(part => part.length > 1)
    .slice(0, MOST_CYCLES)
    .map(part => cycleView(part.map(number => names[number]!)))
}

function cycleView(names: readonly string[]): JsonValue {
  return {
    nodes: [...names]
      .sort()
      .slice(0, MOST_IN_A_CYCLE)
      .map(id => ({ id })),
  }
}
