/**
 * The message-validation checklist of the sync specification for one commit. https://atproto.com/specs/sync
 */
import { type Car, CarError, readCar } from './car.ts'
import { CborError, isWellFormedRecord } from './cbor.ts'
import type { BinaryCid } from './cid.ts'
import { type Commit, CommitError, isSignedBy, parseCommit } from './commit.ts'
import { type CommitMessage, LIMITS, type SyncMessage } from './frame.ts'
import { invertOps, type MstOperation } from './mst-inversion.ts'
import { EMPTY_TREE, MissingBlockError, MstError } from './mst-node.ts'
import type { PublicKey } from './signature.ts'
import { tidMicroseconds } from './tid.ts'

/** Why a commit was refused: short, stable names for counters. */
export type Refusal =
  | 'blocks'
  | 'commit-block'
  | 'did-mismatch'
  | 'rev-mismatch'
  | 'rev-future'
  | 'signature'
  | 'record-size'
  | 'record-missing'
  | 'operations'
  | 'proof-incomplete'
  | 'previous-data'

export class VerificationError extends Error {
  override readonly name = 'VerificationError'
  readonly reason: Refusal
  constructor(reason: Refusal, message: string) {
    super(message)
    this.reason = reason
  }
}

/** How far ahead of this clock a rev may be, in microseconds. */
const MAX_AHEAD = 5 * 60 * 1_000_000

export interface VerifiedOperation {
  readonly action: 'create' | 'update' | 'delete'
  readonly path: string
  readonly collection: string
  readonly rkey: string
  readonly cid?: BinaryCid
  /** The record's block. */
  readonly bytes?: Uint8Array
  /** The block is not a canonical map of the data model: the commit stands, the record is not to be shown. */
  readonly malformed?: true
}

export interface VerifiedCommit {
  readonly did: string
  readonly rev: string
  readonly commit: BinaryCid
  readonly data: BinaryCid
  readonly operations: readonly VerifiedOperation[]
  /** All of its writes, as the tree has them. */
  readonly writes: readonly MstOperation[]
  /** What the commit carried: itself, nodes and records. */
  readonly blocks: ReadonlyMap<BinaryCid, Uint8Array>
}

export interface VerifyOptions {
  /** Milliseconds since 1970; default: this clock. */
  readonly now?: number
  /** Collections whose records must be checked for form; default: all. */
  readonly collections?: (nsid: string) => boolean
}

function refuse(reason: Refusal, message: string): never {
  throw new VerificationError(reason, message)
}

/** The signed commit block of a message, whose CID must be the CAR's root, held against what the message says of it. */
function readCommit(car: Car, did: string, now: number): Commit {
  const block = car.blocks.get(car.root)
  if (block === undefined) refuse('commit-block', 'the commit block is not among the blocks')
  let commit: Commit
  try {
    commit = parseCommit(block)
  } catch (error) {
    if (error instanceof CborError || error instanceof CommitError) refuse('commit-block', error.message)
    throw error
  }
  if (commit.did !== did) refuse('did-mismatch', `commit is of '${commit.did}', message says '${did}'`)
  if (!isPlausibleRev(commit.rev, now)) refuse('rev-future', `rev '${commit.rev}' is over 5 minutes ahead`)
  return commit
}

/** Whether a rev is at most five minutes ahead of `now` (milliseconds). */
export function isPlausibleRev(rev: string, now = Date.now()): boolean {
  return tidMicroseconds(rev) <= now * 1000 + MAX_AHEAD
}

function openCar(blocks: Uint8Array, maxBlocks: number): Car {
  try {
    return readCar(blocks, { maxBlocks, maxBlockBytes: LIMITS.blocksBytes })
  } catch (error) {
    if (error instanceof CarError) refuse('blocks', error.message)
    throw error
  }
}

/** More blocks than the 200 writes' records and the paths to them could need. */
const MAX_BLOCKS = 20_000

/**
 * Verifies a commit by itself: blocks hash to their CIDs, canonical DAG-CBOR, inner did and rev, clock, signature, every write by
 * inversion to `prevData` (a first commit, without `since`, to the empty tree), every written record present and within its
 * size. Whether `since` and `prevData` continue what is stored is the caller's question.
 * @param message from `decodeFrame`
 * @param key the account's signing key
 * @throws VerificationError
 */
export function verifyCommit(
  message: CommitMessage,
  key: PublicKey,
  options: VerifyOptions = {},
): VerifiedCommit {
  const now = options.now ?? Date.now()
  const car = openCar(message.blocks, MAX_BLOCKS)
  if (car.root !== message.commit) refuse('commit-block', "the CAR's root is not the commit of the message")
  const commit = readCommit(car, message.did, now)
  if (commit.rev !== message.rev)
    refuse('rev-mismatch', `inner rev '${commit.rev}', message '${message.rev}'`)
  if (!isSignedBy(commit, key)) refuse('signature', 'the commit is not signed by the key of its account')
  const operations: VerifiedOperation[] = []
  const writes: MstOperation[] = []
  for (const { action, path, collection, rkey, cid, previous } of message.operations) {
    if (action !== 'create' && previous === undefined)
      refuse('operations', `${action} of '${path}' does not say the CID before`)
    if (cid !== undefined && cid === previous) refuse('operations', `update of '${path}' changes nothing`)
    writes.push({ key: path, value: cid, previous })
    if (cid === undefined) {
      operations.push({ action, path, collection, rkey })
      continue
    }
    const bytes = car.blocks.get(cid)
    if (bytes === undefined) refuse('record-missing', `the record '${path}' is not among the blocks`)
    if (bytes.length > LIMITS.recordBytes)
      refuse('record-size', `the record '${path}' has ${bytes.length} bytes, at most ${LIMITS.recordBytes}`)
    const malformed =
      options.collections !== undefined && !options.collections(collection) ? false : !isRecord(cid, bytes)
    const operation = { action, path, collection, rkey, cid, bytes }
    operations.push(malformed ? { ...operation, malformed } : operation)
  }
  const before = message.previousData ?? EMPTY_TREE
  if (message.previousData === undefined && message.since !== undefined)
    refuse('previous-data', 'prevData is missing though this is not a first commit')
  let inverted: BinaryCid
  try {
    inverted = invertOps(commit.data, car.blocks, writes)
  } catch (error) {
    if (error instanceof MissingBlockError) refuse('proof-incomplete', error.message)
    if (error instanceof MstError || error instanceof CborError) refuse('operations', error.message)
    throw error
  }
  if (inverted !== before) refuse('previous-data', 'undoing the writes does not lead back to prevData')
  const { did, rev, data } = commit
  return { did, rev, commit: car.root, data, operations, writes, blocks: car.blocks }
}

function isRecord(cid: BinaryCid, bytes: Uint8Array): boolean {
  return cid.charCodeAt(1) === 0x71 && isWellFormedRecord(bytes)
}

/**
 * The commit that a `#sync` announces. Its signature is not judged here: after a migration the head is still signed by a former key.
 * @throws VerificationError
 */
export function readSync(message: SyncMessage, now = Date.now()): Commit & { readonly cid: BinaryCid } {
  const car = openCar(message.blocks, 16)
  return { ...readCommit(car, message.did, now), cid: car.root }
}
