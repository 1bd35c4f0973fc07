import { encode } from '@atcute/cbor'
import { Secp256k1Keypair } from '@atproto/crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { type BundledAccount, readBundle, readBundled, writeBundle } from './bundle.ts'
import { writeCar } from './car-writer.ts'
import { type BinaryCid, cidOfBlock } from './cid.ts'
import { encodeCommit } from './commit-writer.ts'
import { encodeNode, keyLevel } from './mst-node.ts'
import { edgeNodes, keysWith, rangeNodes, treeOf } from './mst-range.ts'
import { parseKey } from './signature.ts'

const RANGE = keysWith('org.example.')
const COLLECTION = 'org.example.thing'
const DID = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
const OTHER = 'did:plc:bbbbbbbbbbbbbbbbbbbbbbbb'
const REV = '3l3qo2vutsw2b'
const NOW = Date.UTC(2026, 0, 1)

interface Made {
  readonly account: Required<BundledAccount>
  readonly blocks: readonly (readonly [BinaryCid, Uint8Array])[]
}

/** A repository of some wanted records among others, as far as the range goes. */
async function repository(key: Secp256k1Keypair, did: string, count: number, rev = REV): Promise<Made> {
  const records = Array.from({ length: count }, (_, at) => encode({ $type: COLLECTION, at }))
  const own = records.map((block, at) => ({ key: `${COLLECTION}/key-${at}`, cid: cidOfBlock(block) }))
  const others = ['app.other.post', 'zzz.other.post'].flatMap(name =>
    Array.from({ length: 12 }, (_, at) => ({ key: `${name}/${at}`, cid: cidOfBlock(Buffer.from(`${at}`)) })),
  )
  const inOrder = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1)
  const { root, nodes } = treeOf([...own, ...others].sort(inOrder))
  const unsigned = { did, rev, data: root }
  const commit = encodeCommit(unsigned, await key.sign(encodeCommit(unsigned)))
  const cid = cidOfBlock(commit)
  const kept = rangeNodes(root, RANGE, edgeNodes(root, RANGE, nodes), own.sort(inOrder))
  return {
    account: { did, commit: cid },
    blocks: [[cid, commit], ...kept, ...records.map(block => [cidOfBlock(block), block] as const)],
  }
}

describe('a bundle of repositories', () => {
  let key: Secp256k1Keypair
  let stranger: Secp256k1Keypair
  let made: Made
  beforeAll(async () => {
    key = await Secp256k1Keypair.create()
    stranger = await Secp256k1Keypair.create()
    made = await repository(key, DID, 9)
  })

  const read = async (bytes: Uint8Array, did = DID, former: Secp256k1Keypair[] = []) => {
    const { accounts, blocks } = readBundle(bytes)
    const account = accounts.find(one => one.did === did)
    if (account?.commit === undefined) throw new Error('names no such account')
    return readBundled(
      { did, commit: account.commit },
      blocks,
      { key: parseKey(key.did()) },
      {
        range: RANGE,
        collections: nsid => nsid === COLLECTION,
        now: NOW,
        formerKeys: async () => former.map(one => parseKey(one.did())),
      },
    )
  }

  it('gives back the records of the range, and what proves them', async () => {
    const second = await repository(stranger, OTHER, 3)
    const bytes = writeBundle(
      [made.account, second.account, { did: 'did:web:example.org' }],
      [...made.blocks, ...second.blocks],
    )
    expect(readBundle(bytes).accounts).toEqual([made.account, second.account, { did: 'did:web:example.org' }])
    const { records, rev, head, formerKey } = await read(bytes)
    expect([...records.keys()]).toEqual(Array.from({ length: 9 }, (_, at) => `${COLLECTION}/key-${at}`))
    expect({ rev, formerKey, commit: head?.commit }).toEqual({
      rev: REV,
      formerKey: false,
      commit: made.blocks[0]![1],
    })
    await expect(read(bytes, OTHER)).rejects.toThrow('is not signed by a key of its account')
  })

  it('accepts a former key of the account, and says so', async () => {
    const { account, blocks } = await repository(stranger, DID, 2)
    expect((await read(writeBundle([account], blocks), DID, [stranger])).formerKey).toBe(true)
  })

  it('is refused without any one of its blocks, or with another in its place', async () => {
    for (const [place, [cid, block]] of made.blocks.entries()) {
      const without = made.blocks.filter((_, at) => at !== place)
      await expect(read(writeBundle([made.account], without)), String(place)).rejects.toThrow(/not among/)
      const other = Buffer.from(block)
      other[other.length - 1]! ^= 1
      const swapped = [...without, [cid, other] as const]
      await expect(read(writeBundle([made.account], swapped))).rejects.toThrow('does not hash to its CID')
      const renamed = [...without, [cidOfBlock(other), other] as const]
      await expect(read(writeBundle([made.account], renamed))).rejects.toThrow(/not among/)
    }
  })

  it('is refused wherever a byte is changed or cut off', async () => {
    const bytes = writeBundle([made.account], made.blocks)
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const forged = Buffer.from(bytes)
        forged[at]! ^= change
        await expect(read(forged)).rejects.toThrow()
        await expect(read(bytes.subarray(0, at))).rejects.toThrow()
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    ['of another account', async () => repository(key, OTHER, 2), /its commit is of/],
    ['signed by nobody who may', async () => repository(stranger, DID, 2), /not signed by a key/],
    ['of a time to come', async () => repository(key, DID, 2, '3zzzzzzzzzzzz'), /5 minutes ahead/],
  ])('is refused where a repository is %s', async (_, make, reason) => {
    const { account, blocks } = await make()
    await expect(read(writeBundle([{ ...account, did: DID }], blocks))).rejects.toThrow(reason)
  })

  it.each([
    ['a list of another version', { version: 2, accounts: [] }, /version 1/],
    ['no list', { version: 1 }, /lists no accounts/],
    ['an account that is none', { version: 1, accounts: [{ did: 'ada' }] }, /no DID/],
    ['an account twice', { version: 1, accounts: [{ did: DID }, { did: DID }] }, /twice/],
    ['a commit that is no link', { version: 1, accounts: [{ did: DID, commit: 'x' }] }, /no link/],
  ])('is refused with %s', (_, root, reason) => {
    const block = encode(root)
    expect(() => readBundle(writeCar(cidOfBlock(block), [[cidOfBlock(block), block]]))).toThrow(reason)
  })

  it('is refused where its owner signed a tree that is none', async () => {
    const names = Array.from({ length: 400 }, (_, at) => `${COLLECTION}/${String(at).padStart(3, '0')}`)
    const value = made.account.commit
    const at = (level: number) => names.filter(name => keyLevel(name) === level)
    const leaf = (name: string) =>
      encodeNode({ left: undefined, entries: [{ key: name, value, tree: undefined }] })
    const [low, high] = [at(0)[0]!, at(0).at(-1)!]
    const middle = at(1).find(name => name > low && name < high)!
    const above = (over: { left?: Uint8Array; right?: Uint8Array }) =>
      encodeNode({
        left: over.left && cidOfBlock(over.left),
        entries: [{ key: middle, value, tree: over.right && cidOfBlock(over.right) }],
      })
    const empty = encodeNode({ left: undefined, entries: [] })
    const mixed = [low, middle].map(key => ({ key, value, tree: undefined }))
    const cases: [RegExp, readonly Uint8Array[]][] = [
      [/out of order/, [above({ left: leaf(high) }), leaf(high)]],
      [/out of order/, [above({ right: leaf(low) }), leaf(low)]],
      [/wrong level/, [encodeNode({ left: undefined, entries: mixed })]],
      [/wrong level/, [above({ right: leaf(at(1).at(-1)!) }), leaf(at(1).at(-1)!)]],
      [/empty node/, [above({ left: empty }), empty]],
      [/empty node/, [encodeNode({ left: cidOfBlock(leaf(low)), entries: [] }), leaf(low)]],
    ]
    for (const [reason, nodes] of [...cases, [undefined, [above({ left: leaf(low) }), leaf(low)]] as const]) {
      const unsigned = { did: DID, rev: REV, data: cidOfBlock(nodes[0]!) }
      const commit = encodeCommit(unsigned, await key.sign(encodeCommit(unsigned)))
      const own = [commit, ...nodes].map(block => [cidOfBlock(block), block] as const)
      const bytes = writeBundle([{ did: DID, commit: cidOfBlock(commit) }], [...own, made.blocks[0]!])
      if (reason) await expect(read(bytes), String(reason)).rejects.toThrow(reason)
      else expect([...(await read(bytes)).records.keys()]).toEqual([low, middle])
    }
  })
})
