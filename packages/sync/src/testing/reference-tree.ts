/** Trees made by the reference implementation, `@atproto/repo`, for the tests of ours. */
import { decodeCid } from '@atproto/lex-data'
import { MemoryBlockstore, MST } from '@atproto/repo'
import fc from 'fast-check'
import { type BinaryCid, cidFromText, cidOfBlock } from '../cid.ts'
import { keyLevel } from '../mst-node.ts'

export interface ReferenceTree {
  readonly root: BinaryCid
  /** Every node of the tree. */
  readonly blocks: ReadonlyMap<BinaryCid, Uint8Array>
}

type ReferenceCid = MST['pointer']

const toReference = (cid: BinaryCid): ReferenceCid => decodeCid(Buffer.from(cid, 'latin1'))
const fromReference = (cid: ReferenceCid): BinaryCid => cidFromText(cid.toString())

/** The CID of a record, different for each content. */
export const recordCid = (content: number): BinaryCid => cidOfBlock(Buffer.from(`record ${content}`))

/** The tree over the keys with their contents. */
export async function referenceTree(
  keys: readonly string[] | ReadonlyMap<string, number>,
): Promise<ReferenceTree> {
  const contents = keys instanceof Map ? keys : new Map((keys as readonly string[]).map(key => [key, 0]))
  const storage = new MemoryBlockstore()
  let tree = await MST.create(storage)
  for (const [key, content] of contents) tree = await tree.add(key, toReference(recordCid(content)))
  const { root, blocks } = await tree.getUnstoredBlocks()
  const found = new Map<BinaryCid, Uint8Array>()
  blocks.forEach((bytes, cid) => void found.set(fromReference(cid), bytes))
  return { root: fromReference(root), blocks: found }
}

/** A pool of keys in which those of high levels, where trees are split and joined most, are as many as the others. */
const POOL: readonly string[] = (() => {
  const byLevel: string[][] = [[], [], [], []]
  for (let n = 0; byLevel.some(keys => keys.length < 25); n++) {
    const key = `org.example.${'abc'[n % 3]}/${(n * 7919).toString(36)}`
    const keys = byLevel[Math.min(3, keyLevel(key))]!
    if (keys.length < 25) keys.push(key)
  }
  return byLevel.flat()
})()

/** Different keys of all levels. */
export function levelsOf({ maxLength }: { readonly maxLength: number }): fc.Arbitrary<string[]> {
  return fc.shuffledSubarray([...POOL], { maxLength })
}
