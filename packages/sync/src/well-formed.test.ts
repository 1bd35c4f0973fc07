import { encode } from '@atcute/cbor'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeRecord, isWellFormedRecord } from './cbor.ts'

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ minLength: 200, maxLength: 400 }))
const { value } = fc.letrec(tie => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.boolean(),
    fc.constant(null),
    fc.maxSafeInteger(),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(text, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
}))
const record = fc.dictionary(text, value, { maxKeys: 6, noNullPrototype: true })

const decodes = (bytes: Uint8Array): boolean => {
  try {
    decodeRecord(bytes)
    return true
  } catch {
    return false
  }
}

it('law: a record is well-formed exactly if it can be decoded, whatever is done to its bytes', () => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 })
  fc.assert(
    fc.property(record, changes, fc.nat(3), (fields, edits, cut) => {
      const bytes = Buffer.from(encode(fields))
      expect(isWellFormedRecord(bytes)).toBe(decodes(bytes))
      for (const [at, byte] of edits) bytes[at % bytes.length] = byte
      const forged = bytes.subarray(0, bytes.length - Math.min(cut, bytes.length))
      expect(isWellFormedRecord(forged)).toBe(decodes(forged))
    }),
    { numRuns: 3000 },
  )
})
