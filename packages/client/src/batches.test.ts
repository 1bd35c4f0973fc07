import fc from 'fast-check'
import { expect, it } from 'vitest'
import { batchesOf, MAX_BATCH_BYTES, MAX_BATCH_OPS } from './batches.ts'

it('batches keep order, lose nothing and stay within both limits', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 300_000 }), { maxLength: 600 }), sizes => {
      const batches = [...batchesOf(sizes, size => size)]
      expect(batches.flat()).toEqual(sizes)
      for (const batch of batches) {
        expect(batch.length).toBeLessThanOrEqual(MAX_BATCH_OPS)
        const bytes = batch.reduce((sum, size) => sum + size, 0)
        expect(bytes <= MAX_BATCH_BYTES || batch.length === 1).toBe(true)
      }
    }),
  )
})
