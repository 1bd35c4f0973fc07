import { encode, toBytes, toCidLink } from '@atcute/cbor'
import { fromString } from '@atcute/cid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { flipBit, readFrame, writeError, writeInfo, writeMessage } from './frames.ts'

const CID = 'bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm'
const COMMIT = {
  seq: 12,
  repo: 'did:plc:ewvi7nxzyoun6zhxrhs64oiz',
  rev: '3n2ydhzcxt22b',
  since: '3n2ydhza4ys2b',
  commit: toCidLink(fromString(CID)),
  blocks: toBytes(new Uint8Array([1, 2, 3, 4])),
  ops: [
    { action: 'create', path: 'org.example.thing/a', cid: toCidLink(fromString(CID)) },
    { action: 'delete', path: 'org.example.other/b', cid: null },
  ],
  unknown: 'stays',
}

function frame(type: string, body: unknown, op = 1): Uint8Array {
  return Buffer.concat([encode({ op, t: type }), encode(body)])
}

describe('frames', () => {
  it('read what the relay needs of a commit', () => {
    const read = readFrame(frame('#commit', COMMIT))
    expect(read).toMatchObject({
      kind: 'message',
      message: {
        type: '#commit',
        did: COMMIT.repo,
        seq: 12,
        rev: COMMIT.rev,
        since: COMMIT.since,
        commit: CID,
        touched: new Set(['org.example.thing']),
        deletes: true,
      },
    })
  })

  it('pass on everything else unchanged, under another sequence number', () => {
    const read = readFrame(frame('#commit', COMMIT))
    if (read.kind !== 'message') throw new Error(read.kind)
    expect(Buffer.from(writeMessage(read.message, 99))).toEqual(
      Buffer.from(frame('#commit', { ...COMMIT, seq: 99 })),
    )
  })

  it('tell information and errors apart', () => {
    expect(readFrame(writeInfo('OutdatedCursor', 'x'))).toEqual({ kind: 'info', name: 'OutdatedCursor' })
    expect(readFrame(writeError('FutureCursor', 'x'))).toEqual({
      kind: 'error',
      error: 'FutureCursor',
      message: 'x',
    })
    expect(readFrame(frame('#later', { seq: 1 }))).toEqual({ kind: 'unknown', type: '#later' })
  })

  it.each([
    ['seq', { ...COMMIT, seq: -1 }],
    ['seq', { ...COMMIT, seq: '1' }],
    ['repo', { ...COMMIT, repo: 'alice.test' }],
    ['ops', { ...COMMIT, ops: 'none' }],
    ['ops', { ...COMMIT, ops: Array(201).fill(COMMIT.ops[0]) }],
    ['path', { ...COMMIT, ops: [{ action: 'create', path: '/x' }] }],
    ['commit', { ...COMMIT, commit: CID }],
    ['rev', { ...COMMIT, rev: 'x'.repeat(3_000) }],
  ])('name the field that is wrong: %s', (field, body) => {
    expect(() => readFrame(frame('#commit', body))).toThrow(field)
  })

  it('refuse whatever is no frame, and never anything but an Error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        try {
          readFrame(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }),
    )
    expect(() => readFrame(new Uint8Array(5_000_001))).toThrow('5000001 bytes')
  })

  it('differ in exactly one bit of their blocks after flipBit', () => {
    const whole = frame('#commit', COMMIT)
    for (const at of [0, 0.3, 0.999]) {
      const harmed = flipBit(whole, at)
      expect(harmed).toHaveLength(whole.length)
      const different = [...harmed].filter((byte, index) => byte !== whole[index])
      expect(different).toHaveLength(1)
      expect(readFrame(harmed).kind).toBe('message')
    }
  })
})
