/** Writing the signed commit block of a repository, version 3. */
import { type BinaryCid, CID_LENGTH } from './cid.ts'

/** What is signed, and what becomes a block with the signature. */
export interface UnsignedCommit {
  readonly did: string
  readonly rev: string
  /** Root of the MST. */
  readonly data: BinaryCid
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  const head = bytes.length < 24 ? [0x60 | bytes.length] : [0x78, bytes.length]
  return Buffer.concat([Buffer.from(head), bytes])
}

function link(cid: BinaryCid): Buffer {
  return Buffer.concat([Buffer.from([0xd8, 0x2a, 0x58, CID_LENGTH + 1, 0]), Buffer.from(cid, 'latin1')])
}

/** Canonical DAG-CBOR of a commit: of what is signed, or with the signature (64 bytes) of the block. */
export function encodeCommit({ did, rev, data }: UnsignedCommit, signature?: Uint8Array): Buffer {
  const fields: [string, Uint8Array][] = [
    ['did', text(did)],
    ['rev', text(rev)],
    ...(signature
      ? [['sig', Buffer.concat([Buffer.from([0x58, signature.length]), signature])] as [string, Uint8Array]]
      : []),
    ['data', link(data)],
    ['prev', Buffer.from([0xf6])],
    ['version', Buffer.from([3])],
  ]
  return Buffer.concat([
    Buffer.from([0xa0 | fields.length]),
    ...fields.flatMap(([name, value]) => [text(name), value]),
  ])
}
