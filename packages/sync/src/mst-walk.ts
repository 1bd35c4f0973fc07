/** Reading a whole tree. */
import type { BinaryCid } from './cid.ts'
import { type Blocks, keyLevel, loadNode, MstError, type MstNode } from './mst-node.ts'

/**
 * Walks a whole tree in the order of its keys and checks all of it: every node present and canonical, every key at its level
 * and in order, no empty node but where levels are skipped.
 * @throws MstError, MissingBlockError, or CborError of a node
 */
export function* walkTree(root: BinaryCid, blocks: Blocks): Generator<{ key: string; cid: BinaryCid }> {
  const top = loadNode(blocks, root)
  if (top.entries.length === 0) {
    if (top.left !== undefined) throw new MstError('MST root is an empty node above others')
    return
  }
  let last = ''
  const stack: { node: MstNode; level: number; next: number }[] = []
  const enter = (node: MstNode, level: number) => {
    for (const { key } of node.entries)
      if (keyLevel(key) !== level) throw new MstError(`'${key}' lies at the wrong level`)
    stack.push({ node, level, next: -1 })
  }
  const descend = (cid: BinaryCid, level: number) => {
    if (level < 0) throw new MstError('MST has a node below level 0')
    const node = loadNode(blocks, cid)
    if (node.entries.length === 0 && node.left === undefined) throw new MstError('MST has an empty leaf')
    enter(node, level)
  }
  const level = keyLevel(top.entries[0]!.key)
  enter(top, level)
  while (stack.length > 0) {
    const frame = stack.at(-1)!
    const { node } = frame
    if (frame.next === -1) {
      frame.next = 0
      if (node.left !== undefined) descend(node.left, frame.level - 1)
      continue
    }
    const entry = node.entries[frame.next]
    if (entry === undefined) {
      stack.pop()
      continue
    }
    if (entry.key <= last) throw new MstError(`'${entry.key}' is doubled or out of order`)
    last = entry.key
    frame.next++
    yield { key: entry.key, cid: entry.value }
    if (entry.tree !== undefined) descend(entry.tree, frame.level - 1)
  }
}
