/** Commits and their messages, in parts that a forger may change before a frame is made of them. */
import { CidLink } from '@frost/sync/cbor'
import type { BinaryCid } from '@frost/sync/cid'
import { type Encodable, encode, encodeCar, encodeFrame } from './encoding.ts'
import type { Signer } from './signer.ts'

/** Parts of a commit, of which a frame is made; a forger changes them first. */
export interface CommitParts {
  readonly repo: string
  readonly rev: string
  readonly since: string | undefined
  readonly commit: BinaryCid
  readonly prevData: BinaryCid | undefined
  readonly blocks: ReadonlyMap<BinaryCid, Uint8Array>
  readonly ops: readonly Operation[]
  readonly seq: number
}

export interface Operation {
  readonly action: string
  readonly path: string
  readonly cid: BinaryCid | undefined
  readonly prev: BinaryCid | undefined
}

function link(cid: BinaryCid | undefined): CidLink | undefined {
  return cid === undefined ? undefined : new CidLink(cid)
}

/** The message of `#commit`, legacy fields and all. */
export function commitBody(parts: CommitParts): { readonly [field: string]: Encodable | undefined } {
  const { repo, rev, since, commit, prevData, blocks, ops, seq } = parts
  return {
    seq,
    repo,
    rev,
    since: since ?? null,
    commit: new CidLink(commit),
    prevData: link(prevData),
    blocks: encodeCar(commit, blocks),
    ops: ops.map(({ action, path, cid, prev }) => ({
      action,
      path,
      cid: link(cid) ?? null,
      prev: link(prev),
    })),
    time: '2025-01-01T00:00:00.000Z',
    rebase: false,
    tooBig: false,
    blobs: [],
  }
}

export function commitFrame(parts: CommitParts): Buffer {
  return encodeFrame('#commit', commitBody(parts))
}

/** The signed commit block. */
export function commitBlock(
  fields: {
    readonly did: string
    readonly rev: string
    readonly data: BinaryCid
    readonly [field: string]: Encodable
  },
  sign: Signer['sign'],
): Buffer {
  const unsigned = { version: 3, prev: null, ...fields, data: new CidLink(fields.data) }
  return encode({ ...unsigned, sig: sign(encode(unsigned)) })
}
