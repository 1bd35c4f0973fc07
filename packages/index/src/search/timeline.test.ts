import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countSpans } from './timeline.ts'

test('counts what covers each stretch, open ends up to now', () => {
  const { buckets, undated } = countSpans(
    [
      [2000, 2003],
      [2001, 1e15],
      [null, null],
    ],
    48,
    2004,
  )
  expect(undated).toBe(1)
  expect(buckets.map(({ from, count }) => [from, count])).toEqual([
    [2000, 1],
    [2001, 2],
    [2002, 2],
    [2003, 1],
    [2004, 1],
  ])
})

test('one of deep time does not flatten the others', () => {
  const spans = [[-5e8, -4e8], ...Array.from({ length: 99 }, (_, n) => [1950 + (n % 50), 2000])]
  const { buckets } = countSpans(spans as [number, number][], 48, 2026)
  expect(buckets[0]!.from).toBe(1950)
})

test('law: buckets join without gap, are no more than asked for, and count every span that meets them', () => {
  const span = fc
    .tuple(fc.integer({ min: -5000, max: 2100 }), fc.integer({ min: 0, max: 500 }))
    .map(([from, length]) => [from, from + length] as [number, number])
  fc.assert(
    fc.property(fc.array(span, { maxLength: 60 }), fc.integer({ min: 1, max: 60 }), (spans, most) => {
      const { buckets } = countSpans(spans, most, 2026)
      expect(buckets.length).toBeLessThanOrEqual(most)
      for (const [place, { from, until, count }] of buckets.entries()) {
        if (place > 0) expect(from).toBe(buckets[place - 1]!.until)
        const met = spans.filter(([a, b]) => a < until && Math.max(b, a + 1e-9) > from).length
        expect(count).toBe(met)
      }
    }),
  )
})
