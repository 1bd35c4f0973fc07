/** Undoing a commit's writes in a partial tree: the proof that exactly these writes were made. */
import type { BinaryCid } from './cid.ts'
import {
  type Blocks,
  EMPTY_TREE,
  encodeNode,
  keyLevel,
  loadNode,
  MstError,
  type MstNode,
  nodeCid,
} from './mst-node.ts'

/** One write of a commit, as the proof needs it. */
export interface MstOperation {
  readonly key: string
  /** Value after the commit; absent where the record was deleted. */
  readonly value?: BinaryCid
  /** Value before the commit; absent where the record was created. */
  readonly previous?: BinaryCid
}

/** A key, or a subtree that nobody needed to look into, in the order of the tree. */
interface Item {
  readonly level: number
  /** Absent for a subtree. */
  readonly key?: string
  /** The record, or the root of the subtree. */
  readonly cid: BinaryCid
}

/**
 * Undoes a commit's writes in a partial tree and gives the root that the tree had before: the proof that exactly these writes
 * were made. Only nodes on the way to the written keys, and those that must be joined, are looked into.
 *
 * The tree is laid out flat as keys and unopened subtrees, the writes are undone in that list, and the canonical tree over
 * it is built again. Keys keep the level of the node in which they lie (only written keys are hashed), so a root that equals
 * that of a canonical tree shows by induction that this tree is canonical too. The order of the writes does not matter.
 * Source: https://atproto.com/specs/sync#validating-commits (operation inversion)
 * @param blocks holds every node on the way
 * @param into takes the nodes that are made
 * @throws MstError where a write is not in the tree as it claims; MissingBlockError where the blocks do not suffice
 */
export function invertOps(
  root: BinaryCid,
  blocks: Blocks,
  operations: readonly MstOperation[],
  into?: Map<BinaryCid, Uint8Array>,
): BinaryCid {
  // Nothing was written: then nothing of the tree need be there.
  if (operations.length === 0) return root
  const sorted = operations.length < 2 ? operations : [...operations].sort((a, b) => (a.key < b.key ? -1 : 1))
  for (let i = 1; i < sorted.length; i++)
    if (sorted[i]!.key === sorted[i - 1]!.key) throw new MstError(`'${sorted[i]!.key}' is written twice`)
  return new Inversion(blocks, sorted, into).run(root)
}

/**
 * The nodes of the tree before a commit that its writes meet, as far as they are not among the blocks as they are now.
 * @throws as {@link invertOps}
 */
export function undoneNodes(
  root: BinaryCid,
  blocks: Blocks,
  operations: readonly MstOperation[],
): { readonly root: BinaryCid; readonly nodes: ReadonlyMap<BinaryCid, Uint8Array> } {
  const nodes = new Map<BinaryCid, Uint8Array>()
  return { root: invertOps(root, blocks, operations, nodes), nodes }
}

class Inversion {
  private readonly blocks: Blocks
  private readonly operations: readonly MstOperation[]
  private readonly into: Map<BinaryCid, Uint8Array> | undefined
  private readonly items: Item[] = []
  /** A node holds keys that no other place may hold: whoever names it twice wants it laid out a thousand times. */
  private readonly opened = new Set<BinaryCid>()

  constructor(blocks: Blocks, operations: readonly MstOperation[], into?: Map<BinaryCid, Uint8Array>) {
    this.blocks = blocks
    this.operations = operations
    this.into = into
  }

  run(root: BinaryCid): BinaryCid {
    const top = loadNode(this.blocks, root)
    const first = top.entries[0]
    if (first === undefined && top.left !== undefined)
      throw new MstError('MST root is an empty node above others: it should have been trimmed')
    const level = first === undefined ? 0 : keyLevel(first.key)
    this.expand(top, level, 0, this.operations.length)
    return this.build()
  }

  /** Lays out the node; operations `from` up to `to` fall into its range of keys. */
  private expand(node: MstNode, level: number, from: number, to: number): void {
    const { operations } = this
    let next = from
    let subtree = node.left
    for (const entry of node.entries) {
      const start = next
      while (next < to && operations[next]!.key < entry.key) next++
      this.gap(subtree, level, start, next)
      const operation = next < to ? operations[next]! : undefined
      if (operation?.key === entry.key) {
        next++
        if (operation.value === undefined) throw new MstError(`'${entry.key}' is not deleted in the tree`)
        if (operation.value !== entry.value) throw new MstError(`'${entry.key}' has another CID in the tree`)
        if (keyLevel(entry.key) !== level) throw new MstError(`'${entry.key}' lies at the wrong level`)
        if (operation.previous !== undefined) this.push({ level, key: entry.key, cid: operation.previous })
      } else this.push({ level, key: entry.key, cid: entry.value })
      subtree = entry.tree
    }
    this.gap(subtree, level, next, to)
  }

  /** Between two keys of a node: what lies there is looked into only where an operation falls into it. */
  private gap(subtree: BinaryCid | undefined, level: number, from: number, to: number): void {
    if (subtree !== undefined) {
      if (level === 0) throw new MstError('MST has a node below level 0')
      if (from === to) return this.push({ level: level - 1, cid: subtree })
      return this.open(subtree, level - 1, from, to)
    }
    for (let i = from; i < to; i++) {
      const { key, value, previous } = this.operations[i]!
      if (value !== undefined) throw new MstError(`'${key}' is not in the tree`)
      if (previous === undefined) throw new MstError(`'${key}': a write without a value before or after`)
      this.push({ level: keyLevel(key), key, cid: previous })
    }
  }

  /**
   * Appends in order. A subtree may stay unopened only between keys of higher levels; otherwise the tree before the commit
   * had it joined with its neighbour, and it is laid out.
   */
  private push(item: Item): void {
    const { items } = this
    for (;;) {
      const last = items.at(-1)
      if (last === undefined) break
      if (item.key === undefined) {
        if (last.key === undefined && last.level >= item.level) {
          items.pop()
          this.open(last.cid, last.level)
          continue
        }
        if (last.level <= item.level) return this.open(item.cid, item.level)
      } else if (last.key === undefined && last.level >= item.level) {
        items.pop()
        this.open(last.cid, last.level)
        continue
      }
      break
    }
    items.push(item)
  }

  private open(subtree: BinaryCid, level: number, from = 0, to = 0): void {
    if (this.opened.has(subtree)) throw new MstError('MST holds a node in two places')
    this.opened.add(subtree)
    const node = loadNode(this.blocks, subtree)
    if (node.entries.length === 0 && node.left === undefined) throw new MstError('MST has an empty leaf')
    this.expand(node, level, from, to)
  }

  private build(): BinaryCid {
    const { items } = this
    // A lone subtree is the whole tree, less empty nodes on top. No parent's hash says at which level it lies: its keys do.
    while (items.length === 1 && items[0]!.key === undefined) {
      const { cid, level } = items[0]!
      const [first] = loadNode(this.blocks, cid).entries
      if (first !== undefined) {
        if (keyLevel(first.key) !== level) throw new MstError(`'${first.key}' lies at the wrong level`)
        return cid
      }
      items.pop()
      this.open(cid, level)
    }
    if (items.length === 0) return EMPTY_TREE
    let level = 0
    for (const item of items) if (item.level > level) level = item.level
    return this.node(0, items.length, level)
  }

  private node(from: number, to: number, level: number): BinaryCid {
    const { items } = this
    const entries: { key: string; value: BinaryCid; tree: BinaryCid | undefined }[] = []
    let left: BinaryCid | undefined
    let start = from
    for (let i = from; i <= to; i++) {
      const item = i < to ? items[i]! : undefined
      if (item !== undefined && (item.key === undefined || item.level !== level)) continue
      const subtree = start === i ? undefined : this.subtree(start, i, level - 1)
      if (entries.length === 0) left = subtree
      else entries.at(-1)!.tree = subtree
      if (item !== undefined) entries.push({ key: item.key!, value: item.cid, tree: undefined })
      start = i + 1
    }
    const cid = nodeCid({ left, entries })
    this.into?.set(cid, encodeNode({ left, entries }))
    return cid
  }

  private subtree(from: number, to: number, level: number): BinaryCid {
    const only = this.items[from]!
    if (to - from === 1 && only.key === undefined && only.level === level) return only.cid
    return this.node(from, to, level)
  }
}
