/** What it costs to verify one commit: the whole, its parts, beside the reference implementation and beside the least possible. */
import { hash } from 'node:crypto'
import { IdResolver, MemoryCache } from '@atproto/identity'
import { parseCommitAuthenticated } from '@atproto/sync'
import { Frame } from '@atproto/xrpc-server'
import { readRecord } from '@frost/index/record-text'
import { readCar } from '@frost/sync/car'
import { isWellFormedRecord } from '@frost/sync/cbor'
import { isSignedBy, parseCommit } from '@frost/sync/commit'
import { type CommitMessage, decodeFrame } from '@frost/sync/frame'
import { invertOps } from '@frost/sync/mst-inversion'
import { verifyCommit } from '@frost/sync/verify'
import secp256k1 from 'secp256k1'
import { type SignedFrame, signedFrames } from './firehose.lib.ts'
import type { Emit } from './main.ts'
import { type Cost, measured, round } from './measure.lib.ts'

const COMMITS = 2_000
/** The reference is slower by far: fewer will do. */
const COMMITS_OF_REFERENCE = 400
const ROUNDS = 8

interface Work {
  readonly count: number
  readonly run: () => unknown
}

/**
 * Microseconds a commit on the processor, the least of a few rounds, and on the clock in that round. All works have their turn in
 * each round, so that what else the machine does falls on all of them.
 */
async function least<Name extends string>(works: Readonly<Record<Name, Work>>): Promise<Record<Name, Cost>> {
  const best = new Map<string, Cost>()
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, { count, run }] of Object.entries<Work>(works)) {
      const { wall, cpu } = await measured(run)
      const cost = { wall: (wall / count) * 1000, cpu: (cpu / count) * 1000 }
      // The first round warms up.
      if (round > 0 && cost.cpu < (best.get(name)?.cpu ?? Number.POSITIVE_INFINITY)) best.set(name, cost)
    }
  }
  return Object.fromEntries(best) as Record<Name, Cost>
}

export async function measureVerification(emit: Emit): Promise<void> {
  const frames = signedFrames({ accounts: 20, held: 300, commits: COMMITS })
  const bytes = Math.round(frames.reduce((sum, { frame }) => sum + frame.length, 0) / frames.length)
  const note = `k256, one write a commit, repositories of 300 records, frames of ${bytes} bytes`
  const few = frames.slice(0, COMMITS_OF_REFERENCE)
  const costs = await least({
    own: {
      count: COMMITS,
      run: () =>
        frames.forEach(({ frame, key }) => void verifyCommit(decodeFrame(frame) as CommitMessage, key)),
    },
    reference: { count: COMMITS_OF_REFERENCE, run: () => verifyByReference(few) },
    floor: { count: COMMITS, run: floorOf(frames) },
    ...stagesOf(frames),
  })
  const { own, reference, floor, ...stages } = costs
  const each = (cost: Cost) => `${round(cost.cpu, 0)} µs (clock ${round(cost.wall, 0)})`
  emit({
    figure: 'verify-vs-atproto',
    value: round(reference.cpu / own.cpu, 1),
    unit: 'times',
    against: `@atproto/sync: ${each(reference)}, without inversion of the tree`,
    note: `decode and verify ${each(own)}; ${note}`,
  })
  emit({
    figure: 'verify-vs-floor',
    value: round(floor.cpu / own.cpu),
    unit: 'times',
    against: `hash every block and check one signature: ${each(floor)}`,
    note,
  })
  for (const [name, { cpu, wall }] of Object.entries<Cost>(stages))
    emit({
      figure: `stage-${name}-us`,
      value: round(cpu, 1),
      unit: 'µs a commit',
      note: `processor; clock ${round(wall, 1)}`,
    })
}

/** `@atproto/sync`'s own way, its check of the message's shape left out. */
async function verifyByReference(frames: readonly SignedFrame[]): Promise<void> {
  const keys = new Map(frames.map(({ did, key }) => [did, key.did]))
  const resolver = new IdResolver({ didCache: new MemoryCache() })
  resolver.did.resolveAtprotoKey = async did => keys.get(did)!
  for (const { frame } of frames) {
    const { header, body } = Frame.fromBytes(frame) as unknown as { header: { t: string }; body: object }
    const message = { ...body, $type: `com.atproto.sync.subscribeRepos${header.t}` }
    const events = await parseCommitAuthenticated(resolver, message as never)
    if (events.length !== 1) throw new Error(`the reference finds ${events.length} writes in a commit of one`)
  }
}

function floorOf(frames: readonly SignedFrame[]): () => void {
  const prepared = frames.map(({ frame, key }) => {
    const car = readCar((decodeFrame(frame) as CommitMessage).blocks)
    const commit = parseCommit(car.blocks.get(car.root)!)
    return { blocks: [...car.blocks.values()], commit, point: key.material as Uint8Array }
  })
  return () => {
    for (const { blocks, commit, point } of prepared) {
      for (const block of blocks) hash('sha256', block, 'buffer')
      const digest = hash('sha256', commit.unsigned, 'buffer')
      if (!secp256k1.ecdsaVerify(commit.signature, digest, point))
        throw new Error('an honest signature is refused')
    }
  }
}

/** Each stage by itself, on what the stage before it gives. */
function stagesOf(frames: readonly SignedFrame[]): Readonly<Record<string, Work>> {
  const messages = frames.map(({ frame }) => decodeFrame(frame) as CommitMessage)
  const cars = messages.map(({ blocks }) => readCar(blocks))
  const commits = cars.map(({ root, blocks }) => parseCommit(blocks.get(root)!))
  const records = messages.flatMap(({ operations }, index) =>
    operations.flatMap(({ collection, cid }) => {
      const bytes = cid && cars[index]!.blocks.get(cid)
      return bytes ? [{ collection, bytes }] : []
    }),
  )
  const stages: Readonly<Record<string, () => void>> = {
    'decode-frame': () => frames.forEach(({ frame }) => void decodeFrame(frame)),
    'car-and-hash': () => messages.forEach(({ blocks }) => void readCar(blocks)),
    signature: () =>
      cars.forEach(({ root, blocks }, index) => {
        if (!isSignedBy(parseCommit(blocks.get(root)!), frames[index]!.key)) throw new Error('refused')
      }),
    inversion: () =>
      messages.forEach(({ operations }, index) => {
        const writes = operations.map(({ path, cid, previous }) => ({ key: path, value: cid, previous }))
        invertOps(commits[index]!.data, cars[index]!.blocks, writes)
      }),
    'record-form': () => records.forEach(({ bytes }) => void isWellFormedRecord(bytes)),
    'record-lexicon': () => records.forEach(({ collection, bytes }) => void readRecord(collection, bytes)),
  }
  return Object.fromEntries(Object.entries(stages).map(([name, run]) => [name, { count: COMMITS, run }]))
}
