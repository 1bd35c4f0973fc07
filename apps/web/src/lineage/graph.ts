import { frost, rkeyOf } from '@frost/lexicon'
import { shownNameOf } from '../account-name.ts'
import type { AppView } from '../appview.ts'
import { entryPath } from '../dataset-facts.ts'
import { nameOverLabels } from '../labels/labelled.tsx'
import { linkable } from '../markdown.ts'
import type { LineageState } from './state.ts'

export type LineageNode = frost.graph.defs.LineageNode
export type LineageEdge = frost.graph.defs.LineageEdge

export interface LineageGraph {
  /** The node that was asked for. */
  readonly start: string
  readonly nodes: ReadonlyMap<string, LineageNode>
  readonly edges: readonly LineageEdge[]
  readonly isTruncated: boolean
  readonly hasCycles: boolean
  /** Who asserts edges of the whole answer, by DID, with a name where one is known. */
  readonly asserters: ReadonlyMap<string, string>
}

const MOST_NODES = 600

/** What the drawing shows, as the AppView knows it. */
export async function loadLineage(appview: AppView, uri: string, state: LineageState): Promise<LineageGraph> {
  const { nodes, edges, truncated, cycles } = (await appview.query(frost.graph.getLineage, {
    id: uri,
    direction: state.direction,
    depth: state.depth,
    assertedBy: [...state.assertedBy],
    limit: MOST_NODES,
  })) as frost.graph.getLineage.$OutputBody
  const start = nodes.find(({ depth }) => depth === 0)?.id ?? uri
  const names = new Map(nodes.flatMap(({ author }) => (author ? [[author.did, shownNameOf(author)]] : [])))
  const asserters = new Map(edges.map(({ asserter }) => [asserter, names.get(asserter) ?? asserter]))
  const kept = state.asserter ? edges.filter(({ asserter }) => asserter === state.asserter) : edges
  const reached = state.asserter ? reachable(start, kept) : undefined
  return {
    start,
    nodes: new Map(nodes.filter(({ id }) => !reached || reached.has(id)).map(node => [node.id, node])),
    edges: kept.filter(({ from, to }) => !reached || (reached.has(from) && reached.has(to))),
    isTruncated: truncated,
    hasCycles: (cycles ?? []).length > 0,
    asserters,
  }
}

/** What is connected with the start by the edges, upstream or downstream. */
function reachable(start: string, edges: readonly LineageEdge[]): Set<string> {
  const found = new Set([start])
  for (const [near, far] of [
    ['from', 'to'],
    ['to', 'from'],
  ] as const) {
    const todo = [start]
    const seen = new Set(todo)
    const next = new Map<string, string[]>()
    for (const edge of edges) next.set(edge[near], [...(next.get(edge[near]) ?? []), edge[far]])
    for (let id = todo.pop(); id !== undefined; id = todo.pop())
      for (const other of next.get(id) ?? [])
        if (!seen.has(other)) {
          seen.add(other)
          found.add(other)
          todo.push(other)
        }
  }
  return found
}

export function titleOf({ title, id, kind, labels, author }: LineageNode): string {
  if (title) return nameOverLabels(labels, author?.did ?? '') ?? title
  return kind === 'entry' || kind === 'version' ? rkeyOf(id) : id
}

/** Where a node leads to; undefined where there is nothing to see. */
export function nodeAddress({ id, kind, author, state }: LineageNode): string | undefined {
  if (kind === 'entry' && author && state === 'available') return entryPath(author, id)
  if (id.startsWith('at://')) return state === 'available' ? `/at/${id.slice('at://'.length)}` : undefined
  if (/^10\.\d{4,}\//.test(id)) return `https://doi.org/${id}`
  if (/^doi:/i.test(id)) return `https://doi.org/${id.slice(4)}`
  return linkable(id)
}

export const authorOf = ({ author, kind, id }: LineageNode): string =>
  author ? shownNameOf(author) : kind === 'url' ? hostOf(id) : kind

function hostOf(address: string): string {
  return URL.parse(address)?.host || 'an address'
}
