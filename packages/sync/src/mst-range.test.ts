import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseNode } from './mst-node.ts'
import { findKey } from './mst-proof.ts'
import { edgeNodes, keysWith, rangeNodes, rangeRecords, treeOf } from './mst-range.ts'
import { levelsOf, recordCid, referenceTree } from './testing/reference-tree.ts'

const range = keysWith('org.example.b')
const inRange = (key: string) => key.startsWith('org.example.b')
const recordsOf = (keys: readonly string[], content = 0) =>
  keys
    .filter(inRange)
    .sort()
    .map(key => ({ key, cid: recordCid(content) }))

describe('the part of a tree in a range of keys', () => {
  it('is made anew from its edge and its records, for any tree of the reference implementation', async () => {
    await fc.assert(
      fc.asyncProperty(levelsOf({ maxLength: 60 }), async keys => {
        const { root, blocks } = await referenceTree(keys)
        const edge = edgeNodes(root, range, blocks)
        const records = recordsOf(keys)
        const nodes = rangeNodes(root, range, edge, records)
        for (const [cid, block] of nodes) expect(Buffer.from(block).equals(blocks.get(cid)!)).toBe(true)
        expect(rangeRecords(root, range, nodes)).toEqual(records)
        for (const { key, cid } of records)
          expect(findKey(root, key, rangeNodes(root, range, edge, records, key))).toBe(cid)
      }),
      { numRuns: 60 },
    )
  })

  it('goes on from write to write: the edge before and the blocks of a commit give the edge after', async () => {
    await fc.assert(
      fc.asyncProperty(
        levelsOf({ maxLength: 40 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        async (keys, toggles) => {
          const pool = [...keys]
          const held = new Set(keys.filter((_, at) => at % 2 === 0))
          let { root, blocks } = await referenceTree([...held])
          let edge = edgeNodes(root, range, blocks)
          for (const toggle of toggles) {
            const key = pool[toggle % Math.max(1, pool.length)]
            if (key === undefined) break
            if (!held.delete(key)) held.add(key)
            const after = await referenceTree([...held])
            // A commit carries the nodes that are new, and those on the way to the key.
            const told = new Map([...after.blocks].filter(([cid]) => !blocks.has(cid)))
            wayTo(after.root, key, after.blocks, told)
            const before: Map<string, Uint8Array> = edge
            edge = edgeNodes(after.root, range, { get: cid => told.get(cid) ?? before.get(cid) })
            root = after.root
            blocks = after.blocks
            expect([...edge.keys()].sort()).toEqual([...edgeNodes(root, range, blocks).keys()].sort())
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('refuses records that are not those of the tree', async () => {
    const keys = Array.from({ length: 200 }, (_, n) => `org.example.${'abc'[n % 3]}/${n}`)
    const { root, blocks } = await referenceTree(keys)
    const edge = edgeNodes(root, range, blocks)
    const records = recordsOf(keys)
    expect(() => rangeNodes(root, range, edge, records.slice(3, -3))).toThrow(/not those of the tree/)
    expect(() => rangeNodes(root, range, edge, recordsOf(keys, 1))).toThrow(/not those of the tree/)
    expect(() => rangeNodes(root, range, new Map(), records)).toThrow(/not held/)
  })

  it('a tree of its own is the one that the reference implementation makes', async () => {
    await fc.assert(
      fc.asyncProperty(levelsOf({ maxLength: 40 }), async keys => {
        const sorted = [...keys].sort().map(key => ({ key, cid: recordCid(0) }))
        expect(treeOf(sorted).root).toBe((await referenceTree(keys)).root)
      }),
      { numRuns: 40 },
    )
  })
})

/** All nodes between which a key lies or would lie, down to the leaves: what undoing a write of it takes. */
function wayTo(
  root: string,
  key: string,
  blocks: ReadonlyMap<string, Uint8Array>,
  into: Map<string, Uint8Array>,
): void {
  for (let next: string | undefined = root; next !== undefined; ) {
    const block: Uint8Array = blocks.get(next)!
    into.set(next, block)
    const { left, entries } = parseNode(block)
    next = left
    for (const entry of entries) if (entry.key <= key) next = entry.tree
  }
}
