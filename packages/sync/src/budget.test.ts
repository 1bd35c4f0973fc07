import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Budget, Share } from './budget.ts'

it('gives what there is, to the last byte, and nothing beyond', () => {
  const budget = new Budget(10)
  expect(budget.take(6)).toBe(true)
  expect(budget.take(5)).toBe(false)
  expect(budget.taken).toBe(6)
  expect(budget.take(4)).toBe(true)
  expect(budget.take(1)).toBe(false)
  budget.give(10)
  expect(budget.taken).toBe(0)
})

it('law: what is taken and not given back is never more than there is', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.array(fc.nat(60)), (most, wishes) => {
      const budget = new Budget(most)
      const held: number[] = []
      for (const wish of wishes) {
        const sum = held.reduce((a, b) => a + b, 0)
        expect(budget.taken).toBe(sum)
        expect(budget.take(wish)).toBe(sum + wish <= most)
        if (sum + wish <= most) held.push(wish)
        else if (held.length > 0) budget.give(held.shift()!)
      }
    }),
  )
})

it('is shared by who takes at most a part, and gives all of that back', () => {
  const budget = new Budget(10)
  const [one, other] = [new Share(budget, 6), new Share(budget, 6)]
  expect([one.take(4), one.take(3), one.take(2)]).toEqual([true, false, true])
  expect([other.take(5), other.take(4)]).toEqual([false, true])
  one.giveBack()
  one.giveBack()
  expect(budget.taken).toBe(4)
  expect(one.take(6)).toBe(true)
})
