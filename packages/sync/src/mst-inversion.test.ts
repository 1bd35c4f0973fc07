import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BinaryCid, cidOfBlock } from './cid.ts'
import { invertOps, type MstOperation } from './mst-inversion.ts'
import { EMPTY_TREE, encodeNode, keyLevel, MissingBlockError, MstError } from './mst-node.ts'
import { levelsOf, recordCid, referenceTree } from './testing/reference-tree.ts'

/** What was held, and what a commit made of it: a key, its content before and after; none where there was no record. */
const changes = levelsOf({ maxLength: 25 }).chain(keys =>
  fc.tuple(
    fc.constant(keys),
    fc.array(fc.option(fc.nat(3), { nil: undefined, freq: 2 }), {
      minLength: keys.length,
      maxLength: keys.length,
    }),
    fc.array(fc.option(fc.nat(3), { nil: undefined, freq: 2 }), {
      minLength: keys.length,
      maxLength: keys.length,
    }),
    fc.array(fc.boolean(), { minLength: keys.length, maxLength: keys.length }),
    fc.infiniteStream(fc.nat()),
  ),
)

interface Change {
  readonly before: ReadonlyMap<string, number>
  readonly after: ReadonlyMap<string, number>
  readonly operations: readonly MstOperation[]
}

function changeOf(
  keys: readonly string[],
  was: readonly (number | undefined)[],
  becomes: readonly (number | undefined)[],
  written: readonly boolean[],
): Change {
  const before = new Map<string, number>()
  const after = new Map<string, number>()
  const operations: MstOperation[] = []
  for (const [index, key] of keys.entries()) {
    const old = was[index]
    const now = written[index] ? becomes[index] : old
    if (old !== undefined) before.set(key, old)
    if (now !== undefined) after.set(key, now)
    if (old === now) continue
    operations.push({
      key,
      ...(now !== undefined && { value: recordCid(now) }),
      ...(old !== undefined && { previous: recordCid(old) }),
    })
  }
  return { before, after, operations }
}

describe('undoing writes', () => {
  it('law: leads from the tree after them back to the tree before, in any order of the writes', async () => {
    let undone = 0
    await fc.assert(
      fc.asyncProperty(changes, async ([keys, was, becomes, written, order]) => {
        const { before, after, operations } = changeOf(keys, was, becomes, written)
        const [old, now] = [await referenceTree(before), await referenceTree(after)]
        // A commit of writes that undo nothing needs no blocks; any other may need those on both sides of what it deleted.
        const blocks = new Map([...now.blocks, ...old.blocks])
        const shuffled = operations
          .map(operation => [order.next().value, operation] as const)
          .sort(([a], [b]) => a - b)
          .map(([, operation]) => operation)
        expect(invertOps(now.root, now.blocks, shuffled)).toBe(old.root)
        expect(invertOps(now.root, blocks, operations)).toBe(old.root)
        undone += operations.length
      }),
      { numRuns: 120 },
    )
    expect(undone).toBeGreaterThan(200)
  })

  it('law: with one of them left out, added or told otherwise, does not lead there', async () => {
    const lies = fc.constantFrom('left out', 'another value', 'another value before', 'added')
    let told = 0
    await fc.assert(
      fc.asyncProperty(changes, lies, fc.nat(), async ([keys, was, becomes, written], lie, which) => {
        const { before, after, operations } = changeOf(keys, was, becomes, written)
        fc.pre(operations.length > 0)
        const at = which % operations.length
        const { key, value, previous } = operations[at]!
        const forged = operations.flatMap((operation, index): MstOperation[] => {
          if (index !== at) return [operation]
          if (lie === 'left out') return []
          if (lie === 'another value') return [{ ...operation, value: recordCid(77) }]
          if (lie === 'another value before') return [{ ...operation, previous: recordCid(77) }]
          return [operation, { key: `${key}x`, previous: recordCid(77) }]
        })
        const [old, now] = [await referenceTree(before), await referenceTree(after)]
        let root: BinaryCid | undefined
        try {
          root = invertOps(now.root, now.blocks, forged)
        } catch (error) {
          expect(error).toBeInstanceOf(MstError)
        }
        expect(root, JSON.stringify({ lie, key, value, previous })).not.toBe(old.root)
        told++
      }),
      { numRuns: 80 },
    )
    expect(told).toBeGreaterThan(50)
  })

  it('of nothing needs nothing of the tree', () => {
    const root = recordCid(1)
    expect(invertOps(root, new Map(), [])).toBe(root)
  })

  it('of all leads to the empty tree', async () => {
    const keys = Array.from({ length: 30 }, (_, n) => `org.example.thing/k${n}`)
    const { root, blocks } = await referenceTree(keys)
    expect(
      invertOps(
        root,
        blocks,
        keys.map(key => ({ key, value: recordCid(0) })),
      ),
    ).toBe(EMPTY_TREE)
  })

  it('needs the nodes on the way, and says that one is missing', async () => {
    const keys = Array.from({ length: 60 }, (_, n) => `org.example.thing/k${n}`)
    const { root, blocks } = await referenceTree(keys)
    const operation = { key: keys[7]!, value: recordCid(0), previous: recordCid(1) }
    let needed = 0
    for (const left of blocks.keys()) {
      const some = new Map([...blocks].filter(([cid]) => cid !== left))
      try {
        invertOps(root, some, [operation])
      } catch (error) {
        expect(error).toBeInstanceOf(MissingBlockError)
        needed++
      }
    }
    expect(needed).toBeGreaterThan(0)
    expect(needed).toBeLessThan(blocks.size)
  })

  it('is refused where a key is written twice', async () => {
    const { root, blocks } = await referenceTree(['org.example.thing/a'])
    const operation = { key: 'org.example.thing/a', value: recordCid(0) }
    expect(() => invertOps(root, blocks, [operation, operation])).toThrow(/written twice/)
  })
})

/** Trees that nobody honest makes. */
describe('a forged tree', () => {
  const [low = '', high = ''] = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n']
    .map(name => `org.example.thing/${name}`)
    .sort((a, b) => keyLevel(a) - keyLevel(b))
    .filter((_, index, { length }) => index === 0 || index === length - 1)
  const entry = (key: string, tree?: BinaryCid) => ({ key, value: recordCid(0), tree })
  const blocks = new Map<BinaryCid, Uint8Array>()
  const put = (left: BinaryCid | undefined, ...entries: ReturnType<typeof entry>[]): BinaryCid => {
    const block = encodeNode({ left, entries })
    blocks.set(cidOfBlock(block), block)
    return cidOfBlock(block)
  }

  it('whose root is an empty node above others is refused', () => {
    const root = put(put(undefined, entry(low)))
    expect(() => invertOps(root, blocks, [{ key: low, value: recordCid(0) }])).toThrow(
      /should have been trimmed/,
    )
  })

  it('whose written key lies at another level than its own is refused', () => {
    expect(keyLevel(high)).toBeGreaterThan(keyLevel(low))
    const root = put(undefined, ...[entry(low), entry(high)].sort((a, b) => (a.key < b.key ? -1 : 1)))
    expect(() =>
      invertOps(root, blocks, [
        { key: low, value: recordCid(0) },
        { key: high, value: recordCid(0) },
      ]),
    ).toThrow(/wrong level/)
  })

  it('that names a node twice is refused before it is laid out twice', () => {
    const leaf = put(undefined, entry('org.example.thing/0'))
    const root = put(leaf, entry(high, leaf))
    expect(() =>
      invertOps(root, blocks, [
        { key: 'org.example.thing/!', previous: recordCid(0) },
        { key: 'org.example.thing/z', previous: recordCid(0) },
      ]),
    ).toThrow(/two places|below level 0|empty leaf|wrong level/)
  })

  it('with an empty leaf is refused', () => {
    const root = put(put(undefined), entry(high))
    expect(() => invertOps(root, blocks, [{ key: 'org.example.thing/!', previous: recordCid(0) }])).toThrow(
      /empty leaf/,
    )
  })
})
