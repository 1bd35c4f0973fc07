import { encode, toBytes, toCidLink } from '@atcute/cbor'
import { fromDigest } from '@atcute/cid'
import { P256Keypair, Secp256k1Keypair } from '@atproto/crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CborError } from './cbor.ts'
import { CommitError, isSignedBy, parseCommit } from './commit.ts'
import { parseKey } from './signature.ts'

const data = toCidLink(fromDigest(0x71, new Uint8Array(32).fill(7)))
const fields = { did: 'did:web:a.test', rev: '3jzfcijpj2z2a', data, version: 3, prev: null }
const sig = toBytes(new Uint8Array(64).fill(9))
const block = (more: Readonly<Record<string, unknown>> = {}): Uint8Array =>
  encode({ ...fields, sig, ...more })

describe('a commit block', () => {
  it.each([
    ['k256', () => Secp256k1Keypair.create()],
    ['p256', () => P256Keypair.create()],
  ])('is signed by who signed it with a key of %s, and by nobody else', async (_, create) => {
    const pair = await create()
    const signed = encode({ ...fields, sig: toBytes(new Uint8Array(await pair.sign(encode(fields)))) })
    const commit = parseCommit(signed)
    expect(isSignedBy(commit, parseKey(pair.did()))).toBe(true)
    expect(isSignedBy(commit, parseKey((await create()).did()))).toBe(false)
    expect(commit).toMatchObject({ did: fields.did, rev: fields.rev, version: 3 })
    expect(Buffer.from(commit.data, 'latin1').subarray(4)).toEqual(Buffer.alloc(32, 7))
  })

  it('law: what was signed is the encoding without the signature, whatever other fields there are', () => {
    const names = fc.stringMatching(/^[a-z]{1,8}$/).filter(name => name !== 'sig' && !(name in fields))
    fc.assert(
      fc.property(
        fc.dictionary(names, fc.oneof(fc.string(), fc.integer(), fc.constant(null)), { maxKeys: 10 }),
        more => {
          const { unsigned, signature } = parseCommit(block(more))
          expect(Buffer.from(unsigned)).toEqual(Buffer.from(encode({ ...fields, ...more })))
          expect([...signature]).toEqual(Array(64).fill(9))
        },
      ),
    )
  })

  it.each([
    ['of version 2', { version: 2 }, /version 2 is not 3/],
    ['without a version', { version: undefined }, /version undefined is not 3/],
    ['without did', { did: undefined }, /lacks one of/],
    ['without rev', { rev: undefined }, /lacks one of/],
    ['without data', { data: undefined }, /lacks one of/],
    ['without sig', { sig: undefined }, /lacks one of/],
    ['whose rev is no TID', { rev: 'yesterday' }, /'yesterday' is not a TID/],
    [
      'whose data is a blob',
      { data: toCidLink(fromDigest(0x55, new Uint8Array(32))) },
      /not a DAG-CBOR link/,
    ],
    [
      'of too many fields',
      Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`f${n}`, n])),
      /26 fields/,
    ],
    ['that is too large', { more: 'x'.repeat(4096) }, /larger than 4 kB/],
  ])('is none %s', (_, more, why) => {
    expect(() => parseCommit(block(more))).toThrow(CommitError)
    expect(() => parseCommit(block(more))).toThrow(why)
  })

  it.each([
    ['with a number for its did', block({ did: 1 })],
    ['with a text for its signature', block({ sig: 'sig' })],
    ['with a text for its data', block({ data: 'data' })],
    ['with more behind it', Buffer.concat([block(), Buffer.of(0)])],
    ['cut short', block().subarray(0, -1)],
    ['that is a list', encode([1])],
  ])('is none %s', (_, bytes) => {
    expect(() => parseCommit(bytes)).toThrow(CborError)
  })

  it('is none with its fields in another order, or one of them twice', () => {
    const pair = (name: string, value: unknown) => Buffer.concat([encode(name), encode(value)])
    const ordered = Object.entries({ ...fields, sig }).sort(
      ([a], [b]) => a.length - b.length || (a < b ? -1 : 1),
    )
    const of = (entries: readonly (readonly [string, unknown])[]) =>
      Buffer.concat([Buffer.of(0xa0 | entries.length), ...entries.map(([name, value]) => pair(name, value))])
    expect(of(ordered)).toEqual(Buffer.from(block()))
    expect(() => parseCommit(of(ordered.toReversed()))).toThrow(/doubled or out of order/)
    expect(() => parseCommit(of([...ordered, ordered.at(-1)!]))).toThrow(/doubled or out of order/)
  })
})
