/**
 * What forged commits are made with. They are made from an honest one, by whoever passes messages on (no key), or by whoever signs them (the account's
 * own key).
 */
import type { BinaryCid } from '@frost/sync/cid'
import { parseCommit } from '@frost/sync/commit'
import { type CommitParts, commitBlock, commitBody, commitFrame, type Operation } from './commit-parts.ts'
import { cidOf, type Encodable, encode, encodeFrame } from './encoding.ts'
import type { Signer } from './signer.ts'

/** An honest commit and what a forger has at hand. */
export interface Base {
  readonly parts: CommitParts
  /** Of the account; absent for commits of real accounts, whose keys nobody here has. */
  readonly signer: Signer | undefined
  /** Of another account. */
  readonly other: Signer
}

export interface Forgery {
  readonly kind: string
  /** The reason that counters give. `malformed`: the commit stands, its record does not. */
  readonly refused: string
  /** The forged frame; undefined where the commit does not lend itself to it. */
  readonly forge: (base: Base) => Uint8Array | undefined
}

/** The message with some of its parts other. */
export function altered(parts: CommitParts, changes: Partial<CommitParts>): Buffer {
  return commitFrame({ ...parts, ...changes })
}

/** The message with some of its fields other. */
export function withFields(
  parts: CommitParts,
  fields: { readonly [field: string]: Encodable | undefined },
): Buffer {
  return encodeFrame('#commit', { ...commitBody(parts), ...fields })
}

export function withBlocks(
  parts: CommitParts,
  change: (blocks: Map<BinaryCid, Uint8Array>) => void,
): Map<BinaryCid, Uint8Array> {
  const blocks = new Map(parts.blocks)
  change(blocks)
  return blocks
}

/** The message around another commit block. */
export function withCommitBlock(parts: CommitParts, block: Uint8Array): Buffer {
  const commit = cidOf(block)
  const blocks = withBlocks(parts, all => {
    all.delete(parts.commit)
    all.set(commit, block)
  })
  return altered(parts, { blocks, commit })
}

/** The commit signed anew with some of its fields other. */
export function resigned(
  { parts, signer }: Base,
  fields: {
    readonly rev?: string
    readonly did?: string
    readonly data?: BinaryCid
    readonly [field: string]: Encodable | undefined
  },
  more: Partial<CommitParts> = {},
): Buffer | undefined {
  if (!signer) return undefined
  const { did, rev, data } = parseCommit(parts.blocks.get(parts.commit)!)
  return withCommitBlock(
    { ...parts, ...more },
    commitBlock({ did, rev, data, ...fields } as never, signer.sign),
  )
}

export function firstOf(parts: CommitParts, ...actions: string[]): Operation | undefined {
  return parts.ops.find(({ action }) => actions.includes(action))
}

export function replaced(parts: CommitParts, old: Operation, ...by: Operation[]): Operation[] {
  return parts.ops.flatMap(op => (op === old ? by : [op]))
}

export function dataOf({ blocks, commit }: CommitParts): BinaryCid {
  return parseCommit(blocks.get(commit)!).data
}

/** A record that nobody of the account wrote. */
export const stranger = encode({ $type: 'org.example.note', text: 'somebody else wrote this' })
