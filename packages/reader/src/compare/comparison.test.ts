import { expect, it } from 'vitest'
import { MOST_PARTS, withinParts } from './comparison.ts'

it('a comparison keeps a million names and no more', () => {
  expect(() => withinParts(MOST_PARTS, 'files')).not.toThrow()
  expect(() => withinParts(MOST_PARTS + 1, 'chunks')).toThrow(/^more than 1000000 chunks: leave out --full/)
})
