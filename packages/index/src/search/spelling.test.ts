import fc from 'fast-check'
import { expect, test } from 'vitest'
import { editDistance, nearest } from './spelling.ts'

test('measures how far apart two words are', () => {
  expect(editDistance('temprature', 'temperature', 2)).toBe(1)
  expect(editDistance('tempreature', 'temperature', 2)).toBe(1)
  expect(editDistance('zarr', 'netcdf', 2)).toBe(3)
  expect(
    nearest('temprature', [
      ['temperament', 9],
      ['temperature', 2],
    ]),
  ).toBe('temperature')
  expect(nearest('salinty', [['genome', 9]])).toBeUndefined()
})

test('law: it is symmetric, zero for equals alone, and no more than the longer length', () => {
  const word = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 7 }).map(letters => letters.join(''))
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b, 20)
      expect(distance).toBe(editDistance(b, a, 20))
      expect(distance === 0).toBe(a === b)
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length))
    }),
  )
})
