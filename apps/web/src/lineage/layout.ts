/**
 * Where the nodes of a lineage stand: in columns from sources to what is made from them, each node right of all it was made from
 * (layered drawing after K. Sugiyama et al., Methods for visual understanding of hierarchical system structures, 1981). Nodes
 * that make one another stand in one column.
 */
import { components } from '@frost/index/graph/components'

export interface Arc {
  /** What was made. */
  readonly from: string
  /** What it was made from. */
  readonly to: string
}

export interface Placed {
  readonly id: string
  /** Steps from the middle; sources have negative ones. */
  readonly column: number
  /** Top left corner, in units of the picture. */
  readonly x: number
  readonly y: number
  /** Nodes that this box stands for, where a column holds more than are shown. */
  readonly hidden?: readonly string[]
}

export interface Layout {
  readonly boxes: readonly Placed[]
  /** Arcs between boxes, each once, with how many of the arcs asked for it stands for. */
  readonly arcs: readonly (Arc & { readonly count: number })[]
  readonly width: number
  readonly height: number
}

export const BOX = { width: 216, height: 46 } as const
const GAP = { column: 84, row: 14 } as const
const MARGIN = 16
/** Boxes in a column before the rest of it becomes one. */
export const SHOWN_IN_COLUMN = 12
const SWEEPS = 4

/**
 * @param start the node in the middle
 * @param open columns that are shown whole
 */
export function layOut(
  nodes: readonly string[],
  arcs: readonly Arc[],
  start: string,
  open: ReadonlySet<number> | 'all' = new Set(),
): Layout {
  const columns = columnsOf(nodes, arcs, start)
  const degree = new Map<string, number>()
  for (const { from, to } of arcs) for (const id of [from, to]) degree.set(id, (degree.get(id) ?? 0) + 1)
  const standsFor = new Map<string, string>()
  const hidden = new Map<string, readonly string[]>()
  const shown = [...columns].map(([column, ids]): [number, string[]] => {
    const byUse = [...ids].sort((a, b) => (degree.get(b) ?? 0) - (degree.get(a) ?? 0) || (a < b ? -1 : 1))
    const isWhole = open === 'all' || open.has(column) || ids.length <= SHOWN_IN_COLUMN
    const kept = isWhole ? byUse : byUse.slice(0, SHOWN_IN_COLUMN - 1)
    for (const id of kept) standsFor.set(id, id)
    if (isWhole) return [column, kept]
    const rest = byUse.slice(kept.length)
    const group = `more:${column}`
    for (const id of rest) standsFor.set(id, group)
    hidden.set(group, rest)
    return [column, [...kept, group]]
  })
  const joined = join(arcs, standsFor)
  const ordered = order(new Map(shown.sort(([a], [b]) => a - b)), joined)
  const tallest = Math.max(1, ...[...ordered.values()].map(ids => ids.length))
  const height = MARGIN * 2 + tallest * (BOX.height + GAP.row) - GAP.row
  const boxes = [...ordered].flatMap(([column, ids], place) => {
    const top = (height - (ids.length * (BOX.height + GAP.row) - GAP.row)) / 2
    return ids.map(
      (id, row): Placed => ({
        id,
        column,
        x: MARGIN + place * (BOX.width + GAP.column),
        y: Math.round(top + row * (BOX.height + GAP.row)),
        ...(hidden.has(id) && { hidden: hidden.get(id)! }),
      }),
    )
  })
  const width = MARGIN * 2 + ordered.size * (BOX.width + GAP.column) - GAP.column
  return { boxes, arcs: joined, width, height }
}

/** Longest paths from the middle, both ways; nodes of a circle share a column. */
function columnsOf(nodes: readonly string[], arcs: readonly Arc[], start: string): Map<number, string[]> {
  const number = new Map(nodes.map((id, place) => [id, place]))
  const out = nodes.map(() => [] as number[])
  const back = nodes.map(() => [] as number[])
  for (const { from, to } of arcs) {
    const [made, source] = [number.get(from), number.get(to)]
    if (made === undefined || source === undefined || made === source) continue
    out[source]!.push(made)
    back[made]!.push(source)
  }
  const parts = components(nodes.length, nodes.keys(), (node, visit) => out[node]!.forEach(visit))
  const partOf = new Int32Array(nodes.length)
  parts.forEach((part, place) => {
    for (const node of part) partOf[node] = place
  })
  const middle = partOf[number.get(start) ?? 0]!
  const column = new Map<number, number>([[middle, 0]])
  // Parts come in reverse topological order: what is made before its sources.
  const reach = (places: Iterable<number>, before: number[][], step: 1 | -1) => {
    for (const place of places) {
      if (place === middle) continue
      let farthest: number | undefined
      for (const node of parts[place]!)
        for (const other of before[node]!) {
          const known = partOf[other] === place ? undefined : column.get(partOf[other]!)
          if (known !== undefined && Math.sign(known) !== -step)
            farthest = Math.max(farthest ?? 0, Math.abs(known) + 1)
        }
      if (farthest !== undefined) column.set(place, farthest * step)
    }
  }
  reach([...parts.keys()].reverse(), back, 1)
  reach(parts.keys(), out, -1)
  const columns = new Map<number, string[]>()
  parts.forEach((part, place) => {
    const at = column.get(place) ?? 0
    columns.set(at, [...(columns.get(at) ?? []), ...part.map(node => nodes[node]!)])
  })
  return columns
}

function join(arcs: readonly Arc[], standsFor: ReadonlyMap<string, string>): Layout['arcs'] {
  const joined = new Map<string, Arc & { count: number }>()
  for (const arc of arcs) {
    const [from, to] = [standsFor.get(arc.from), standsFor.get(arc.to)]
    if (!from || !to || from === to) continue
    const key = JSON.stringify([from, to])
    joined.set(key, { from, to, count: (joined.get(key)?.count ?? 0) + 1 })
  }
  return [...joined.values()]
}

/** Orders each column by the mean place of its neighbours, to and fro, so that few arcs cross. */
function order(columns: ReadonlyMap<number, readonly string[]>, arcs: readonly Arc[]): Map<number, string[]> {
  const near = new Map<string, string[]>()
  const link = (a: string, b: string) => near.set(a, [...(near.get(a) ?? []), b])
  for (const { from, to } of arcs) {
    link(from, to)
    link(to, from)
  }
  const ordered = new Map([...columns].map(([column, ids]) => [column, [...ids]]))
  const place = new Map<string, number>()
  const settle = (ids: readonly string[]) =>
    ids.forEach((id, row) => {
      place.set(id, (row + 0.5) / ids.length)
    })
  for (const ids of ordered.values()) settle(ids)
  const keys = [...ordered.keys()]
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    for (const column of sweep % 2 === 0 ? keys : [...keys].reverse()) {
      const ids = ordered.get(column)!
      const mean = new Map(
        ids.map(id => {
          const others = near.get(id) ?? []
          const sum = others.reduce((total, other) => total + (place.get(other) ?? 0.5), 0)
          return [id, others.length > 0 ? sum / others.length : place.get(id)!]
        }),
      )
      const isGroup = (id: string) => Number(id.startsWith('more:'))
      ids.sort((a, b) => isGroup(a) - isGroup(b) || mean.get(a)! - mean.get(b)! || (a < b ? -1 : 1))
      settle(ids)
    }
  return ordered
}
