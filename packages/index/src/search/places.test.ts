import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Places } from './places.ts'

test('every id that is here has its place, and no other has one', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.oneof(fc.integer({ min: 0, max: 2 ** 31 - 1 }), fc.integer({ min: 0, max: 200 }))),
      fc.array(fc.nat(2 ** 31 - 1)),
      (ids, others) => {
        const places = new Places(Int32Array.from(ids))
        for (const [place, id] of ids.entries()) expect(places.of(id)).toBe(place)
        for (const id of others) if (!ids.includes(id)) expect(places.of(id)).toBeUndefined()
      },
    ),
  )
})

test('ids that follow one another, as they are given, lie apart', () => {
  const places = new Places(Int32Array.from({ length: 100_000 }, (_, place) => place + 500_000))
  for (let place = 0; place < 100_000; place++) expect(places.of(place + 500_000)).toBe(place)
  expect(places.of(499_999)).toBeUndefined()
})
