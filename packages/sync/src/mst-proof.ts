/** Whether a tree holds a key, told from the nodes on the way to it. */
import type { BinaryCid } from './cid.ts'
import { type Blocks, keyLevel, loadNode, MstError } from './mst-node.ts'

/**
 * The CID of the record at a key; undefined where the tree proves that there is none.
 * @param blocks at least the nodes on the way
 * @throws MissingBlockError where a node on the way is not given; MstError or CborError where one is no node of a tree
 */
export function findKey(root: BinaryCid, key: string, blocks: Blocks): BinaryCid | undefined {
  const wanted = keyLevel(key)
  let next: BinaryCid | undefined = root
  let before: number | undefined
  while (next !== undefined) {
    const node = loadNode(blocks, next)
    // The empty tree.
    if (before === undefined && node.entries.length === 0 && node.left === undefined) return undefined
    const level: number = node.entries[0] ? keyLevel(node.entries[0].key) : (before ?? 0) - 1
    if (level < 0 || (before !== undefined && level !== before - 1))
      throw new MstError('MST node lies at the wrong level')
    let down = node.left
    for (const entry of node.entries) {
      if (keyLevel(entry.key) !== level) throw new MstError(`'${entry.key}' lies at the wrong level`)
      if (entry.key === key) return entry.value
      if (entry.key > key) break
      down = entry.tree
    }
    // Below the level of the key there is nothing that could hold it.
    if (level <= wanted) return undefined
    before = level
    next = down
  }
  return undefined
}
