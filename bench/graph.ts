/**
 * The lineage graph at size: a million nodes and five million derivations with the long tail of real citation graphs, circles
 * included; closures and impact in memory beside recursive queries of SQLite and PostgreSQL over the same edges in the same run.
 */
import { Adjacency, ArcList } from '@frost/index/graph/adjacency'
import { Nodes } from '@frost/index/graph/nodes'
import { Traversal } from '@frost/index/graph/traverse'
import { randomOf } from '../test/sync/random.ts'
import { walkInPostgres, walkInSqlite } from './graph-sql.lib.ts'
import type { Emit } from './main.ts'

const option = (name: string, otherwise: number) =>
  Number(process.argv.find(argument => argument.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise)

const NODES = option('nodes', 1_000_000)
const ARCS = option('edges', 5_000_000)
const WALKS = 400
const SQL_WALKS = 20
const ALL = 7
/** What one answer of getLineage may hold. */
const LIMIT = 10_000

export default async function run(emit: Emit): Promise<void> {
  const random = randomOf(1)
  const nodes = new Nodes()
  const memoryBefore = settledMemory()
  for (let node = 0; node < NODES; node++)
    nodes.intern(`at://did:plc:${(node % 50_000).toString(36).padStart(24, 'a')}/e/${node}`)
  const memoryNames = settledMemory()
  const arcs = new ArcList()
  for (let arc = 0; arc < ARCS; arc++) {
    // Made from what is older, hubs far more often; one arc in ten thousand points back and closes a circle.
    const made = Math.floor(random() * (NODES - 1)) + 1
    const source = Math.floor(made * random() ** 3)
    if (random() < 0.0001) arcs.add(source, made, 1)
    else arcs.add(made, source, 1 << Math.floor(random() * 3))
  }
  const adjacency = new Adjacency()
  const begun = performance.now()
  adjacency.load(NODES, arcs)
  const built = performance.now() - begun
  const note = `${NODES} nodes, ${adjacency.arcs} derivations, power law, with circles`
  emit({ figure: 'build-seconds', value: round(built / 1000), unit: 's', note })
  emit({
    figure: 'arcs-mb',
    value: round((adjacency.arcs * 10 + NODES * 8) / 1e6),
    unit: 'MB',
    note: `both ways; the names of the nodes take ${round((memoryNames - memoryBefore) / 1e6)} MB besides`,
  })
  const traversal = new Traversal(nodes, adjacency)
  const starts = Array.from({ length: WALKS }, () => Math.floor(random() ** 2 * NODES))

  const closures = starts.map(start =>
    timed(() => traversal.closure(start, 'downstream', { depth: 100, bits: ALL, limit: LIMIT })),
  )
  const upward = starts.map(start =>
    timed(() => traversal.closure(start, 'upstream', { depth: 100, bits: ALL, limit: LIMIT })),
  )
  const impacts = starts.map(start => timed(() => traversal.impact(start, { bits: ALL, limit: LIMIT })))

  const sqlStarts = starts.slice(0, SQL_WALKS)
  const inSqlite = walkInSqlite(arcs, sqlStarts, LIMIT)
  const inPostgres = await walkInPostgres(arcs, sqlStarts, LIMIT)
  const same = closures.slice(0, SQL_WALKS)
  emit({
    figure: 'closure-p99-ms',
    value: quantile(
      closures.map(({ ms }) => ms),
      0.99,
    ),
    unit: 'ms',
    against: `recursive queries from ${SQL_WALKS} of the same starts: SQLite ${told(inSqlite)}, PostgreSQL ${told(inPostgres)}; here ${told(
      same.map(({ ms }) => ms),
    )}`,
    note: `downstream, at most ${LIMIT} nodes, p50 ${quantile(
      closures.map(({ ms }) => ms),
      0.5,
    )} ms, ${onProcessor(closures)}, ${Math.max(...closures.map(({ value }) => value.reached.length))} nodes at most; ${note}`,
  })
  emit({
    figure: 'closure-upstream-p99-ms',
    value: quantile(
      upward.map(({ ms }) => ms),
      0.99,
    ),
    unit: 'ms',
    note: `${onProcessor(upward)}; ${note}`,
  })
  emit({
    figure: 'impact-p99-ms',
    value: quantile(
      impacts.map(({ ms }) => ms),
      0.99,
    ),
    unit: 'ms',
    note: `topological order of what is downstream, at most ${LIMIT} nodes, circles collapsed; p50 ${quantile(
      impacts.map(({ ms }) => ms),
      0.5,
    )} ms, ${onProcessor(impacts)}`,
  })

  const edits = Array.from({ length: 10_000 }, () => {
    const made = Math.floor(random() * (NODES - 1)) + 1
    return timed(() => adjacency.set(made, [{ node: Math.floor(random() * made), bits: 1 }]))
  })
  emit({
    figure: 'edit-p99-ms',
    value: quantile(
      edits.map(({ ms }) => ms),
      0.99,
    ),
    unit: 'ms',
    note: 'one dataset says anew what it was made from',
  })
}

const told = (values: readonly number[]) =>
  `median ${quantile(values, 0.5)}, longest ${round(Math.max(...values))} ms`

function timed<Value>(work: () => Value): { ms: number; cpu: number; value: Value } {
  const before = process.threadCpuUsage()
  const begun = performance.now()
  const value = work()
  const ms = performance.now() - begun
  const { user, system } = process.threadCpuUsage(before)
  return { ms, cpu: (user + system) / 1000, value }
}

/** On the processor: what it takes where nothing else runs. */
const onProcessor = (walks: readonly { cpu: number }[]) =>
  `p99 on the processor ${quantile(
    walks.map(({ cpu }) => cpu),
    0.99,
  )} ms`

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!)
}

const round = (value: number) => Math.round(value * 100) / 100

function settledMemory(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
