import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BinaryCid, cidOfBlock } from './cid.ts'
import { EMPTY_TREE, encodeNode, keyLevel, MissingBlockError, MstError } from './mst-node.ts'
import { walkTree } from './mst-walk.ts'
import { levelsOf, recordCid, referenceTree } from './testing/reference-tree.ts'

describe('walking a tree', () => {
  it('law: finds every key of the reference’s tree with its record, in order', async () => {
    await fc.assert(
      fc.asyncProperty(levelsOf({ maxLength: 60 }), async keys => {
        const contents = new Map(keys.map((key, index) => [key, index]))
        const { root, blocks } = await referenceTree(contents)
        const found = [...walkTree(root, blocks)]
        expect(found).toEqual(keys.toSorted().map(key => ({ key, cid: recordCid(contents.get(key)!) })))
      }),
      { numRuns: 60 },
    )
  })

  it('needs every node', async () => {
    const { root, blocks } = await referenceTree(
      Array.from({ length: 80 }, (_, n) => `org.example.thing/k${n}`),
    )
    expect(blocks.size).toBeGreaterThan(5)
    for (const left of blocks.keys()) {
      const some = new Map([...blocks].filter(([cid]) => cid !== left))
      expect(() => [...walkTree(root, some)]).toThrow(MissingBlockError)
    }
  })
})

describe('a tree that nobody honest makes is refused', () => {
  /** Keys of a level, in order. */
  const ofLevel = (level: number): string[] => {
    const keys: string[] = []
    for (let n = 100; keys.length < 30; n++)
      if (keyLevel(`org.example.thing/${n}`) === level) keys.push(`org.example.thing/${n}`)
    return keys
  }
  const [leaves, inner] = [ofLevel(0), ofLevel(1)]
  const blocks = new Map<BinaryCid, Uint8Array>()
  const entry = (key: string, tree?: BinaryCid) => ({ key, value: recordCid(0), tree })
  const put = (left: BinaryCid | undefined, ...entries: ReturnType<typeof entry>[]): BinaryCid => {
    const block = encodeNode({ left, entries })
    blocks.set(cidOfBlock(block), block)
    return cidOfBlock(block)
  }
  blocks.set(EMPTY_TREE, encodeNode({ left: undefined, entries: [] }))

  it('unless it is one', () => {
    const above = inner.find(key => key > leaves[0]!)!
    expect([...walkTree(put(put(undefined, entry(leaves[0]!)), entry(above)), blocks)]).toHaveLength(2)
    expect([...walkTree(EMPTY_TREE, blocks)]).toEqual([])
  })

  const [first, second] = [leaves[0]!, leaves[1]!]
  const low = inner[1]!
  it.each<[string, () => BinaryCid, RegExp]>([
    [
      'a key at another level than its own',
      () => put(undefined, ...[entry(first), entry(low)].sort((a, b) => (a.key < b.key ? -1 : 1))),
      /wrong level/,
    ],
    [
      'a subtree whose keys belong behind it',
      () => put(put(undefined, entry(leaves.find(key => key > low)!)), entry(low)),
      /out of order/,
    ],
    [
      'a subtree behind, whose keys belong before',
      () => put(undefined, entry(inner.at(-1)!, put(undefined, entry(first)))),
      /out of order/,
    ],
    [
      'a key twice',
      () =>
        put(
          put(undefined, entry(first)),
          entry(inner.find(key => key > second)!, put(undefined, entry(first))),
        ),
      /out of order|doubled/,
    ],
    ['an empty node on top', () => put(put(undefined, entry(first))), /empty node above/],
    ['an empty leaf', () => put(EMPTY_TREE, entry(low)), /empty leaf/],
    [
      'a node below level 0',
      () => put(put(undefined, entry(second)), entry(leaves.find(key => key > second)!)),
      /below level 0/,
    ],
  ])('%s', (_, make, why) => {
    expect(() => [...walkTree(make(), blocks)]).toThrow(MstError)
    expect(() => [...walkTree(make(), blocks)]).toThrow(why)
  })
})
