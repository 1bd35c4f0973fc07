import { encode } from '@atcute/cbor'
import { P256Keypair, Secp256k1Keypair } from '@atproto/crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CborError } from './cbor.ts'
import { decodeLabelFrame, encodeLabelFrame, isSignedLabel, labelBytes, labelJson } from './labels.ts'
import { parseKey, publicKeyOf, signMessage } from './signature.ts'

const label = {
  ver: 1,
  src: 'did:web:labeler.example',
  uri: 'at://did:web:a.example/org.example.thing/1',
  val: 'spam',
  cts: '2026-01-01T00:00:00+01:00',
}
const bytesOf = (bytes: Uint8Array) => ({ $bytes: Buffer.from(bytes).toString('base64').replace(/=+$/, '') })
const frame = (body: object, header: object = { op: 1, t: '#labels' }) =>
  Buffer.concat([encode(header), encode(body)])
const withSignature = (fields: object, sig: Uint8Array = new Uint8Array(64)) =>
  frame({ seq: 7, labels: [{ ...fields, sig: bytesOf(sig) }] })
const one = (bytes: Uint8Array) => {
  const read = decodeLabelFrame(bytes)
  return read.type === 'labels' ? read : undefined
}

describe('a frame of labels', () => {
  it.each([
    ['k256', Secp256k1Keypair],
    ['p256', P256Keypair],
  ])('gives what a %s key signed, and notices whatever was changed', async (_, Keypair) => {
    const key = await Keypair.create()
    const fields = { ...label, neg: true }
    const sig = await key.sign(encode(fields))
    // What the specification does not know is not signed.
    const { labels, seq } = one(withSignature({ ...fields, $type: 'label', extension: 'later' }, sig))!
    expect(seq).toBe(7)
    expect(labels[0]!.label).toEqual({
      src: label.src,
      uri: label.uri,
      val: 'spam',
      neg: true,
      cts: '2025-12-31T23:00:00.000Z',
    })
    expect(isSignedLabel(labels[0]!, parseKey(key.did()))).toBe(true)
    for (const change of [{ val: 'ham' }, { uri: 'did:web:b.example' }, { neg: false }, { cid: 'bafy' }]) {
      const changed = one(withSignature({ ...fields, ...change }, sig))!.labels[0]!
      expect(isSignedLabel(changed, parseKey(key.did()))).toBe(false)
    }
    const other = await Keypair.create()
    expect(isSignedLabel(labels[0]!, parseKey(other.did()))).toBe(false)
  })

  it('that is written is read again, whatever fields it has', () => {
    const key = Buffer.alloc(32, 7)
    const optional = fc.record(
      {
        cid: fc.constant('bafya'),
        neg: fc.constant(true as const),
        exp: fc.constant('2999-01-01T00:00:00.000Z'),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(optional, fc.nat(), (more, seq) => {
        const said = { ...label, cts: '2026-01-01T00:00:00.000Z', ...more }
        const { ver: _, ...fields } = said
        const signature = signMessage(key, labelBytes(fields))
        const read = one(encodeLabelFrame(seq, [{ label: fields, signature }]))!
        expect(read).toMatchObject({ seq, malformed: 0 })
        expect(read.labels.map(({ label }) => label)).toEqual([fields])
        expect(isSignedLabel(read.labels[0]!, publicKeyOf(key))).toBe(true)
        expect(labelJson({ label: fields, signature })).toEqual({ ...said, sig: bytesOf(signature) })
      }),
    )
  })

  it.each([
    ['no version', { ver: 2 }],
    ['no DID', { src: 'labeler.example' }],
    ['no subject', { uri: 'https://example.org' }],
    ['no value', { val: '' }],
    ['a long value', { val: 'x'.repeat(129) }],
    ['no time', { cts: 'yesterday' }],
    ['an end that is no time', { exp: 'tomorrow' }],
  ])('leaves out a label with %s', (_, change) => {
    expect(one(withSignature({ ...label, ...change }))).toMatchObject({ labels: [], malformed: 1 })
  })

  it('leaves out what is no label, and reads the rest', () => {
    const good = { ...label, sig: bytesOf(new Uint8Array(64)) }
    const read = one(
      frame({ seq: 1, labels: [1, null, [], { ...label, sig: bytesOf(new Uint8Array(63)) }, good] }),
    )
    expect(read).toMatchObject({ malformed: 4, labels: [{ label: { val: 'spam' } }] })
  })

  it('tells errors and news', () => {
    expect(decodeLabelFrame(frame({ error: 'FutureCursor', message: 'ahead' }, { op: -1 }))).toEqual({
      type: 'error',
      name: 'FutureCursor',
      message: 'ahead',
    })
    expect(decodeLabelFrame(frame({ name: 'OutdatedCursor' }, { op: 1, t: '#info' }))).toMatchObject({
      type: 'info',
    })
    expect(decodeLabelFrame(frame({}, { op: 1, t: '#other' }))).toEqual({ type: 'unknown' })
    expect(() => decodeLabelFrame(frame({ seq: -1, labels: [] }))).toThrow(CborError)
  })

  it('law: whatever the bytes are, it is read or refused', () => {
    const valid = withSignature(label)
    const damaged = fc.tuple(fc.nat(valid.length - 1), fc.nat(255)).map(([place, byte]) => {
      const bytes = Buffer.from(valid)
      bytes[place] = byte
      return bytes
    })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), damaged), bytes => {
        try {
          decodeLabelFrame(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(CborError)
        }
      }),
      { numRuns: 500 },
    )
  })
})
