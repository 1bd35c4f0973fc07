import fc from 'fast-check'
import { expect, it } from 'vitest'
import { boundedKey } from './reference-key.ts'

it('law: a key is bounded in bytes, holds no NUL, and stays what it is where it is short', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 3000, size: 'max' }), key => {
      const bounded = boundedKey(key)
      expect(Buffer.byteLength(bounded)).toBeLessThanOrEqual(1200)
      expect(bounded).not.toContain('\0')
      const plain = key.replaceAll('\0', '')
      if (Buffer.byteLength(plain) <= 1200) expect(bounded).toBe(plain)
      expect(boundedKey(bounded)).toBe(bounded)
    }),
    { numRuns: 40 },
  )
})

it('two long keys with one beginning stay two', () => {
  const beginning = 'https://example.org/'.padEnd(5000, 'x')
  expect(boundedKey(`${beginning}a`)).not.toBe(boundedKey(`${beginning}b`))
})
