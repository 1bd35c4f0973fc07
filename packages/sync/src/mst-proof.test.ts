import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MissingBlockError } from './mst-node.ts'
import { findKey } from './mst-proof.ts'
import { levelsOf, recordCid, referenceTree } from './testing/reference-tree.ts'

it('finds what the reference implementation put into a tree, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(levelsOf({ maxLength: 40 }), levelsOf({ maxLength: 20 }), async (keys, others) => {
      const { root, blocks } = await referenceTree(keys)
      for (const key of keys) expect(findKey(root, key, blocks)).toBe(recordCid(0))
      for (const key of others.filter(key => !keys.includes(key)))
        expect(findKey(root, key, blocks)).toBeUndefined()
    }),
    { numRuns: 40 },
  )
})

it('says that a node is missing rather than that the key is not there', async () => {
  const { root, blocks } = await referenceTree(Array.from({ length: 60 }, (_, n) => `org.example.a/${n}`))
  const only = new Map([[root, blocks.get(root)!]])
  const outcomes = Array.from({ length: 60 }, (_, n) => {
    try {
      return findKey(root, `org.example.a/${n}`, only)
    } catch (error) {
      return error
    }
  })
  expect(outcomes.some(outcome => outcome instanceof MissingBlockError)).toBe(true)
  expect(outcomes.includes(undefined)).toBe(false)
})
