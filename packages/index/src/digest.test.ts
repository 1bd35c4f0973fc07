import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Digest } from './digest.ts'

/** By the definition, in one number. */
function plainSum(records: readonly (readonly [string, string])[]): string {
  let sum = 0n
  for (const [uri, cid] of records)
    sum += BigInt(`0x${createHash('sha256').update(`${uri}\0${cid}`).digest('hex')}`)
  return (sum % (1n << 256n)).toString(16).padStart(64, '0')
}

it('law: in any order, taken up anywhere, it is the sum of what was added and not removed', () => {
  const record = fc.tuple(fc.string({ maxLength: 20 }), fc.string({ maxLength: 20 }))
  fc.assert(
    fc.property(fc.array(record), fc.array(record), fc.nat(), (kept, gone, seed) => {
      const steps = [
        ...[...kept, ...gone].map(one => ['add', one] as const),
        ...gone.map(one => ['remove', one] as const),
      ].sort(([, a], [, b]) => ((a[0].length * 7 + b[1].length * seed) % 3) - 1)
      let digest = new Digest()
      for (const [place, [step, [uri, cid]]] of steps.entries()) {
        digest[step](uri, cid)
        if (place % 3 === seed % 3) digest = new Digest(digest.hex)
      }
      expect(digest.hex).toBe(plainSum(kept))
    }),
  )
})

it('of nothing it is zero', () => {
  expect(new Digest().hex).toBe('0'.repeat(64))
})
