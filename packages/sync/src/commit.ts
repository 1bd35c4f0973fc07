/** The signed commit block of a repository, version 3. https://atproto.com/specs/repository#commit-objects */
import { asBuffer, CborError, CborReader, isKeyAfter } from './cbor.ts'
import { type BinaryCid, CID_LENGTH, DAG_CBOR_PREFIX } from './cid.ts'
import { type PublicKey, verifySignature } from './signature.ts'
import { isTid } from './tid.ts'

export interface Commit {
  readonly did: string
  readonly rev: string
  /** Root of the MST. */
  readonly data: BinaryCid
  readonly version: number
  /** r ‖ s. */
  readonly signature: Uint8Array
  /** What was signed: the commit's DAG-CBOR without `sig`. */
  readonly unsigned: Uint8Array
}

export class CommitError extends Error {
  override readonly name = 'CommitError'
}

const MAX_COMMIT_BYTES = 4096

/**
 * Parses a commit block, canonical DAG-CBOR only. Since the encoding is canonical, what was signed is the same bytes with the
 * `sig` pair cut out and the map's count one less: nothing is encoded again.
 * @throws CommitError or CborError
 */
export function parseCommit(block: Uint8Array): Commit {
  if (block.length > MAX_COMMIT_BYTES) throw new CommitError('commit block is larger than 4 kB')
  const bytes = asBuffer(block)
  const reader = new CborReader(bytes)
  const count = reader.head(5)
  if (count > 16) throw new CommitError(`commit has ${count} fields`)
  let lastStart = 0
  let lastLength = -1
  let did: string | undefined
  let rev: string | undefined
  let data: BinaryCid | undefined
  let version: number | undefined
  let signature: Uint8Array | undefined
  let cutFrom = 0
  let cutTo = 0
  for (let i = 0; i < count; i++) {
    const from = reader.at
    const length = reader.head(3)
    const start = reader.at
    const key = reader.text(length)
    if (!isKeyAfter(bytes, lastStart, lastLength, start, length))
      throw new CborError(`commit field '${key.slice(0, 64)}' is doubled or out of order`)
    lastStart = start
    lastLength = length
    if (key === 'did') did = reader.text(reader.head(3))
    else if (key === 'rev') rev = reader.text(reader.head(3))
    else if (key === 'version') version = reader.head(0)
    else if (key === 'data') {
      const start = reader.link()
      data = bytes.toString('latin1', start, start + CID_LENGTH)
    } else if (key === 'sig') {
      const length = reader.head(2)
      const start = reader.take(length)
      signature = bytes.subarray(start, start + length)
      cutFrom = from
      cutTo = reader.at
    } else reader.skip()
  }
  reader.finish()
  if (version !== 3) throw new CommitError(`commit version ${version} is not 3`)
  if (did === undefined || rev === undefined || data === undefined || signature === undefined)
    throw new CommitError('commit lacks one of did, rev, data, sig')
  if (!isTid(rev)) throw new CommitError(`commit rev '${rev.slice(0, 64)}' is not a TID`)
  if (!data.startsWith(DAG_CBOR_PREFIX)) throw new CommitError('commit data is not a DAG-CBOR link')
  const unsigned = Buffer.allocUnsafe(bytes.length - (cutTo - cutFrom))
  unsigned[0] = bytes[0]! - 1
  bytes.copy(unsigned, 1, 1, cutFrom)
  bytes.copy(unsigned, cutFrom, cutTo)
  return { did, rev, data, version, signature, unsigned }
}

/** Whether the commit is signed by the key. */
export function isSignedBy(commit: Commit, key: PublicKey): boolean {
  return verifySignature(key, commit.unsigned, commit.signature)
}
