/** One derivation between two numbered nodes; `bits` says who asserts it. */
export interface Arc {
  readonly node: number
  readonly bits: number
}

/** Arcs in one direction as compressed sparse rows: those of node n stand at `start[n]` up to `start[n + 1]`. */
interface Rows {
  readonly start: Uint32Array
  readonly node: Uint32Array
  readonly bits: Uint8Array
}

const NO_ROWS: Rows = { start: new Uint32Array(1), node: new Uint32Array(0), bits: new Uint8Array(0) }
/** Changed arcs above which the rows are made anew, as a share of all and at least. */
const MOST_CHANGED = 0.05
const LEAST_CHANGED = 20_000

/**
 * A directed graph that is read far more often than changed. Whole rows lie in typed arrays, both ways (9 bytes an arc and way);
 * nodes whose arcs changed since are kept apart with all their arcs, and what the rows say of them no longer counts. Nodes are
 * the numbers from 0.
 */
export class Adjacency {
  #upstream = NO_ROWS
  #downstream = NO_ROWS
  /** Nodes that the rows know. */
  #known = 0
  /** 1: what stands in `changedUpstream` counts. */
  #isChanged = new Uint8Array(0)
  readonly #changedUpstream = new Map<number, readonly Arc[]>()
  readonly #changedDownstream = new Map<number, Map<number, number>>()
  #changedArcs = 0

  /** Arcs, counting each pair of nodes once. */
  get arcs(): number {
    let gone = 0
    for (const node of this.#changedUpstream.keys())
      if (node < this.#known) gone += this.#upstream.start[node + 1]! - this.#upstream.start[node]!
    return this.#upstream.node.length - gone + this.#changedArcs
  }

  /** Appends the nodes that this one was made from, over arcs that one of `wanted` asserts. */
  upstream(node: number, wanted: number, into: NodeList): void {
    if (this.#hasChanged(node)) {
      for (const arc of this.#changedUpstream.get(node)!) if ((arc.bits & wanted) !== 0) into.add(arc.node)
    } else if (node < this.#known) {
      const { start, node: sources, bits } = this.#upstream
      for (let at = start[node]!, end = start[node + 1]!; at < end; at++)
        if ((bits[at]! & wanted) !== 0) into.add(sources[at]!)
    }
  }

  /** Appends the nodes that were made from this one. */
  downstream(node: number, wanted: number, into: NodeList): void {
    if (node < this.#known) {
      const { start, node: made, bits } = this.#downstream
      const changed = this.#isChanged
      for (let at = start[node]!, end = start[node + 1]!; at < end; at++)
        if ((bits[at]! & wanted) !== 0 && changed[made[at]!] === 0) into.add(made[at]!)
    }
    if (this.#changedDownstream.size > 0)
      for (const [made, bits] of this.#changedDownstream.get(node) ?? [])
        if ((bits & wanted) !== 0) into.add(made)
  }

  /** How many arcs there are to look through on one side of a node; those that no longer count included. */
  degree(node: number, way: 'upstream' | 'downstream'): number {
    if (way === 'upstream' && this.#hasChanged(node)) return this.#changedUpstream.get(node)!.length
    const { start } = way === 'upstream' ? this.#upstream : this.#downstream
    const whole = node < this.#known ? start[node + 1]! - start[node]! : 0
    return way === 'upstream' ? whole : whole + (this.#changedDownstream.get(node)?.size ?? 0)
  }

  #hasChanged(node: number): boolean {
    return node < this.#isChanged.length && this.#isChanged[node] === 1
  }

  /** Says anew what a node was made from; pairs are given once. */
  set(node: number, sources: readonly Arc[]): void {
    if (node >= this.#isChanged.length) {
      const grown = new Uint8Array(Math.max(1024, (node + 1) * 2))
      grown.set(this.#isChanged)
      this.#isChanged = grown
    }
    for (const { node: source } of this.#changedUpstream.get(node) ?? []) {
      this.#changedDownstream.get(source)?.delete(node)
      this.#changedArcs--
    }
    this.#isChanged[node] = 1
    this.#changedUpstream.set(node, sources)
    for (const { node: source, bits } of sources) {
      let made = this.#changedDownstream.get(source)
      if (!made) {
        made = new Map()
        this.#changedDownstream.set(source, made)
      }
      made.set(node, bits)
      this.#changedArcs++
    }
    const most = Math.max(LEAST_CHANGED, this.#upstream.node.length * MOST_CHANGED)
    if (this.#changedArcs + this.#changedUpstream.size > most) this.compact()
  }

  /** Puts what changed into the rows. */
  compact(): void {
    const arcs = new ArcList()
    let nodes = this.#known
    for (const node of this.#changedUpstream.keys()) nodes = Math.max(nodes, node + 1)
    for (const node of this.#changedDownstream.keys()) nodes = Math.max(nodes, node + 1)
    for (let node = 0; node < nodes; node++) {
      if (this.#hasChanged(node))
        for (const { node: source, bits } of this.#changedUpstream.get(node)!) arcs.add(node, source, bits)
      else if (node < this.#known) {
        const { start, node: sources, bits } = this.#upstream
        for (let at = start[node]!, end = start[node + 1]!; at < end; at++)
          arcs.add(node, sources[at]!, bits[at]!)
      }
    }
    this.load(nodes, arcs)
  }

  /** Takes all arcs at once in place of those held; an arc that is given twice counts once, asserted by both. */
  load(nodes: number, arcs: ArcList): void {
    const { from, to, bits, length } = arcs
    this.#upstream = rowsOf(nodes, length, from, to, bits)
    // Made from the rows, in which each pair stands once.
    const { start, node, bits: merged } = this.#upstream
    const made = new Uint32Array(node.length)
    for (let at = 0; at < nodes; at++) made.fill(at, start[at], start[at + 1])
    this.#downstream = rowsOf(nodes, node.length, node, made, merged)
    this.#known = nodes
    this.#isChanged = new Uint8Array(nodes)
    this.#changedUpstream.clear()
    this.#changedDownstream.clear()
    this.#changedArcs = 0
  }
}

/** A list of nodes that grows and is used again. */
export class NodeList {
  items = new Uint32Array(1024)
  length = 0

  add(node: number): void {
    if (this.length === this.items.length) this.items = grown(this.items, Uint32Array)
    this.items[this.length++] = node
  }
}

/** Arcs on their way into an {@link Adjacency}, in columns that grow. */
export class ArcList {
  from = new Uint32Array(1024)
  to = new Uint32Array(1024)
  bits = new Uint8Array(1024)
  length = 0

  add(from: number, to: number, bits: number): void {
    if (this.length === this.from.length) {
      this.from = grown(this.from, Uint32Array)
      this.to = grown(this.to, Uint32Array)
      this.bits = grown(this.bits, Uint8Array)
    }
    this.from[this.length] = from
    this.to[this.length] = to
    this.bits[this.length++] = bits
  }
}

function grown<Column extends Uint32Array | Uint8Array>(
  column: Column,
  Type: new (length: number) => Column,
) {
  const larger = new Type(column.length * 2)
  larger.set(column)
  return larger
}

/** Counting sort by the first column, then each row sorted and doubled pairs joined. */
function rowsOf(nodes: number, length: number, from: Uint32Array, to: Uint32Array, bits: Uint8Array): Rows {
  const start = new Uint32Array(nodes + 1)
  for (let at = 0; at < length; at++) start[from[at]! + 1]!++
  for (let node = 0; node < nodes; node++) start[node + 1]! += start[node]!
  const next = start.slice()
  const sorted = new Uint32Array(length)
  const sortedBits = new Uint8Array(length)
  for (let at = 0; at < length; at++) {
    const place = next[from[at]!]!++
    sorted[place] = to[at]!
    sortedBits[place] = bits[at]!
  }
  let kept = 0
  for (let node = 0; node < nodes; node++) {
    const begin = start[node]!
    const end = start[node + 1]!
    start[node] = kept
    if (end - begin > 1 && !rises(sorted, begin, end)) sortRow(sorted, sortedBits, begin, end)
    for (let at = begin; at < end; at++) {
      if (kept > start[node]! && sorted[kept - 1] === sorted[at]) sortedBits[kept - 1]! |= sortedBits[at]!
      else {
        sorted[kept] = sorted[at]!
        sortedBits[kept++] = sortedBits[at]!
      }
    }
  }
  start[nodes] = kept
  return { start, node: sorted.slice(0, kept), bits: sortedBits.slice(0, kept) }
}

function rises(row: Uint32Array, begin: number, end: number): boolean {
  for (let at = begin + 1; at < end; at++) if (row[at - 1]! >= row[at]!) return false
  return true
}

/** Bits go into the low three bits of one number with the node above them, so that both are sorted at once. */
function sortRow(row: Uint32Array, bits: Uint8Array, begin: number, end: number): void {
  const keys = new Float64Array(end - begin)
  for (let at = begin; at < end; at++) keys[at - begin] = row[at]! * 8 + bits[at]!
  keys.sort()
  for (let at = begin; at < end; at++) {
    const key = keys[at - begin]!
    row[at] = Math.floor(key / 8)
    bits[at] = key % 8
  }
}
