import type { NodeList } from './adjacency.ts'
import { components } from './components.ts'

/** Arcs between places 0, 1, 2, … of a list as compressed sparse rows: those from place p stand at `start[p]` up to `start[p + 1]`. */
export interface PlacedArcs {
  readonly start: Uint32Array
  readonly to: Uint32Array
}

export interface Order {
  /** Every place that place 0 leads to, and itself, after all that lead to it; those of one circle stand together. */
  readonly places: ArrayLike<number> & Iterable<number>
  /** By place: the arcs on the longest way to it, circles counted as one place. */
  readonly depths: Uint32Array
  /** The circles. */
  readonly parts: readonly (readonly number[])[]
}

/** Counting sort of arcs by where they begin. */
export function placedArcs(size: number, from: NodeList, to: NodeList): PlacedArcs {
  const start = new Uint32Array(size + 1)
  for (let at = 0; at < from.length; at++) start[from.items[at]! + 1]!++
  for (let place = 0; place < size; place++) start[place + 1]! += start[place]!
  const next = start.slice()
  const sorted = new Uint32Array(from.length)
  for (let at = 0; at < from.length; at++) sorted[next[from.items[at]!]!++] = to.items[at]!
  return { start, to: sorted }
}

/** Topological order of what place 0 leads to, which are all places. */
export function inOrder(size: number, arcs: PlacedArcs): Order {
  return withoutCircles(size, arcs) ?? collapsed(size, arcs)
}

/** A. B. Kahn, Topological sorting of large networks, CACM 5, 1962; undefined where there is a circle. */
function withoutCircles(size: number, { start, to }: PlacedArcs): Order | undefined {
  const waits = new Uint32Array(size)
  for (let at = 0; at < to.length; at++) waits[to[at]!]!++
  if (waits[0] !== 0) return undefined
  const places = new Uint32Array(size)
  const depths = new Uint32Array(size)
  let found = 1
  for (let done = 0; done < found; done++) {
    const place = places[done]!
    const depth = depths[place]! + 1
    for (let at = start[place]!, end = start[place + 1]!; at < end; at++) {
      const next = to[at]!
      if (depths[next]! < depth) depths[next] = depth
      if (--waits[next]! === 0) places[found++] = next
    }
  }
  return found === size ? { places, depths, parts: [] } : undefined
}

/** The same with each circle as one place. */
function collapsed(size: number, { start, to }: PlacedArcs): Order {
  const ordered = components(size, [0], (place, visit) => {
    for (let at = start[place]!, end = start[place + 1]!; at < end; at++) visit(to[at]!)
  }).reverse()
  const partOf = new Uint32Array(size)
  for (const [number, part] of ordered.entries()) for (const place of part) partOf[place] = number
  const depths = new Uint32Array(size)
  for (const [number, part] of ordered.entries()) {
    // Whatever leads here came before and left its depth.
    let depth = 0
    for (const place of part) depth = Math.max(depth, depths[place]!)
    for (const place of part) {
      depths[place] = depth
      for (let at = start[place]!, end = start[place + 1]!; at < end; at++) {
        const next = to[at]!
        if (partOf[next] !== number && depths[next]! <= depth) depths[next] = depth + 1
      }
    }
  }
  return { places: ordered.flat(), depths, parts: ordered.filter(part => part.length > 1) }
}
