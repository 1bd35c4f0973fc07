/** One record in a signed repository: the commit, the nodes on the way, and the record. */
import { readCarStream } from '@frost/sync/car'
import { type BinaryCid, cidToText } from '@frost/sync/cid'
import { parseCommit } from '@frost/sync/commit'
import { isMalformed } from '@frost/sync/malformed'
import { findKey } from '@frost/sync/mst-proof'
import { signerOf } from '../account/repository-car.ts'
import { FrostError } from '../errors.ts'

/** What a proof shows. */
export interface Shown {
  readonly did: string
  /** Revision of the repository. */
  readonly rev: string
  /** Key (`did:key:…`) that signed it. */
  readonly key: string
  /** State of the record; absent where the tree proves that there is none. */
  readonly cid?: string
  /** Its block, where it is among those given. */
  readonly record?: Uint8Array
}

const MOST_BYTES = 16_000_000

/**
 * Reads a proof of one record, as `com.atproto.sync.getRecord` gives it, and verifies all of it.
 * @param path `collection/key`
 * @param keys `did:key:…` that may have signed it
 * @throws FrostError `BadProof` that says what does not hold
 */
export async function readProof(
  car: AsyncIterable<Uint8Array>,
  did: string,
  path: string,
  keys: readonly string[],
): Promise<Shown> {
  const bad = (why: string, cause?: unknown) =>
    new FrostError('BadProof', `the proof of at://${did}/${path} does not hold: ${why}`, { cause })
  try {
    const { root, blocks } = await readCarStream(car, { maxBytes: MOST_BYTES })
    const block = blocks.get(root)
    if (!block) throw bad('the commit is not in it')
    const commit = parseCommit(block)
    if (commit.did !== did) throw bad(`its commit is of ${commit.did}`)
    const key = signerOf(commit, keys)
    if (!key) throw bad('its commit is not signed by a key of the account')
    const cid: BinaryCid | undefined = findKey(commit.data, path, blocks)
    if (cid === undefined) return { did, rev: commit.rev, key }
    const record = blocks.get(cid)
    return { did, rev: commit.rev, key, cid: cidToText(cid), ...(record && { record }) }
  } catch (error) {
    if (isMalformed(error)) throw bad(error.message, error)
    throw error
  }
}
