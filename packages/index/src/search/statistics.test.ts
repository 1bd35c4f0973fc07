import { expect, test } from 'vitest'
import { fieldCount } from './features.ts'
import { Statistics } from './statistics.ts'

const documentOf = (...hashes: number[]) =>
  Uint32Array.from([hashes.length, ...Array(fieldCount - 1).fill(0), ...hashes])

test('terms beyond the most are forgotten, the rarest first, though all are in several documents', () => {
  const statistics = new Statistics(100)
  for (let round = 0; round < 3; round++)
    for (let hash = 1; hash <= 100; hash++) statistics.add(documentOf(hash, 7))
  expect(statistics.frequency(50)).toBe(3)
  statistics.add(documentOf(101))
  expect(statistics.documents).toBe(301)
  expect(statistics.frequency(7)).toBe(300)
  expect(statistics.frequency(50)).toBe(0)
  for (let hash = 200; hash < 260; hash++) statistics.add(documentOf(hash))
  expect(statistics.frequency(259)).toBe(1)
})
