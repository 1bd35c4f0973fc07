/** A whole repository as the CAR that `com.atproto.sync.getRepo` gives, read and held against what it claims to be. */
import { readCarStream } from '@frost/sync/car'
import { asBuffer, CidLink, decodeCbor, recordType } from '@frost/sync/cbor'
import { type BinaryCid, cidFromText, cidToText } from '@frost/sync/cid'
import { type Commit, isSignedBy, parseCommit } from '@frost/sync/commit'
import { isMalformed } from '@frost/sync/malformed'
import { walkTree } from '@frost/sync/mst-walk'
import { parseKey } from '@frost/sync/signature'
import { FrostError } from '../errors.ts'

/** What a repository holds, all of it verified. */
export interface RepositorySummary {
  readonly did: string
  /** The commit's own revision (a TID). */
  readonly rev: string
  /** CIDs of the signed commit and of the tree's root: two repositories with one `data` hold the same records. */
  readonly commit: string
  readonly data: string
  /** Key (`did:key:…`) that signed the commit. */
  readonly signedBy: string
  /** Number of records by collection. */
  readonly collections: Readonly<Record<string, number>>
  /** Every blob that a record refers to, by its CID. */
  readonly blobs: ReadonlyMap<string, BlobUse>
  /** CID of every record by its path. */
  readonly records: ReadonlyMap<string, string>
}

/** How a record refers to a blob. */
export interface BlobUse {
  readonly mimeType: string
  /** `collection/key` of a record that does. */
  readonly path: string
}

const MOST_BYTES = 4_000_000_000
const NODE_START = Buffer.from([0xa2, 0x61, 0x65])
const BLOB_MARK = Buffer.from('mimeType')

/**
 * Reads a repository and verifies all of it: every block against its CID, the tree in order and complete, every record present,
 * the commit's DID, and its signature by one of the keys. Memory: the tree's nodes, not the records.
 * @param keys `did:key:…` of the account, now or formerly
 * @throws FrostError `BadRepository` that says what is wrong
 */
export async function readRepository(
  car: AsyncIterable<Uint8Array>,
  did: string,
  keys: readonly string[],
): Promise<RepositorySummary> {
  const seen = new Set<BinaryCid>()
  const blobsOf = new Map<BinaryCid, readonly FoundBlob[]>()
  const keep = (block: Uint8Array, cid: BinaryCid): boolean => {
    seen.add(cid)
    const bytes = asBuffer(block)
    if (bytes.includes(BLOB_MARK)) {
      const blobs = blobsIn(bytes)
      if (blobs.length > 0) blobsOf.set(cid, blobs)
    }
    // The commit and the tree's nodes: records have a type.
    return NODE_START.equals(bytes.subarray(0, 3)) || recordType(bytes) === undefined
  }
  try {
    const { root, blocks } = await readCarStream(
      car,
      { maxBytes: MOST_BYTES, maxBlockBytes: 2_100_000 },
      keep,
    )
    const block = blocks.get(root)
    if (!block) throw bad(did, 'its commit is not in it')
    const commit = parseCommit(block)
    if (commit.did !== did) throw bad(did, `it is the repository of ${commit.did}`)
    const signedBy = signerOf(commit, keys)
    if (!signedBy) throw bad(did, 'it is not signed by a key of the account')
    const collections: Record<string, number> = {}
    const blobs = new Map<string, BlobUse>()
    const records = new Map<string, string>()
    for (const { key, cid } of walkTree(commit.data, blocks)) {
      if (!seen.has(cid)) throw bad(did, `record '${key}' is not in it`)
      const collection = key.slice(0, key.indexOf('/'))
      collections[collection] = (collections[collection] ?? 0) + 1
      records.set(key, cidToText(cid))
      for (const blob of blobsOf.get(cid) ?? [])
        if (!blobs.has(blob.cid)) blobs.set(blob.cid, { mimeType: blob.mimeType, path: key })
    }
    const { rev, data } = commit
    return { did, rev, commit: cidToText(root), data: cidToText(data), signedBy, collections, blobs, records }
  } catch (error) {
    if (isMalformed(error)) throw bad(did, error.message, error)
    throw error
  }
}

/** The first of the keys that signed the commit. */
export function signerOf(commit: Commit, keys: readonly string[]): string | undefined {
  return keys.find(key => isSignedBy(commit, parseKey(key)))
}

function bad(did: string, why: string, cause?: unknown): FrostError {
  return new FrostError('BadRepository', `the repository of ${did} is not whole: ${why}`, { cause })
}

interface FoundBlob {
  readonly cid: string
  readonly mimeType: string
}

/** The blobs that a record refers to, in both forms that AT Protocol knows; nothing for what is no record. */
function blobsIn(block: Uint8Array): FoundBlob[] {
  const found: FoundBlob[] = []
  const look = (value: unknown): void => {
    if (
      typeof value !== 'object' ||
      value === null ||
      value instanceof Uint8Array ||
      value instanceof CidLink
    )
      return
    if (Array.isArray(value)) {
      for (const item of value) look(item)
      return
    }
    const { $type, ref, cid, mimeType } = value as Record<string, unknown>
    if ($type === 'blob' && ref instanceof CidLink && typeof mimeType === 'string')
      found.push({ cid: ref.toString(), mimeType })
    else if ($type === undefined && typeof cid === 'string' && typeof mimeType === 'string' && isCid(cid))
      found.push({ cid, mimeType })
    else for (const item of Object.values(value)) look(item)
  }
  try {
    look(decodeCbor(block))
  } catch {
    return [] // a block that merely has the word in it
  }
  return found
}

function isCid(text: string): boolean {
  try {
    cidFromText(text)
    return true
  } catch {
    return false
  }
}
