import { encode, toBytes, toCidLink } from '@atcute/cbor'
import { fromDigest } from '@atcute/cid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cidFromText } from './cid.ts'
import { decodeFrame, FrameError, isDid, isNsid, LIMITS, parsePath } from './frame.ts'

const cid = (byte: number) => toCidLink(fromDigest(0x71, new Uint8Array(32).fill(byte)))
const binary = (byte: number) => cidFromText(cid(byte).$link)
const bytes = (length: number) => toBytes(new Uint8Array(length))
const frame = (header: unknown, body: unknown) => Buffer.concat([encode(header), encode(body)])
const message = (t: string, body: unknown) => frame({ op: 1, t }, body)

const numbered = { seq: 7, did: 'did:web:a.test', time: '2025-01-01T00:00:00Z' }
const create = { action: 'create', path: 'org.example.thing/a', cid: cid(1) }
const commit = {
  seq: 7,
  repo: 'did:web:a.test',
  time: '2025-01-01T00:00:00Z',
  rev: '3jzfcijpj2z2a',
  since: null,
  commit: cid(2),
  prevData: cid(3),
  blocks: bytes(3),
  ops: [create],
}

/** What is wrong with it. */
function refusal(bytes: Uint8Array): FrameError {
  try {
    decodeFrame(bytes)
  } catch (error) {
    if (error instanceof FrameError) return error
    throw error
  }
  throw new Error('it is read')
}

describe('a frame', () => {
  it('of a commit, with what the older protocol adds', () => {
    const legacy = { rebase: true, tooBig: false, blobs: [cid(9)], prev: cid(9) }
    expect(decodeFrame(message('#commit', { ...commit, ...legacy }))).toMatchObject({
      type: 'commit',
      seq: 7,
      did: 'did:web:a.test',
      rev: '3jzfcijpj2z2a',
      since: undefined,
      commit: binary(2),
      previousData: binary(3),
      tooBig: false,
      operations: [
        {
          action: 'create',
          path: 'org.example.thing/a',
          collection: 'org.example.thing',
          rkey: 'a',
          cid: binary(1),
        },
      ],
    })
    const decoded = decodeFrame(message('#commit', { ...commit, tooBig: true, since: '3jzfcijpj2z22' }))
    expect(decoded).toMatchObject({ tooBig: true, since: '3jzfcijpj2z22' })
  })

  it('of the other messages', () => {
    const rev = '3jzfcijpj2z2a'
    expect(decodeFrame(message('#sync', { ...numbered, rev, blocks: bytes(3) }))).toMatchObject({
      type: 'sync',
      ...numbered,
      rev,
    })
    expect(decodeFrame(message('#identity', { ...numbered, handle: 'a.test' }))).toEqual({
      type: 'identity',
      ...numbered,
    })
    expect(decodeFrame(message('#account', { ...numbered, active: false, status: 'deleted' }))).toEqual({
      type: 'account',
      ...numbered,
      active: false,
      status: 'deleted',
    })
    expect(decodeFrame(message('#info', { name: 'OutdatedCursor', message: 'old' }))).toEqual({
      type: 'info',
      name: 'OutdatedCursor',
      message: 'old',
    })
    expect(decodeFrame(frame({ op: -1 }, { error: 'FutureCursor' }))).toEqual({
      type: 'error',
      error: 'FutureCursor',
      message: undefined,
    })
    expect(decodeFrame(message('#tomorrow', { seq: 8, news: true }))).toEqual({
      type: 'unknown',
      name: '#tomorrow',
      seq: 8,
    })
  })

  it.each([
    [
      'ops',
      'operation-count',
      { ops: Array(LIMITS.operations).fill(create) },
      { ops: Array(LIMITS.operations + 1).fill(create) },
    ],
    [
      'blocks',
      'blocks-size',
      { blocks: bytes(LIMITS.blocksBytes) },
      { blocks: bytes(LIMITS.blocksBytes + 1) },
    ],
  ])('has %s up to the limit and no more', (_, reason, most, more) => {
    expect(decodeFrame(message('#commit', { ...commit, ...most })).type).toBe('commit')
    expect(refusal(message('#commit', { ...commit, ...more }))).toMatchObject({
      reason,
      seq: 7,
      did: 'did:web:a.test',
    })
  })

  it('has bytes up to the limit and no more', () => {
    const filled = (length: number) => message('#tomorrow', { filling: bytes(length) })
    const around = filled(1_000_000).length - 1_000_000
    expect(decodeFrame(filled(LIMITS.frameBytes - around)).type).toBe('unknown')
    expect(refusal(filled(LIMITS.frameBytes - around + 1)).reason).toBe('frame-size')
  })

  it.each([
    ['seq', { seq: -1 }],
    ['seq', { seq: '7' }],
    ['repo', { repo: 'nobody' }],
    ['repo', { repo: undefined, did: 'did:web:a.test' }],
    ['time', { time: 7 }],
    ['rev', { rev: 'now' }],
    ['since', { since: 'before' }],
    ['since', { since: 7 }],
    ['commit', { commit: undefined }],
    ['commit', { commit: 'bafy' }],
    ['prevData', { prevData: 'bafy' }],
    ['blocks', { blocks: undefined }],
    ['blocks', { blocks: 'blocks' }],
    ['ops', { ops: undefined }],
    ['ops', { ops: {} }],
    ['ops', { ops: ['create'] }],
    ['ops', { ops: [cid(1)] }],
    ['ops.action', { ops: [{ ...create, action: 'upsert' }] }],
    ['ops.path', { ops: [{ ...create, path: 'org.example.thing' }] }],
    ['ops.path', { ops: [{ ...create, path: 'org.example.thing/a/b' }] }],
    ['ops.cid', { ops: [{ ...create, cid: null }] }],
    ['ops.cid', { ops: [{ ...create, action: 'delete', prev: cid(1) }] }],
    ['ops.prev', { ops: [{ ...create, prev: cid(4) }] }],
  ])('of a commit is refused for its %s: %o', (field, wrong) => {
    const error = refusal(message('#commit', { ...commit, ...wrong }))
    expect(error.reason).toBe('frame-shape')
    expect(error.message).toContain(`#commit.${field} `)
    // The cursor passes what can be told apart, and its account is asked for.
    expect(error.seq).toBe('seq' in wrong ? undefined : 7)
    if (!('repo' in wrong)) expect(error.did).toBe('did:web:a.test')
  })

  it.each([
    ['that is empty', Buffer.of(), 'frame-cbor'],
    ['of a header alone', encode({ op: 1, t: '#commit' }), 'frame-cbor'],
    ['with more behind it', Buffer.concat([message('#info', { name: '' }), Buffer.of(0)]), 'frame-cbor'],
    ['with a list for its message', message('#info', [1]), 'frame-shape'],
    ['with a link for its message', message('#info', cid(1)), 'frame-shape'],
    ['with a text for its header', frame('header', {}), 'frame-shape'],
    ['of an operation nobody knows', frame({ op: 2, t: '#commit' }, commit), 'frame-shape'],
    ['without a type', frame({ op: 1 }, commit), 'frame-shape'],
    ['of an account that says no standing', message('#account', numbered), 'frame-shape'],
    ['of too many lists', message('#tomorrow', { list: Array(40_000).fill([[], []]) }), 'frame-cbor'],
  ])('is refused %s', (_, bytes, reason) => {
    expect(refusal(bytes).reason).toBe(reason)
  })

  it('law: with any byte changed or cut, is read or refused, and nothing else', () => {
    const honest = message('#commit', commit)
    fc.assert(
      fc.property(fc.nat(honest.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
        const forged = Buffer.from(cut ? honest.subarray(0, at) : honest)
        if (!cut) forged[at] = byte
        try {
          decodeFrame(forged)
          expect(cut).toBe(false)
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError)
        }
      }),
      { numRuns: 1000 },
    )
  })
})

describe('a path', () => {
  it.each([
    ['org.example.thing/a', 'org.example.thing', 'a'],
    ['org.example.thing/self:~_.-', 'org.example.thing', 'self:~_.-'],
    [`a.b.c/${'x'.repeat(512)}`, 'a.b.c', 'x'.repeat(512)],
  ])('%s', (path, collection, rkey) => {
    expect(parsePath(path)).toEqual({ collection, rkey })
  })

  it.each([
    'org.example.thing',
    'org.example.thing/',
    '/a',
    'org.example.thing/.',
    'org.example.thing/..',
    'org.example.thing/a b',
    'org.example.thing/ä',
    `org.example.thing/${'x'.repeat(513)}`,
    'org.example/a',
    'org.example.9thing/a',
    'org..thing/a',
    `${'a'.repeat(64)}.example.thing/a`,
  ])('is not %s', path => {
    expect(parsePath(path)).toBeUndefined()
  })
})

describe('a name', () => {
  it.each(['did:plc:ewvi7nxzyoun6zhxrhs64oiz', 'did:web:localhost%3A2583', 'did:method:val:ue'])(
    '%s is a DID',
    text => {
      expect(isDid(text)).toBe(true)
    },
  )
  it.each([
    'did:',
    'did:plc:',
    'did:PLC:a',
    'DID:plc:a',
    'did:web:a%',
    'did:web:a b',
    'did:web:a:',
    `did:web:${'a'.repeat(2048)}`,
  ])('%s is no DID', text => {
    expect(isDid(text)).toBe(false)
  })

  it('of a collection is the same however often it is asked', () => {
    for (let n = 0; n < 2; n++) {
      expect(isNsid('org.example.thing')).toBe(true)
      expect(isNsid('org.example.not-a-thing')).toBe(false)
      expect(isNsid('__proto__')).toBe(false)
      expect(isNsid('constructor')).toBe(false)
    }
  })
})
