/**
 * Canonical trees, made anew from all their keys: they owe nothing to the code that verifies a commit by undoing its writes.
 */
import type { BinaryCid } from '@frost/sync/cid'
import { encodeNode } from '@frost/sync/mst-node'
import { cidOf } from './encoding.ts'

/** A node of a whole tree in memory: `children[i]` lies before `keys[i]`, the last child after all. */
interface TreeNode {
  readonly cid: BinaryCid
  readonly block: Uint8Array
  readonly keys: readonly string[]
  readonly children: readonly (TreeNode | undefined)[]
}

export interface Leaf {
  readonly key: string
  readonly level: number
  readonly value: BinaryCid
}

/** The canonical tree over leaves in the order of their keys. */
export class Tree {
  readonly #leaves: readonly Leaf[]
  readonly #top: TreeNode

  constructor(leaves: readonly Leaf[]) {
    this.#leaves = leaves
    this.#top = this.#node(0, leaves.length, Math.max(0, ...leaves.map(({ level }) => level)))
  }

  get root(): BinaryCid {
    return this.#top.cid
  }

  /** Every node. */
  blocks(): Map<BinaryCid, Uint8Array> {
    const blocks = new Map<BinaryCid, Uint8Array>()
    const add = (node: TreeNode): void => {
      blocks.set(node.cid, node.block)
      for (const child of node.children) if (child) add(child)
    }
    add(this.#top)
    return blocks
  }

  /** Adds the nodes on the way to a key, or to where it would be. */
  prove(key: string, into: Map<BinaryCid, Uint8Array>): void {
    for (let node: TreeNode | undefined = this.#top; node; ) {
      into.set(node.cid, node.block)
      let at = 0
      while (at < node.keys.length && node.keys[at]! < key) at++
      if (node.keys[at] === key) return
      node = node.children[at]
    }
  }

  #node(from: number, to: number, level: number): TreeNode {
    const entries: { key: string; value: BinaryCid; tree: BinaryCid | undefined }[] = []
    const children: (TreeNode | undefined)[] = []
    let start = from
    for (let at = from; at <= to; at++) {
      const leaf = at < to ? this.#leaves[at]! : undefined
      if (leaf && leaf.level !== level) continue
      const child = start === at ? undefined : this.#node(start, at, level - 1)
      children.push(child)
      if (entries.length > 0) entries.at(-1)!.tree = child?.cid
      if (leaf) entries.push({ key: leaf.key, value: leaf.value, tree: undefined })
      start = at + 1
    }
    const block = encodeNode({ left: children[0]?.cid, entries })
    return { cid: cidOf(block), block, keys: entries.map(({ key }) => key), children }
  }
}
