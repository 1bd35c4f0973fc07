import { encode, toBytes, toCidLink } from '@atcute/cbor'
import { decode as decodeCid, toString as textOf } from '@atcute/cid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CborError,
  type CborValue,
  CidLink,
  decodeCbor,
  decodeFirstCbor,
  decodeRecord,
  isKeyAfter,
  isWellFormedRecord,
  MAX_DEPTH,
  recordType,
} from './cbor.ts'
import { cidOfBlock } from './cid.ts'

const integers = fc.oneof(
  fc.integer({ min: -30, max: 30 }),
  fc.integer({ min: -(2 ** 32) - 2, max: 2 ** 32 + 2 }),
  fc.maxSafeInteger(),
)
const keys = fc.oneof(
  fc.string({ maxLength: 3 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.constant('__proto__'),
)
const { value: values } = fc.letrec<{ value: CborValue }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    integers,
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.uint8Array({ maxLength: 8 }).map(block => new CidLink(cidOfBlock(block))),
    fc.array(tie('value'), { maxLength: 30 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 30 }),
  ),
}))

/** The same for the reference encoder, which has other classes for links and bytes. */
function forReference(value: unknown): unknown {
  if (value instanceof CidLink) return toCidLink(decodeCid(Buffer.from(value.cid, 'latin1')))
  if (value instanceof Uint8Array) return toBytes(new Uint8Array(value))
  if (Array.isArray(value)) return value.map(forReference)
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).map(([key, item]) => [key, forReference(item)] as const)
  return Object.fromEntries(fields)
}
const encoded = (value: unknown): Buffer => Buffer.from(encode(forReference(value)))

/** Values with bytes as plain lists, so that views of different memory compare. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: [...value] }
  if (value instanceof CidLink) return { link: value.cid }
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .map(([key, item]) => [key, plain(item)])
    .sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1))
}

describe('DAG-CBOR', () => {
  it('law: what the reference encodes is read as it was', () => {
    fc.assert(
      fc.property(values, value => {
        expect(plain(decodeCbor(encoded(value)))).toEqual(plain(value))
      }),
      { numRuns: 300 },
    )
  })

  it('law: what is read has one encoding: other bytes are refused, or are another value', () => {
    const bytes = fc.tuple(values, fc.nat(), fc.nat(7), fc.constantFrom('flip', 'insert', 'drop'))
    let read = 0
    fc.assert(
      fc.property(bytes, ([value, place, bit, kind]) => {
        const honest = encoded(value)
        const at = place % honest.length
        const forged = Buffer.concat([
          honest.subarray(0, at),
          kind === 'drop' ? Buffer.of() : Buffer.of(kind === 'flip' ? honest[at]! ^ (1 << bit) : bit * 36),
          honest.subarray(kind === 'insert' ? at : at + 1),
        ])
        let other: CborValue
        try {
          other = decodeCbor(forged)
        } catch (error) {
          expect(error).toBeInstanceOf(CborError)
          return
        }
        read++
        expect(encoded(other).equals(forged)).toBe(true)
      }),
      { numRuns: 3000 },
    )
    expect(read).toBeGreaterThan(100)
  })

  const refused: [string, string, RegExp][] = [
    ['a number of one byte too many', '1817', /shortest/],
    ['a number of two bytes too many', '1900ff', /shortest/],
    ['a number of four bytes too many', '1a0000ffff', /shortest/],
    ['a number of eight bytes too many', '1b00000000ffffffff', /shortest/],
    ['a length of one byte too many', '780161', /shortest/],
    ['an integer of 54 bits', '1b0020000000000000', /53 bits/],
    ['a negative integer of 54 bits', '3b001fffffffffffff', /53 bits/],
    ['an indefinite list', '9fff', /indefinite/],
    ['an indefinite text', '7f6161ff', /indefinite/],
    ['a reserved head', '1c', /not allowed/],
    ['a half float', 'f93c00', /float/],
    ['a float', 'fa3f800000', /float/],
    ['a double', 'fb3ff0000000000000', /float/],
    ['undefined', 'f7', /simple value/],
    ['a tag that is no link', 'c001', /tag 0/],
    ['a link that is a text', 'd82a6161', /expected CBOR type 2/],
    ['a link without the zero byte', `d82a5825${'01'}${'01711220'}${'00'.repeat(32)}`, /link/],
    ['a link with another codec', `d82a5825${'00'}${'01701220'}${'00'.repeat(32)}`, /link/],
    ['a doubled key', 'a2616101616102', /doubled or out of order/],
    ['keys out of order', 'a2616201616102', /doubled or out of order/],
    ['a longer key before a shorter', 'a262616101616202', /doubled or out of order/],
    ['a key that is no text', 'a10101', /expected CBOR type 3/],
    ['text that is no UTF-8', '62c328', /UTF-8/],
    ['half a surrogate pair in a long text', `7841${'61'.repeat(62)}eda080`, /UTF-8/],
    ['nothing', '', /too early/],
    ['half a number', '19ff', /too early/],
    ['half a text', '6261', /too early/],
    ['a list that claims more than there is', '9a7fffffff', /longer than its bytes/],
    ['a map that claims more than there is', 'ba7fffffff', /longer than its bytes/],
    ['a second value', '0101', /1 bytes follow/],
  ]
  it.each(refused)('is not %s', (_, hex, why) => {
    expect(() => decodeCbor(Buffer.from(hex, 'hex'))).toThrow(CborError)
    expect(() => decodeCbor(Buffer.from(hex, 'hex'))).toThrow(why)
  })

  it('reaches to 53 bits on both sides', () => {
    expect(decodeCbor(Buffer.from('1b001fffffffffffff', 'hex'))).toBe(Number.MAX_SAFE_INTEGER)
    expect(decodeCbor(Buffer.from('3b001ffffffffffffe', 'hex'))).toBe(Number.MIN_SAFE_INTEGER)
  })

  it('nests so deep and no deeper', () => {
    const nested = (depth: number) => Buffer.concat([Buffer.alloc(depth, 0x81), Buffer.of(0)])
    expect(decodeCbor(nested(MAX_DEPTH))).toBeInstanceOf(Array)
    expect(() => decodeCbor(nested(MAX_DEPTH + 1))).toThrow(`deeper than ${MAX_DEPTH}`)
  })

  it('has so many lists and maps in all and no more', () => {
    const empty = (count: number) =>
      Buffer.concat([Buffer.of(0x99, count >> 8, count & 255), Buffer.alloc(count, 0xa0)])
    expect(decodeFirstCbor(empty(999), 0, 1000).value).toHaveLength(999)
    expect(() => decodeFirstCbor(empty(1000), 0, 1000)).toThrow('too many lists and maps')
  })

  it('takes the first of several values and says where the next begins', () => {
    const both = Buffer.concat([encoded({ a: 1 }), encoded('b')])
    const first = decodeFirstCbor(both)
    expect(first).toEqual({ value: { a: 1 }, next: 4 })
    expect(decodeFirstCbor(both, first.next).value).toBe('b')
  })

  it('a key __proto__ is a key like another', () => {
    const value = decodeCbor(encoded(JSON.parse('{"__proto__": {"admin": true}}'))) as Record<string, unknown>
    expect(Object.keys(value)).toEqual(['__proto__'])
    expect(value.admin).toBeUndefined()
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })

  it('law: the order of keys is that of their length, then of their bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3 }), fc.uint8Array({ maxLength: 3 }), (a, b) => {
        const order = a.length - b.length || Buffer.compare(a, b)
        expect(isKeyAfter(Buffer.concat([a, b]), 0, a.length, a.length, b.length)).toBe(order < 0)
      }),
    )
  })
})

describe('a record', () => {
  it('comes out as JSON with links and bytes as the data model writes them', () => {
    const cid = cidOfBlock(Buffer.of(1))
    const block = encoded({ link: new CidLink(cid), bytes: new Uint8Array([1, 2, 3, 4]) })
    expect(decodeRecord(block)).toEqual({
      link: { $link: textOf(decodeCid(Buffer.from(cid, 'latin1'))) },
      bytes: { $bytes: 'AQIDBA' },
    })
  })

  it.each([
    ['a list', '80'],
    ['a text', '6161'],
    ['null', 'f6'],
    ['nothing', ''],
    ['bytes behind the map', 'a000'],
    ['a map with a key twice', 'a2616101616102'],
    ['a map with keys out of order', 'a2616201616102'],
    ['a map with a float', 'a16161fb3ff0000000000000'],
  ])('is not %s', (_, hex) => {
    const block = Buffer.from(hex, 'hex')
    expect(() => decodeRecord(block)).toThrow(CborError)
    expect(isWellFormedRecord(block)).toBe(false)
  })

  it('law: is well-formed exactly where it can be decoded', () => {
    fc.assert(
      fc.property(
        fc.dictionary(keys, values, { maxKeys: 5 }),
        fc.nat(),
        fc.nat(255),
        (value, place, byte) => {
          const block = encoded(value)
          block[place % block.length] = byte
          let decoded = true
          try {
            decodeRecord(block)
          } catch {
            decoded = false
          }
          expect(isWellFormedRecord(block)).toBe(decoded)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('has the $type of its own, not the one of something in it', () => {
    const nested = { a: { $type: 'org.example.inner' }, $type: 'org.example.outer' }
    expect(recordType(encoded(nested))).toBe('org.example.outer')
    // A key that sorts before it holds another: `$type` is neither the first in sight nor the last.
    expect(recordType(encoded({ embed: { $type: 'org.example.inner' } }))).toBeUndefined()
    expect(recordType(encoded({ b: [{ $type: 'org.example.inner' }], $type: 'org.example.outer' }))).toBe(
      'org.example.outer',
    )
  })

  it.each([
    ['no map', '80'],
    ['a $type that is a number', 'a165247479706501'],
    ['cut short', 'a2652474'],
    ['without one', 'a0'],
  ])('has no $type: %s', (_, hex) => {
    expect(recordType(Buffer.from(hex, 'hex'))).toBeUndefined()
  })
})
