import type { Adjacency } from './adjacency.ts'
import { components } from './components.ts'
import type { Nodes } from './nodes.ts'

export type Way = 'upstream' | 'downstream'

/** A reached node and its distance: the fewest steps from where the walk began. */
export interface Reached {
  readonly node: number
  readonly depth: number
}

export interface Closure {
  /** In the order of their depth, the beginning first. */
  readonly reached: readonly Reached[]
  /** There is more beyond the depth or the limit. */
  readonly truncated: boolean
}

export interface Impact {
  /** Nodes made from the beginning, sources always before what is made from them; `depth`: the longest way to it. */
  readonly steps: readonly Reached[]
  /** Nodes that depend on one another: they stand together in `steps`. */
  readonly cycles: readonly (readonly number[])[]
  /** How many nodes there are in all. */
  readonly total: number
}

/** Walks over canonical nodes: each stands for all keys of one thing. Marks are kept between walks, so a walk costs what it visits. */
export class Traversal {
  readonly #nodes: Nodes
  readonly #adjacency: Adjacency
  #marks = new Uint32Array(1024)
  #round = 0

  constructor(nodes: Nodes, adjacency: Adjacency) {
    this.#nodes = nodes
    this.#adjacency = adjacency
  }

  /**
   * What is reached within `depth` steps over arcs that one of `bits` asserts, nearest first, at most `limit` nodes.
   */
  closure(from: number, way: Way, options: { depth: number; bits: number; limit: number }): Closure {
    const { depth: mostDepth, bits: wanted, limit } = options
    const { round, marks } = this.#begin()
    const order = [from]
    const depths = [0]
    marks[from] = round
    let truncated = false
    for (let at = 0; at < order.length; at++) {
      const depth = depths[at]! + 1
      this.neighbours(order[at]!, way, wanted, next => {
        if (marks[next] === round) return
        if (depth > mostDepth || order.length >= limit) {
          truncated = true
          return
        }
        marks[next] = round
        order.push(next)
        depths.push(depth)
      })
      if (truncated && order.length >= limit) break
    }
    return { reached: order.map((node, at) => ({ node, depth: depths[at]! })), truncated }
  }

  /** How many nodes are reached, the beginning not counted; `limit` bounds the work. */
  count(from: number, way: Way, bits: number, limit: number): number {
    const { round, marks } = this.#begin()
    const order = [from]
    marks[from] = round
    for (let at = 0; at < order.length && order.length <= limit; at++)
      this.neighbours(order[at]!, way, bits, next => {
        if (marks[next] === round) return
        marks[next] = round
        order.push(next)
      })
    return Math.min(order.length - 1, limit)
  }

  /** Everything made from a node, in an order in which it can be made anew; what depends on itself is collapsed first. */
  impact(from: number, options: { bits: number; limit: number }): Impact {
    const { bits, limit } = options
    const parts = components(this.#nodes.size, [from], (node, visit) =>
      this.neighbours(node, 'downstream', bits, visit),
    )
    return this.#ordered(from, parts.reverse(), bits, limit)
  }

  /** Calls back with the canonical neighbours of a canonical node; one may come more than once. */
  neighbours(node: number, way: Way, wanted: number, visit: (next: number) => void): void {
    const nodes = this.#nodes
    const pass = (next: number, bits: number) => {
      if ((bits & wanted) === 0) return
      const canonical = nodes.canonical(next)
      if (canonical !== node) visit(canonical)
    }
    const members = nodes.members(node)
    if (way === 'upstream') {
      this.#adjacency.upstream(node, pass)
      if (members) for (const member of members) this.#adjacency.upstream(member, pass)
    } else {
      this.#adjacency.downstream(node, pass)
      if (members) for (const member of members) this.#adjacency.downstream(member, pass)
    }
  }

  /** The longest way to each node, a circle as one; cut at the limit, so that whatever precedes a kept node is kept. */
  #ordered(from: number, parts: readonly (readonly number[])[], bits: number, limit: number): Impact {
    const depths = new Map<number, number>()
    const steps: Reached[] = []
    const cycles: (readonly number[])[] = []
    let total = -1
    for (const part of parts) {
      total += part.length
      if (steps.length >= limit) continue
      const members = new Set(part)
      let depth = 0
      for (const node of part)
        this.neighbours(node, 'upstream', bits, source => {
          const before = members.has(source) ? undefined : depths.get(source)
          if (before !== undefined && before >= depth) depth = before + 1
        })
      for (const node of part) {
        depths.set(node, depth)
        if (node !== from && steps.length < limit) steps.push({ node, depth })
      }
      if (part.length > 1) cycles.push(part)
    }
    return { steps, cycles, total }
  }

  #begin(): { round: number; marks: Uint32Array } {
    if (this.#marks.length < this.#nodes.size) this.#marks = new Uint32Array(this.#nodes.size * 2)
    if (++this.#round === 0xffff_ffff) {
      this.#marks.fill(0)
      this.#round = 1
    }
    return { round: this.#round, marks: this.#marks }
  }
}
