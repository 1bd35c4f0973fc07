/**
 * Many repositories in one CAR, as one AppView gives them to another. Its root names the accounts in a list; of each whose state
 * can be proved there follow the signed commit, the nodes of its tree that meet a range of keys, and the records in it. Whoever
 * made the bundle need not be trusted: hashes, trees and signatures say whether it is true.
 */
import { encode } from '@atcute/cbor'
import { readCar } from './car.ts'
import { writeCar } from './car-writer.ts'
import { CborError, CidLink, decodeCbor } from './cbor.ts'
import { type BinaryCid, cidOfBlock, cidToText } from './cid.ts'
import { parseCommit } from './commit.ts'
import { isDid, LIMITS, parsePath } from './frame.ts'
import type { Identity } from './identity.ts'
import { isMalformed } from './malformed.ts'
import { edgeNodes, type KeyRange, rangeRecords } from './mst-range.ts'
import {
  checkSignature,
  isMalformedRecord,
  type Snapshot,
  SnapshotError,
  type SnapshotOptions,
  type SnapshotRecord,
} from './snapshot.ts'
import { isPlausibleRev } from './verify.ts'

type Block = readonly [BinaryCid, Uint8Array]

/** An account of a bundle; without a commit it is only named, and its own host is to be asked for its repository. */
export interface BundledAccount {
  readonly did: string
  readonly commit?: BinaryCid
}

const VERSION = 1
const MOST_BLOCKS = 20_000_000
const MOST_ACCOUNTS = 10_000

/** @param blocks of the accounts that name a commit; what several hold is given once */
export function writeBundle(accounts: readonly BundledAccount[], blocks: Iterable<Block>): Buffer {
  const root = encode({
    accounts: accounts.map(({ did, commit }) => ({
      did,
      ...(commit !== undefined && { commit: { $link: cidToText(commit) } }),
    })),
    version: VERSION,
  })
  const cid = cidOfBlock(root)
  return writeCar(cid, [[cid, root], ...blocks])
}

export interface Bundle {
  readonly accounts: readonly BundledAccount[]
  readonly blocks: ReadonlyMap<BinaryCid, Uint8Array>
}

/**
 * Reads a bundle; every block is held against its CID.
 * @throws SnapshotError that says what is wrong with it
 */
export function readBundle(bytes: Uint8Array): Bundle {
  try {
    const { root, blocks } = readCar(bytes, { maxBlocks: MOST_BLOCKS, maxBlockBytes: LIMITS.blocksBytes })
    const block = blocks.get(root)
    if (block === undefined) throw new SnapshotError('its root is not among its blocks')
    return { accounts: accountsIn(block), blocks }
  } catch (error) {
    if (isMalformed(error)) throw new SnapshotError(error.message, { cause: error })
    throw error
  }
}

function accountsIn(block: Uint8Array): BundledAccount[] {
  const { version, accounts } = (decodeCbor(block) ?? {}) as { version?: unknown; accounts?: unknown }
  if (version !== VERSION) throw new CborError(`its root is no list of accounts of version ${VERSION}`)
  if (!Array.isArray(accounts) || accounts.length > MOST_ACCOUNTS)
    throw new CborError(`its root lists no accounts, or more than ${MOST_ACCOUNTS}`)
  const seen = new Set<string>()
  return accounts.map((account: unknown) => {
    const { did, commit } = (account ?? {}) as { did?: unknown; commit?: unknown }
    if (typeof did !== 'string' || !isDid(did))
      throw new CborError('its root names an account that is no DID')
    if (seen.has(did)) throw new CborError(`its root names '${did}' twice`)
    seen.add(did)
    if (commit === undefined) return { did }
    if (!(commit instanceof CidLink)) throw new CborError(`the commit of '${did}' is no link`)
    return { did, commit: commit.cid }
  })
}

/**
 * The state of one repository, as far as a range of its keys goes: signature, tree and records are verified, none of the range can
 * be left out.
 * @param identity of the account, from its directory
 * @throws SnapshotError that says what is wrong with it
 */
export async function readBundled(
  { did, commit: root }: BundledAccount & { readonly commit: BinaryCid },
  blocks: ReadonlyMap<BinaryCid, Uint8Array>,
  { key }: Pick<Identity, 'key'>,
  options: Pick<SnapshotOptions, 'collections' | 'now' | 'formerKeys'> & { readonly range: KeyRange },
): Promise<Snapshot> {
  const { range, collections, now } = options
  const bad = (why: string, cause?: unknown) => new SnapshotError(`repository of '${did}': ${why}`, { cause })
  try {
    const block = blocks.get(root)
    if (block === undefined) throw bad('its commit is not among the blocks')
    const commit = parseCommit(block)
    if (commit.did !== did) throw bad(`its commit is of '${commit.did}'`)
    if (!isPlausibleRev(commit.rev, now)) throw bad(`its rev '${commit.rev}' is over 5 minutes ahead`)
    const formerKey = await checkSignature(commit, key, options)
    const records = new Map<string, SnapshotRecord>()
    for (const { key: path, cid } of rangeRecords(commit.data, range, blocks)) {
      const parts = parsePath(path)
      if (parts === undefined || !collections(parts.collection)) continue
      const bytes = blocks.get(cid)
      if (bytes === undefined) throw bad(`the record '${path}' is not among the blocks`)
      records.set(path, { ...parts, cid, bytes, malformed: isMalformedRecord(cid, bytes) })
    }
    const head = { commit: block, nodes: edgeNodes(commit.data, range, blocks) }
    return { did, rev: commit.rev, commit: root, data: commit.data, records, formerKey, head }
  } catch (error) {
    if (isMalformed(error)) throw bad(error.message, error)
    throw error
  }
}
