import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LongWork } from './long-work.ts'

test('one process is left to what is short, one to the long work of others', () => {
  const work = new LongWork(4)
  work.began('a')
  work.began('a')
  expect([work.mayBegin('a'), work.mayBegin('b')]).toEqual([false, true])
  work.began('b')
  expect([work.mayBegin('b'), work.mayBegin('c')]).toEqual([false, false])
  work.ended('a')
  expect([work.mayBegin('a'), work.mayBegin('c')]).toEqual([true, true])
})

test('whoever comes first of few processes is served', () => {
  for (const workers of [1, 2]) {
    const work = new LongWork(workers)
    expect(work.mayBegin('a')).toBe(true)
    work.began('a')
    expect(work.mayBegin('b')).toBe(false)
  }
})

test('whatever comes and goes, there is never too much of it, and all may begin when all has ended', () => {
  const client = fc.constantFrom('a', 'b', 'c')
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.array(client), (workers, clients) => {
      const work = new LongWork(workers)
      const begun: string[] = []
      for (const name of clients) {
        if (!work.mayBegin(name)) continue
        work.began(name)
        begun.push(name)
      }
      expect(begun.length).toBeLessThanOrEqual(Math.max(1, workers - 1))
      for (const name of begun) work.ended(name)
      expect(work.mayBegin('a')).toBe(true)
    }),
  )
})
