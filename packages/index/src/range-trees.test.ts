import type { BinaryCid } from '@frost/sync/cid'
import { expect, it } from 'vitest'
import { type Nodes, RangeTrees } from './range-trees.ts'

it('regression: a tree is made once for a head, one at a time, and again where it failed', async () => {
  const trees = new RangeTrees()
  const made: string[] = []
  let open = 0
  const ask = (head: string, fails = false) =>
    trees.of(head as BinaryCid, async () => {
      expect(++open).toBe(1)
      await new Promise(setImmediate)
      made.push(head)
      open--
      if (fails) throw new Error('no tree')
      return new Map() as Nodes
    })
  await Promise.all([ask('a'), ask('a'), ask('b'), ask('a')])
  await ask('b')
  expect(made).toEqual(['a', 'b'])
  await expect(ask('c', true)).rejects.toThrow('no tree')
  await ask('c')
  // What was asked for longest ago makes room.
  for (const head of ['a', 'd', 'e', 'b']) await ask(head)
  expect(made).toEqual(['a', 'b', 'c', 'c', 'd', 'e', 'b'])
})
