import { create, decode, fromDigest, toString as textOf } from '@atcute/cid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BinaryCid, cidFromText, cidOfBlock, cidToText, isCidAt } from './cid.ts'

const cids = fc
  .tuple(fc.constantFrom(0x71 as const, 0x55 as const), fc.uint8Array({ minLength: 32, maxLength: 32 }))
  .map(([codec, digest]) => fromDigest(codec, digest))
const binary = (bytes: Uint8Array): BinaryCid => Buffer.from(bytes).toString('latin1')

describe('a CID', () => {
  it('law: its text is that of the reference, and leads back to it', () => {
    fc.assert(
      fc.property(cids, cid => {
        const text = cidToText(binary(cid.bytes))
        expect(text).toBe(textOf(cid))
        expect(cidFromText(text)).toBe(binary(cid.bytes))
      }),
    )
  })

  it('law: of all texts of its length only its own is read as it', () => {
    const character = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz234567ABC018=é')
    fc.assert(
      fc.property(cids, fc.nat(58), character, (cid, at, other) => {
        const text = textOf(cid)
        const changed = text.slice(0, at) + other + text.slice(at + 1)
        let read: BinaryCid | undefined
        try {
          read = cidFromText(changed)
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
        if (read !== undefined) expect(cidToText(read)).toBe(changed)
      }),
      { numRuns: 2000 },
    )
  })

  it('of a block is that of the reference', async () => {
    const block = Buffer.of(0xa0)
    expect(cidOfBlock(block)).toBe(binary((await create(0x71, block)).bytes))
  })

  it.each([
    ['nothing', ''],
    ['version 0', 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG'],
    ['one character more', `${textOf(fromDigest(0x71, new Uint8Array(32)))}a`],
    ['another base', textOf(fromDigest(0x71, new Uint8Array(32))).replace('b', 'z')],
    ['capitals', textOf(fromDigest(0x71, new Uint8Array(32))).toUpperCase()],
    ['another codec (dag-pb)', cidToText(`\x01\x70\x12\x20${'\0'.repeat(32)}`)],
    ['another hash (sha2-512)', cidToText(`\x01\x71\x13\x20${'\0'.repeat(32)}`)],
    ['another version', cidToText(`\x02\x71\x12\x20${'\0'.repeat(32)}`)],
    ['bits behind the last byte', `${textOf(fromDigest(0x71, new Uint8Array(32))).slice(0, -1)}b`],
  ])('is not %s', (_, text) => {
    expect(() => cidFromText(text)).toThrow(RangeError)
  })

  it('is recognised where all of its bytes are', () => {
    const { bytes } = fromDigest(0x55, new Uint8Array(32).fill(7))
    const held = Buffer.concat([Buffer.of(0), bytes])
    expect(isCidAt(held, 1)).toBe(true)
    expect(isCidAt(held, 0)).toBe(false)
    expect(isCidAt(held.subarray(0, -1), 1)).toBe(false)
    expect(decode(bytes).codec).toBe(0x55)
  })
})
