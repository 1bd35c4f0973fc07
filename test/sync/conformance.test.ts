/** What the protocol's own vectors and other implementations' fixtures say, said by `packages/sync`. */
import { createECDH, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MemoryBlockstore, MST } from '@atproto/repo'
import { decodeCbor, decodeRecord } from '@frost/sync/cbor'
import { cidFromText, cidOfBlock, cidToText } from '@frost/sync/cid'
import { isDid, isNsid, parsePath } from '@frost/sync/frame'
import { isHandle } from '@frost/sync/handle'
import { invertOps } from '@frost/sync/mst-inversion'
import { EMPTY_TREE, encodeNode, keyLevel, parseNode } from '@frost/sync/mst-node'
import { walkTree } from '@frost/sync/mst-walk'
import { parseKey, verifySignature } from '@frost/sync/signature'
import { isTid } from '@frost/sync/tid'
import secp256k1 from 'secp256k1'
import { describe, expect, it } from 'vitest'
import { sharedPath } from '../shared.ts'
import { encode, Raw } from './encoding.ts'
import { Tree } from './tree.ts'

const interop = sharedPath('fixtures', 'atproto-interop')

function json<T>(...path: string[]): T {
  return JSON.parse(readFileSync(join(interop!, ...path), 'utf8')) as T
}

/** Lines of a syntax vector; comments and the empty line are none. */
function lines(name: string): string[] {
  return readFileSync(join(interop!, 'syntax', name), 'utf8')
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
}

describe.skipIf(!interop)('atproto-interop', () => {
  describe('crypto', () => {
    interface SignatureVector {
      readonly comment: string
      readonly messageBase64: string
      readonly didDocSuite: string
      readonly publicKeyDid: string
      readonly publicKeyMultibase: string
      readonly signatureBase64: string
      readonly validSignature: boolean
    }

    it('signatures: low-S of the right length and curve, and nothing else', () => {
      for (const vector of json<SignatureVector[]>('crypto', 'signature-fixtures.json')) {
        const message = Buffer.from(vector.messageBase64, 'base64')
        const signature = Buffer.from(vector.signatureBase64, 'base64')
        const ofDid = parseKey(vector.publicKeyDid)
        const ofSuite = parseKey(vector.publicKeyMultibase, vector.didDocSuite)
        expect(ofSuite.did, vector.comment).toBe(vector.publicKeyDid)
        for (const key of [ofDid, ofSuite])
          expect(verifySignature(key, message, signature), vector.comment).toBe(vector.validSignature)
      }
    })

    it('did:key of secp256k1', () => {
      type Vector = { privateKeyBytesHex: string; publicDidKey: string }
      for (const { privateKeyBytesHex, publicDidKey } of json<Vector[]>('crypto', 'w3c_didkey_K256.json')) {
        const key = parseKey(publicDidKey)
        const point = secp256k1.publicKeyCreate(Buffer.from(privateKeyBytesHex, 'hex'), false)
        expect(key).toMatchObject({ curve: 'k256', did: publicDidKey })
        expect(Buffer.compare(key.material as Uint8Array, point)).toBe(0)
      }
    })

    it('did:key of P-256', () => {
      type Vector = { privateKeyBytesBase58: string; publicDidKey: string }
      for (const { privateKeyBytesBase58, publicDidKey } of json<Vector[]>(
        'crypto',
        'w3c_didkey_P256.json',
      )) {
        const key = parseKey(publicDidKey)
        const pair = createECDH('prime256v1')
        pair.setPrivateKey(fromBase58(privateKeyBytesBase58))
        const { x, y } = (key.material as KeyObject).export({ format: 'jwk' }) as { x: string; y: string }
        expect(key).toMatchObject({ curve: 'p256', did: publicDidKey })
        expect(
          Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]),
        ).toEqual(pair.getPublicKey())
      }
    })
  })

  describe('data model', () => {
    type Vector = { json: object; cbor_base64: string; cid: string }

    it('records come out as JSON, with their CIDs', () => {
      for (const { json: value, cbor_base64, cid } of json<Vector[]>(
        'data-model',
        'data-model-fixtures.json',
      )) {
        const block = Buffer.from(cbor_base64, 'base64')
        expect(decodeRecord(block)).toEqual(value)
        expect(cidToText(cidOfBlock(block))).toBe(cid)
      }
    })

    it('what has a form in CBOR: integer-like floats, empty lists and maps, nulls and nested lists are read', () => {
      type Note = { note: string; json: never }
      for (const { note, json: value } of json<Note[]>('data-model', 'data-model-valid.json'))
        expect(decodeRecord(encode(value)), note).toEqual(value)
    })

    it('what has a form in CBOR: floats, and records that are no map, are refused', () => {
      const float = Buffer.alloc(9, 0xfb)
      float.writeDoubleBE(123.456, 1)
      const notes = json<{ note: string }[]>('data-model', 'data-model-invalid.json').map(({ note }) => note)
      expect(notes).toEqual(expect.arrayContaining(['top-level not an object', 'float']))
      expect(() => decodeRecord(encode('blah'))).toThrow('a record is a map')
      expect(() => decodeRecord(encode({ rcrd: { a: new Raw(float), b: 'blah' } }))).toThrow('float')
    })
  })

  describe('MST', () => {
    it('levels of keys', () => {
      for (const { key, height } of json<{ key: string; height: number }[]>('mst', 'key_heights.json'))
        expect(keyLevel(key), key).toBe(height)
    })

    it('prefixes in common', () => {
      const value = cidOfBlock(encode({}))
      type Vector = { left: string; right: string; len: number }
      let looked = 0
      for (const { left, right, len } of json<Vector[]>('mst', 'common_prefix.json')) {
        if (left === '' || left >= right) continue
        looked++
        const entries = [left, right].map(key => ({ key, value, tree: undefined }))
        const block = encodeNode({ left: undefined, entries })
        const { e } = decodeCbor(block) as { e: { p: number }[] }
        expect(e[1]!.p, `${left} ${right}`).toBe(len)
        expect(parseNode(block).entries).toEqual(entries)
      }
      expect(looked).toBeGreaterThan(3)
    })

    it('156 keys: the root is that of the reference implementation, and the walk finds them all', async () => {
      const keys = readFileSync(join(interop!, 'mst', 'example_keys.txt'), 'utf8')
        .trim()
        .split('\n')
      const value = cidFromText('bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454')
      const tree = new Tree(keys.map(key => ({ key, level: keyLevel(key), value })))
      let reference = await MST.create(new MemoryBlockstore())
      const cid = (await import('@atproto/lex-data')).parseCid(cidToText(value))
      for (const key of keys) reference = await reference.add(key, cid)
      expect(cidToText(tree.root)).toBe(String(await reference.getPointer()))
      expect([...walkTree(tree.root, tree.blocks())].map(({ key }) => key)).toEqual(keys)
    })
  })

  describe('firehose', () => {
    interface ProofVector {
      readonly comment: string
      readonly leafValue: string
      readonly keys: readonly string[]
      readonly adds: readonly string[]
      readonly dels: readonly string[]
      readonly rootBeforeCommit: string
      readonly rootAfterCommit: string
      readonly blocksInProof: readonly string[]
    }

    it('commit proofs: the blocks of the proof suffice to undo the writes', () => {
      for (const vector of json<ProofVector[]>('firehose', 'commit-proof-fixtures.json')) {
        const value = cidFromText(vector.leafValue)
        const treeOf = (keys: readonly string[]) =>
          new Tree([...keys].sort().map(key => ({ key, level: keyLevel(key), value })))
        const after = vector.keys.filter(key => !vector.dels.includes(key)).concat(vector.adds)
        const tree = treeOf(after)
        const root = cidFromText(vector.rootAfterCommit)
        const before = cidFromText(vector.rootBeforeCommit)
        expect(treeOf(vector.keys).root, vector.comment).toBe(before)
        expect(tree.root, vector.comment).toBe(root)
        const all = tree.blocks()
        const proof = new Map(vector.blocksInProof.map(cid => [cidFromText(cid), all.get(cidFromText(cid))!]))
        const operations = [
          ...vector.adds.map(key => ({ key, value })),
          ...vector.dels.map(key => ({ key, previous: value })),
        ]
        expect(invertOps(root, proof, operations), vector.comment).toBe(before)
        expect(invertOps(root, proof, operations.toReversed()), vector.comment).toBe(before)
      }
    })

    it('the tree without keys', () => {
      expect(cidToText(EMPTY_TREE)).toBe('bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm')
    })
  })

  describe('syntax', () => {
    const rkey = (text: string) => parsePath(`org.example.record/${text}`) !== undefined
    it.each([
      ['did', isDid],
      ['nsid', isNsid],
      ['recordkey', rkey],
      ['tid', isTid],
      ['handle', (text: string) => isHandle(text.toLowerCase())],
    ] as const)('%s', (name, accepts) => {
      for (const text of lines(`${name}_syntax_valid.txt`))
        expect(accepts(text), `valid '${text}'`).toBe(true)
      for (const text of lines(`${name}_syntax_invalid.txt`))
        expect(accepts(text), `invalid '${text}'`).toBe(false)
    })

    it('cid: none that is not one, and those that AT Protocol writes', () => {
      for (const text of lines('cid_syntax_invalid.txt'))
        expect(() => cidFromText(text), text).toThrow(RangeError)
      for (const { cid } of json<{ cid: string }[]>('data-model', 'data-model-fixtures.json'))
        expect(cidToText(cidFromText(cid))).toBe(cid)
    })
  })
})

function fromBase58(text: string): Buffer {
  const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
  let number = 0n
  for (const character of text) number = number * 58n + BigInt(alphabet.indexOf(character))
  return Buffer.from(number.toString(16).padStart(64, '0'), 'hex')
}
