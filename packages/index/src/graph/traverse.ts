import { type Adjacency, NodeList } from './adjacency.ts'
import type { Nodes } from './nodes.ts'
import { inOrder, type PlacedArcs, placedArcs } from './order.ts'

export type Way = 'upstream' | 'downstream'

/** A reached node and its distance from where the walk began, in steps. */
export interface Reached {
  readonly node: number
  readonly depth: number
}

export interface Closure {
  /** In the order of their depth (the fewest steps to them), the beginning first. */
  readonly reached: readonly Reached[]
  /** There is more beyond the depth or the limit. */
  readonly truncated: boolean
}

export interface Impact {
  /** Nodes made from the beginning, sources always before what is made from them; `depth`: the longest way to it. */
  readonly steps: readonly Reached[]
  /** Nodes that depend on one another: they stand together in `steps`. */
  readonly cycles: readonly (readonly number[])[]
  /** There is more: the nearest are in order among themselves, what lies between them may be beyond the limit. */
  readonly truncated: boolean
}

const NO_LIMIT = Number.MAX_SAFE_INTEGER

/** Walks over canonical nodes: each stands for all keys of one thing. Marks are kept between walks, so a walk costs what it visits. */
export class Traversal {
  readonly #nodes: Nodes
  readonly #adjacency: Adjacency
  readonly #found = new NodeList()
  /** Per node: the round in which it was found, and its place among the found. */
  #marks = new Uint32Array(1024)
  #places = new Uint32Array(1024)
  #round = 0

  constructor(nodes: Nodes, adjacency: Adjacency) {
    this.#nodes = nodes
    this.#adjacency = adjacency
  }

  /** What is reached within `depth` steps over arcs that one of `bits` asserts, nearest first, at most `limit` nodes. */
  closure(from: number, way: Way, options: { depth: number; bits: number; limit: number }): Closure {
    const { depth, bits, limit } = options
    const { order, levels, truncated } = this.#walk(from, way, bits, depth, limit)
    const reached: Reached[] = []
    for (let level = 0, at = 0; level < levels.length; level++)
      for (; at < levels[level]!; at++) reached.push({ node: order.items[at]!, depth: level })
    return { reached, truncated }
  }

  /** What was made from a node, nearest first up to the limit, in an order in which it can be made anew; circles are collapsed first. */
  impact(from: number, options: { bits: number; limit: number }): Impact {
    const { bits, limit } = options
    const { order, truncated } = this.#walk(from, 'downstream', bits, NO_LIMIT, limit + 1)
    const arcs = this.#arcsAmong(order, bits)
    const { places, depths, parts } = inOrder(order.length, arcs)
    const steps: Reached[] = []
    for (const place of places)
      if (place !== 0) steps.push({ node: order.items[place]!, depth: depths[place]! })
    const cycles = parts.map(part => Array.from(part, place => order.items[place]!))
    return { steps, cycles, truncated }
  }

  /** Breadth first. `levels`: how many nodes were found within each depth. */
  #walk(from: number, way: Way, bits: number, mostDepth: number, limit: number) {
    const { round, marks, places } = this.#begin()
    const canonical = this.#nodes.canonicals
    const found = this.#found
    const order = new NodeList()
    order.add(from)
    marks[from] = round
    places[from] = 0
    const levels = [1]
    let truncated = false
    for (let at = 0; at < order.length && !(truncated && order.length >= limit); at++) {
      if (at === levels.at(-1)) levels.push(order.length)
      const isLastLevel = levels.length > mostDepth
      this.#collect(order.items[at]!, way, bits)
      for (let each = 0; each < found.length; each++) {
        const next = canonical[found.items[each]!]!
        if (marks[next] === round) continue
        if (isLastLevel || order.length >= limit) {
          truncated = true
          break
        }
        marks[next] = round
        places[next] = order.length
        order.add(next)
      }
    }
    if (levels.at(-1)! < order.length) levels.push(order.length)
    return { order, levels, truncated }
  }

  /**
   * Arcs downstream between the nodes of the last walk, by their places in it. They are looked for from the side that has fewer: what
   * everything is made from has a hundred thousand arcs downstream, and what is made from it a few upstream.
   */
  #arcsAmong({ items, length }: NodeList, bits: number): PlacedArcs {
    const round = this.#round
    const canonical = this.#nodes.canonicals
    const way =
      this.#degree(items, length, 'upstream') < this.#degree(items, length, 'downstream')
        ? 'upstream'
        : 'downstream'
    const from = new NodeList()
    const to = new NodeList()
    const [here, there] = way === 'downstream' ? [from, to] : [to, from]
    for (let place = 0; place < length; place++) {
      const node = items[place]!
      this.#collect(node, way, bits)
      for (let each = 0; each < this.#found.length; each++) {
        const other = canonical[this.#found.items[each]!]!
        if (this.#marks[other] !== round || other === node) continue
        here.add(place)
        there.add(this.#places[other]!)
      }
    }
    return placedArcs(length, from, to)
  }

  #degree(nodes: Uint32Array, length: number, way: Way): number {
    let sum = 0
    for (let at = 0; at < length; at++) {
      const node = nodes[at]!
      sum += this.#adjacency.degree(node, way)
      for (const member of this.#nodes.members(node) ?? []) sum += this.#adjacency.degree(member, way)
    }
    return sum
  }

  /** Keys on the other side of a canonical node's arcs, into the list of the found. */
  #collect(node: number, way: Way, bits: number): void {
    this.#found.length = 0
    this.#adjacency[way](node, bits, this.#found)
    for (const member of this.#nodes.members(node) ?? []) this.#adjacency[way](member, bits, this.#found)
  }

  #begin() {
    if (this.#marks.length < this.#nodes.size) {
      this.#marks = new Uint32Array(this.#nodes.size * 2)
      this.#places = new Uint32Array(this.#nodes.size * 2)
    }
    if (++this.#round === 0xffff_ffff) {
      this.#marks.fill(0)
      this.#round = 1
    }
    return { round: this.#round, marks: this.#marks, places: this.#places }
  }
}
