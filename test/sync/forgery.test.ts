/** No false accept: forged commits of many kinds, and any bit turned, are refused for their reason. */
import { readCar } from '@frost/sync/car'
import { type CommitMessage, decodeFrame, FrameError } from '@frost/sync/frame'
import { parseDidDocument } from '@frost/sync/identity'
import type { PublicKey } from '@frost/sync/signature'
import { readSnapshot, SnapshotError } from '@frost/sync/snapshot'
import { VerificationError, verifyCommit } from '@frost/sync/verify'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sharedPath } from '../shared.ts'
import { type CommitParts, commitFrame } from './commit-parts.ts'
import { documentsOf, framesOf } from './corpus.ts'
import { FastRepository } from './fast-repository.ts'
import { accountForgeries } from './forgeries-of-accounts.ts'
import { frameForgeries } from './forgeries-of-frames.ts'
import { messageForgeries } from './forgeries-of-messages.ts'
import type { Base, Forgery } from './forging.ts'
import { randomOf } from './random.ts'
import { createSigner } from './signer.ts'

const seed = Number(process.env.FROST_SEED ?? 20250102)
const corpus = sharedPath('fixtures', 'jetstream-corpus')
const now = Date.now()
const other = createSigner('k256')

interface Case extends Base {
  readonly name: string
  readonly key: PublicKey
}

function generated(curve: 'k256' | 'p256'): Case[] {
  const random = randomOf(seed)
  const signer = createSigner(curve)
  const repository = new FastRepository('did:plc:abcdefghijklmnopqrstuvwx', signer)
  return Array.from({ length: 40 }, (_, index) => ({
    name: `${curve} ${index}`,
    parts: repository.commit(repository.randomWrites(random, 25)),
    signer,
    other,
    key: signer.publicKey,
  }))
}

/** Commits of real accounts. */
function real(): Case[] {
  const documents = documentsOf(corpus!)
  return framesOf(corpus!).flatMap(frame => {
    const message = decodeFrame(frame)
    if (message.type !== 'commit') return []
    const { key } = parseDidDocument(message.did, documents[message.did], { allowLoopbackHttp: false })
    return [{ name: `real ${message.seq}`, parts: partsOf(message), signer: undefined, other, key: key! }]
  })
}

function partsOf(message: CommitMessage): CommitParts {
  return {
    repo: message.did,
    rev: message.rev,
    since: message.since,
    commit: message.commit,
    prevData: message.previousData,
    blocks: readCar(message.blocks).blocks,
    ops: message.operations.map(({ action, path, cid, previous }) => ({ action, path, cid, prev: previous })),
    seq: message.seq,
  }
}

/** What becomes of a frame: verified, `malformed`, or why it is refused. Anything else is a crash. */
function verdictOf(frame: Uint8Array, key: PublicKey, at = now): { reason: string; verified?: unknown } {
  try {
    const message = decodeFrame(frame)
    if (message.type !== 'commit') return { reason: `not a commit: ${message.type}` }
    const verified = verifyCommit(message, key, { now: at })
    return {
      reason: verified.operations.some(({ malformed }) => malformed) ? 'malformed' : 'accepted',
      verified,
    }
  } catch (error) {
    if (error instanceof FrameError || error instanceof VerificationError) return { reason: error.reason }
    throw error
  }
}

const forgeries: readonly Forgery[] = [...frameForgeries, ...messageForgeries, ...accountForgeries]

describe.each(['k256', 'p256'] as const)('forged commits of generated accounts (%s)', curve => {
  const cases = generated(curve)

  it('would be accepted, were they not forged', () => {
    for (const { parts, key } of cases) expect(verdictOf(commitFrame(parts), key).reason).toBe('accepted')
  })

  it.each(forgeries)('$kind: $refused', ({ refused, forge }) => {
    let forged = 0
    for (const base of cases) {
      const frame = forge(base)
      if (!frame) continue
      forged++
      expect(verdictOf(frame, base.key).reason, base.name).toBe(refused)
      // Those made of megabytes, or not of the commit at all, need no second commit.
      if (frame.length > 100_000) break
    }
    expect(forged).toBeGreaterThan(0)
  })
})

describe.skipIf(!corpus)('forged commits of real accounts', () => {
  const cases = corpus ? real() : []

  it('are refused for their reason, whatever the kind', () => {
    const kinds = new Set<string>()
    for (const { kind, refused, forge } of [...frameForgeries, ...messageForgeries]) {
      for (const base of cases) {
        const frame = forge(base)
        if (!frame) continue
        kinds.add(kind)
        expect(verdictOf(frame, base.key).reason, `${kind}, ${base.name}`).toBe(refused)
        if (frame.length > 100_000) break
      }
    }
    expect(kinds.size).toBeGreaterThan(70)
  })

  it('are refused, or say the same, whatever bit is turned', () => {
    const frames = cases.map(({ parts, key }) => ({ frame: commitFrame(parts), key }))
    const honest = frames.map(({ frame, key }) => verdictOf(frame, key).verified)
    fc.assert(
      fc.property(fc.nat({ max: frames.length - 1 }), fc.nat(), (index, bit) => {
        const { frame, key } = frames[index]!
        const { verified } = verdictOf(turned(frame, bit), key)
        if (verified !== undefined) expect(verified).toEqual(honest[index])
      }),
      { numRuns: 4000, seed },
    )
  })
})

describe.each(['k256', 'p256'] as const)('any bit turned (%s)', curve => {
  const cases = generated(curve)

  it('of a whole frame: refused, or the same', { timeout: 60_000 }, () => {
    for (const { parts, key } of [cases[0]!, cases[20]!]) {
      const frame = commitFrame(parts)
      const honest = verdictOf(frame, key).verified
      for (let bit = 0; bit < frame.length * 8; bit++) {
        const { verified } = verdictOf(turned(frame, bit), key)
        if (verified !== undefined) expect(verified).toEqual(honest)
      }
    }
  })

  it('pieces taken out, doubled or exchanged: refused, or the same', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 39 }),
        fc.nat(),
        fc.nat(),
        fc.nat(200),
        fc.nat(2),
        (index, a, b, length, kind) => {
          const { parts, key } = cases[index]!
          const frame = commitFrame(parts)
          const from = a % frame.length
          const to = b % frame.length
          const piece = frame.subarray(from, from + length)
          const bytes = [
            [frame.subarray(0, from), frame.subarray(from + length)],
            [frame.subarray(0, to), piece, frame.subarray(to)],
            [frame.subarray(0, to), piece, frame.subarray(to + piece.length)],
          ][kind]!
          const { verified } = verdictOf(Buffer.concat(bytes), key)
          if (verified !== undefined) expect(verified).toEqual(verdictOf(frame, key).verified)
        },
      ),
      { numRuns: 3000, seed },
    )
  })

  it('of a whole repository: refused, or the same', async () => {
    const random = randomOf(seed)
    const repository = new FastRepository('did:plc:abcdefghijklmnopqrstuvwx', createSigner(curve))
    for (let count = 0; count < 30; count++) repository.commit(repository.randomWrites(random, 20))
    const car = repository.car()
    const identity = { did: repository.did, key: repository.signer.publicKey }
    const read = (bytes: Uint8Array) =>
      readSnapshot(() => pieces(bytes), identity, { collections: () => true, maxBytes: 1e7, now })
    const honest = await read(car)
    expect(honest.records.size).toBe(repository.records.size)
    await fc.assert(
      fc.asyncProperty(fc.nat(), async bit => {
        try {
          expect(await read(turned(car, bit))).toEqual(honest)
        } catch (error) {
          expect(error).toBeInstanceOf(SnapshotError)
        }
      }),
      { numRuns: 1500, seed },
    )
    await expect(read(car.subarray(0, -1))).rejects.toBeInstanceOf(SnapshotError)
    await expect(read(new Uint8Array())).rejects.toBeInstanceOf(SnapshotError)
  })
})

function turned(bytes: Uint8Array, bit: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[(bit >> 3) % copy.length]! ^= 1 << (bit & 7)
  return copy
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000)
}
