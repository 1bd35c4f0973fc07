import { expect, test } from 'vitest'
import { FairQueue } from './fair-queue.ts'

const all = () => true

test('clients take turns, however much one of them asks for', () => {
  const queue = new FairQueue<string>(10)
  for (const item of ['a1', 'a2', 'a3']) queue.add('a', item)
  queue.add('b', 'b1')
  queue.add('c', 'c1')
  expect(Array.from({ length: 6 }, () => queue.take(all))).toEqual(['a1', 'b1', 'c1', 'a2', 'a3', undefined])
  expect(queue.length).toBe(0)
})

test('no client fills the queue alone, and all together do not pass its bound', () => {
  const queue = new FairQueue<number>(4)
  expect([1, 2, 3].map(item => queue.add('a', item))).toEqual([true, true, false])
  expect([4, 5].map(item => queue.add('b', item))).toEqual([true, true])
  expect(queue.add('c', 6)).toBe(false)
})

test('what may not go yet is passed over and keeps its place', () => {
  const queue = new FairQueue<string>(10)
  for (const item of ['long', 'short']) queue.add('a', item)
  expect(queue.take(item => item === 'short')).toBe('short')
  expect(queue.take(item => item === 'short')).toBeUndefined()
  expect(queue.take(all)).toBe('long')
})

test('what left does not come up, and leaves no trace', () => {
  const queue = new FairQueue<string>(10)
  queue.add('a', 'a1')
  expect(queue.remove('a', 'a1')).toBe(true)
  expect(queue.remove('a', 'a1')).toBe(false)
  expect([queue.length, queue.take(all)]).toEqual([0, undefined])
})
