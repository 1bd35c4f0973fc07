import { accountNames } from '../entry-facts.ts'
import type { LineageGraph } from '../graph/graph.ts'
import { bitsOf, OWNERS } from '../graph/relations.ts'
import { answer, type JsonText, type JsonValue } from '../json-text.ts'
import { isEntryUri, ownerOf } from '../reference-key.ts'
import type { Database } from '../schema.ts'
import { requireAccount } from './accounts.ts'
import { type Credit, creditsOf } from './credits.ts'
import { titlesOf } from './feed-items.ts'
import { authorView } from './views.ts'

/** A walk ends here, and so do all of them together: whoever is at the root of everything is told "at least". */
const MOST_A_WALK = 20_000
const MOST_WALKED = 200_000
const DEEPEST = 1000

/** What others made of somebody's datasets. */
export async function getCredit(
  db: Database,
  graph: LineageGraph,
  { actor, limit = 25 }: { actor: string; limit?: number },
): Promise<JsonText> {
  const did = await requireAccount(db, actor)
  await graph.caughtUp()
  const all = await creditsOf(db, did, key => graph.canonical(key))
  const credits = all.filter(({ isDisputed }) => !isDisputed)
  const of = (kind: Credit['kind']) => credits.filter(credit => credit.kind === kind)
  const walked = downstreamOf(graph, did, [...new Set(of('derivation').map(({ entry }) => entry))])
  const datasets = [...Map.groupBy(credits, ({ entry }) => entry)]
    .map(([uri, said]) => ({ uri, ...counted(said), downstream: walked.by.get(uri) ?? 0 }))
    .sort((a, b) => b.downstream - a.downstream || b.citations - a.citations || (a.uri < b.uri ? -1 : 1))
    .slice(0, limit)
  const [titles, by] = await Promise.all([
    titlesOf(
      db,
      datasets.map(({ uri }) => uri),
    ),
    givers(db, credits, limit),
  ])
  return answer({
    did,
    citations: of('citation').length,
    disputed: all.filter(({ kind, isDisputed }) => isDisputed && kind === 'citation').length,
    // One dataset may be made from several of theirs.
    derived: new Set(of('derivation').map(credit => credit.by)).size,
    downstream: walked.all.size,
    years: years(credits),
    datasets: datasets.map(dataset => ({ ...dataset, title: titles.get(dataset.uri)?.slice(0, 1000) })),
    by,
    truncated: walked.truncated,
  })
}

function counted(credits: readonly Credit[]): { citations: number; derived: number } {
  const citations = credits.filter(({ kind }) => kind === 'citation').length
  const derived = new Set(credits.filter(({ kind }) => kind === 'derivation').map(({ by }) => by)).size
  return { citations, derived }
}

function years(credits: readonly Credit[]): JsonValue[] {
  const groups = Map.groupBy(credits, ({ time }) => Number(time.slice(0, 4)) || 0)
  return [...groups].sort(([a], [b]) => a - b).map(([year, said]) => ({ year, ...counted(said) }))
}

async function givers(db: Database, credits: readonly Credit[], limit: number): Promise<JsonValue[]> {
  const groups = [...Map.groupBy(credits, ({ giver }) => giver)]
    .map(([giver, said]) => ({ giver, ...counted(said) }))
    .sort((a, b) => b.citations + b.derived - a.citations - a.derived || (a.giver < b.giver ? -1 : 1))
    .slice(0, limit)
  const names = await accountNames(
    db,
    groups.map(({ giver }) => giver),
  )
  return groups.map(({ giver, citations, derived }) => ({
    actor: authorView(names.get(giver), giver),
    citations,
    derived,
  }))
}

/** Datasets of others that were made from these at any distance, of each and of all. */
function downstreamOf(graph: LineageGraph, did: string, entries: readonly string[]) {
  const all = new Set<string>()
  const by = new Map<string, number>()
  let visited = 0
  let truncated = false
  for (const from of entries) {
    if (visited >= MOST_WALKED) {
      truncated = true
      break
    }
    const closure = graph.closure({ from, bits: bitsOf(OWNERS), limit: MOST_A_WALK }, 'downstream', DEEPEST)
    visited += closure.reached.length
    truncated ||= closure.truncated
    let count = 0
    for (const { node } of closure.reached) {
      const name = graph.name(node)
      if (!isEntryUri(name) || ownerOf(name) === did) continue
      count += 1
      all.add(name)
    }
    by.set(from, count)
  }
  return { all, by, truncated }
}
