/** No false reject: honest commits of two makers pass; and the fast maker makes what the reference implementation makes. */

import { encode as referenceEncode } from '@atproto/lex-cbor'
import { readCarWithRoot } from '@atproto/repo'
import { parseCommitAuthenticated } from '@atproto/sync'
import { cidToText } from '@frost/sync/cid'
import { parseKey } from '@frost/sync/signature'
import { describe, expect, it } from 'vitest'
import { commitFrame } from './commit-parts.ts'
import { FastRepository } from './fast-repository.ts'
import { verifyAsReceived, verifyHonestCommits } from './honest.ts'
import { randomOf } from './random.ts'
import { frameOf, HonestRepository, keypairOf } from './repositories.ts'
import { type Curve, createSigner } from './signer.ts'

const seed = Number(process.env.FROST_SEED ?? 20250101)
const CURVES: readonly Curve[] = ['k256', 'p256']

describe('honest commits', () => {
  it('pass, a sample of them over both curves and many shapes of trees', { timeout: 60_000 }, () => {
    const run = verifyHonestCommits({ seed, count: 6000 })
    expect(run.commits).toBe(6000)
    expect(run.mostRecords).toBeGreaterThan(100)
  })

  it.each(CURVES)('of the reference implementation pass, with its own verdict beside (%s)', async curve => {
    const random = randomOf(seed)
    for (let account = 0; account < 3; account++) {
      const repository = new HonestRepository(`did:plc:${'abc'[account]!.repeat(24)}`, await keypairOf(curve))
      const key = parseKey(repository.keypair.did())
      for (let count = 0; count < 80; count++) {
        const body = await repository.commit(repository.randomWrites(random))
        const verified = verifyAsReceived(frameOf('#commit', body), key)
        expect(cidToText(verified.data)).toBe(repository.data)
        const events = await parseCommitAuthenticated(
          { did: { resolveAtprotoKey: async () => repository.keypair.did() } } as never,
          body as never,
        )
        expect(verified.operations.map(({ action, path }) => `${action} ${path}`)).toEqual(
          events.map(
            event => `${event.event} ${'collection' in event && `${event.collection}/${event.rkey}`}`,
          ),
        )
      }
    }
  })

  it('of the fast maker are those of the reference: roots, proofs, records', async () => {
    const random = randomOf(seed + 1)
    const did = 'did:plc:abcdefghijklmnopqrstuvwx'
    const reference = new HonestRepository(did, await keypairOf('k256'))
    const fast = new FastRepository(did, createSigner('k256'))
    for (let count = 0; count < 200; count++) {
      const writes = reference.randomWrites(random)
      const body = await reference.commit(writes)
      const parts = fast.commit(
        writes.map(({ action, collection, rkey, record }) => ({
          action,
          path: `${collection}/${rkey}`,
          ...(record && { block: referenceEncode(record) }),
        })),
      )
      expect(cidToText(fast.tree.root)).toBe(reference.data)
      const proof = await readCarWithRoot(body.blocks)
      const named = (cids: string[], commit: string) => cids.filter(cid => cid !== commit).sort()
      expect(named([...parts.blocks.keys()].map(cidToText), cidToText(parts.commit))).toEqual(
        named(proof.blocks.cids().map(String), String(proof.root)),
      )
    }
  })

  it('are decoded by the reference from the frames of the fast maker', async () => {
    const repository = new FastRepository('did:plc:abcdefghijklmnopqrstuvwx', createSigner('p256'))
    const random = randomOf(seed + 2)
    for (let count = 0; count < 50; count++) {
      const parts = repository.commit(repository.randomWrites(random, 20))
      expect(() => verifyAsReceived(commitFrame(parts), repository.signer.publicKey)).not.toThrow()
    }
    const { root, blocks } = await readCarWithRoot(repository.car())
    expect(String(root)).toBe(cidToText(repository.head!))
    expect(blocks.size).toBeGreaterThan(1)
  })
})
