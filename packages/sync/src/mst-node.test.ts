import { encode, toBytes, toCidLink } from '@atcute/cbor'
import { fromDigest } from '@atcute/cid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CborError } from './cbor.ts'
import { cidOfBlock, RAW_PREFIX } from './cid.ts'
import {
  EMPTY_TREE,
  encodeNode,
  keyLevel,
  loadNode,
  MissingBlockError,
  MstError,
  nodeCid,
  parseNode,
} from './mst-node.ts'
import { levelsOf, referenceTree } from './testing/reference-tree.ts'

const tree = (byte: number) => toCidLink(fromDigest(0x71, new Uint8Array(32).fill(byte)))
const record = tree(1)
/** One entry as the protocol writes it. */
const entry = (k: string, p = 0, t: unknown = null, v: unknown = record) => ({
  k: toBytes(new Uint8Array(Buffer.from(k, 'latin1'))),
  p,
  t,
  v,
})
const node = (e: readonly unknown[], l: unknown = null): Uint8Array => encode({ e, l })

describe('a node', () => {
  it('law: is written as the reference writes it, and read as it was', async () => {
    await fc.assert(
      fc.asyncProperty(levelsOf({ maxLength: 40 }), async keys => {
        const { blocks } = await referenceTree(keys)
        for (const [cid, block] of blocks) {
          const read = parseNode(block)
          expect(Buffer.from(encodeNode(read))).toEqual(Buffer.from(block))
          expect(nodeCid(read)).toBe(cid)
          for (const { key } of read.entries) expect(keys).toContain(key)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('law: has one encoding: other bytes are refused, or are another node', async () => {
    const keys = Array.from({ length: 60 }, (_, n) => `org.example.thing/k${n}`)
    const blocks = [...(await referenceTree(keys)).blocks.values()]
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }), (which, place, change) => {
        const forged = Buffer.from(blocks[which % blocks.length]!)
        forged[place % forged.length]! ^= change
        try {
          expect(Buffer.from(encodeNode(parseNode(forged)))).toEqual(forged)
        } catch (error) {
          if (!(error instanceof MstError || error instanceof CborError)) throw error
        }
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['with keys out of order', node([entry('b'), entry('a')]), /out of order/],
    ['with a key twice', node([entry('ab'), entry('', 2)]), /doubled/],
    [
      'with a key that is the beginning of the one before',
      node([entry('ab'), entry('a')]),
      /out of order|compressed/,
    ],
    ['with a prefix that is not compressed', node([entry('ab'), entry('ac')]), /not compressed/],
    ['with a prefix compressed too little', node([entry('abc'), entry('bd', 1)]), /not compressed/],
    [
      'with a prefix longer than the key before',
      node([entry('ab'), entry('c', 3)]),
      /longer than the key before/,
    ],
    ['with a prefix of nothing', node([entry('a', 1)]), /longer than the key before/],
    ['with an empty key', node([entry('')]), /out of order|doubled/],
    ['with a key without end', node([entry('a'.repeat(831))]), /longer than 830/],
    [
      'with a subtree that is a blob',
      node([entry('a', 0, toCidLink(fromDigest(0x55, new Uint8Array(32))))]),
      /not to DAG-CBOR/,
    ],
    [
      'with a left subtree that is a blob',
      node([], toCidLink(fromDigest(0x55, new Uint8Array(32)))),
      /not to DAG-CBOR/,
    ],
    ['with another field', encode({ e: [], l: null, z: 1 }), /two fields/],
    ['with an entry of another field', node([{ ...entry('a'), z: 1 }]), /four fields/],
    ['with other names', encode({ e: [], x: null }), /expected field 'l'/],
    ['with more entries than bytes', Buffer.from('a2616598ffa0', 'hex'), /more entries than bytes/],
  ])('is none %s', (_, block, why) => {
    expect(() => parseNode(block)).toThrow(MstError)
    expect(() => parseNode(block)).toThrow(why)
  })

  it('is none without its end, or with more behind it', () => {
    const block = Buffer.from(node([entry('a')], tree(2)))
    expect(() => parseNode(block.subarray(0, -1))).toThrow(CborError)
    expect(() => parseNode(Buffer.concat([block, Buffer.of(0)]))).toThrow(CborError)
  })

  it('may hold a key of the greatest length, and records that are blobs', () => {
    const blob = toCidLink(fromDigest(0x55, new Uint8Array(32)))
    const block = node([entry('a'.repeat(830), 0, null, blob)])
    const [{ key, value } = { key: '', value: '' }] = parseNode(block).entries
    expect([key.length, value.startsWith(RAW_PREFIX)]).toEqual([830, true])
  })

  it('is found by its CID, or said to be missing', () => {
    const block = node([entry('a')])
    const blocks = new Map([[cidOfBlock(block), block]])
    expect(loadNode(blocks, cidOfBlock(block)).entries).toHaveLength(1)
    expect(() => loadNode(blocks, EMPTY_TREE)).toThrow(MissingBlockError)
  })

  it('of no keys is that of the reference', async () => {
    expect((await referenceTree([])).root).toBe(EMPTY_TREE)
  })
})

describe('the level of a key', () => {
  // https://atproto.com/specs/repository#mst-structure
  it.each([
    ['2653ae71', 0],
    ['blue', 1],
    ['app.bsky.feed.post/454397e440ec', 4],
    ['app.bsky.feed.post/9adeb165882c', 8],
  ])('%s: %i', (key, level) => {
    expect(keyLevel(key)).toBe(level)
  })
})
