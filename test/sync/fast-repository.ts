/**
 * Honest repositories, made fast: a million commits in minutes. `honest.test.ts` holds their trees and frames against the reference
 * implementation.
 */
import type { BinaryCid } from '@frost/sync/cid'
import { keyLevel } from '@frost/sync/mst-node'
import { formatTid } from '@frost/sync/tid'
import { type CommitParts, commitBlock, type Operation } from './commit-parts.ts'
import { cidOf, encode, encodeCar } from './encoding.ts'
import { below } from './random.ts'
import { type Curve, createSigner, type Signer } from './signer.ts'
import { type Leaf, Tree } from './tree.ts'

export interface Write {
  readonly action: 'create' | 'update' | 'delete'
  readonly path: string
  /** The record's block; none where it is deleted. */
  readonly block?: Uint8Array
}

/** 2025-01-01, microseconds. */
const EPOCH = 1_735_689_600_000_000

export class FastRepository {
  readonly did: string
  signer: Signer
  readonly #leaves: Leaf[] = []
  /** Blocks of the records held, by path. */
  readonly records = new Map<string, Uint8Array>()
  #tree: Tree = new Tree([])
  #seq = 0
  #rev: string | undefined
  #commit: { readonly cid: BinaryCid; readonly block: Uint8Array } | undefined

  constructor(did: string, signer: Signer) {
    this.did = did
    this.signer = signer
  }

  get rev(): string | undefined {
    return this.#rev
  }

  /** Its public key, as a DID document writes it. */
  get key(): string {
    return this.signer.publicKey.did.slice('did:key:'.length)
  }

  /** From now on commits are signed by a new key. */
  signWith(curve: Curve): void {
    this.signer = createSigner(curve)
  }

  get tree(): Tree {
    return this.#tree
  }

  get head(): BinaryCid | undefined {
    return this.#commit?.cid
  }

  /** The signed commit block of the head, with its CID. */
  commitBlock(): readonly [BinaryCid, Uint8Array] {
    const { cid, block } = this.#commit!
    return [cid, block]
  }

  /** Makes one commit of the writes, which must be of different paths and fit what is held. */
  commit(writes: readonly Write[]): CommitParts {
    const prevData = this.#commit && this.#tree.root
    const blocks = new Map<BinaryCid, Uint8Array>()
    const ops: Operation[] = []
    for (const { action, path, block } of writes) {
      const held = this.records.get(path)
      const cid = block && cidOf(block)
      ops.push({ action, path, cid, prev: held && cidOf(held) })
      if (block && cid) {
        blocks.set(cid, block)
        this.records.set(path, block)
      } else this.records.delete(path)
      this.#place(path, cid)
    }
    const before = this.#tree.blocks()
    this.#tree = new Tree(this.#leaves)
    for (const [cid, block] of this.#tree.blocks()) if (!before.has(cid)) blocks.set(cid, block)
    for (const { path } of ops) {
      const at = this.#find(path)
      const after = this.#leaves[at]?.key === path ? at + 1 : at
      for (const key of [path, this.#leaves[at - 1]?.key, this.#leaves[after]?.key])
        if (key !== undefined) this.#tree.prove(key, blocks)
    }
    const since = this.#rev
    this.#rev = formatTid(EPOCH + ++this.#seq * 1000)
    const block = commitBlock({ did: this.did, rev: this.#rev, data: this.#tree.root }, this.signer.sign)
    this.#commit = { cid: cidOf(block), block }
    blocks.set(this.#commit.cid, block)
    const { cid } = this.#commit
    return { repo: this.did, rev: this.#rev, since, commit: cid, prevData, blocks, ops, seq: this.#seq }
  }

  /** The whole repository as CAR. */
  car(): Buffer {
    const { cid, block } = this.#commit!
    const records = [...this.records.values()].map(record => [cidOf(record), record] as const)
    return encodeCar(cid, [[cid, block], ...this.#tree.blocks(), ...records])
  }

  /** Up to eight writes that fit what is held; `most`: records above which more are deleted than created. */
  randomWrites(random: () => number, most: number): Write[] {
    const writes = new Map<string, Write>()
    // Now and then a commit writes nothing: only its rev is new.
    if (random() < 0.02) return []
    const many = this.#leaves.length > most
    for (let left = 1 + below(random, 1 + below(random, 8)); left > 0; left--) {
      const held = this.#leaves[below(random, this.#leaves.length)]?.key
      const kind = random()
      if (held !== undefined && kind < (many ? 0.9 : 0.5)) {
        if (writes.has(held)) continue
        if (kind < (many ? 0.7 : 0.25)) writes.set(held, { action: 'delete', path: held })
        else {
          const block = randomRecord(random)
          // A record that stays as it is makes no write.
          if (Buffer.compare(block, this.records.get(held)!) !== 0)
            writes.set(held, { action: 'update', path: held, block })
        }
      } else {
        const path = randomPath(random)
        if (writes.has(path) || this.records.has(path)) continue
        writes.set(path, { action: 'create', path, block: randomRecord(random) })
      }
    }
    return [...writes.values()]
  }

  #find(key: string): number {
    let low = 0
    let high = this.#leaves.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#leaves[middle]!.key < key) low = middle + 1
      else high = middle
    }
    return low
  }

  #place(key: string, value: BinaryCid | undefined): void {
    const at = this.#find(key)
    const there = this.#leaves[at]?.key === key ? 1 : 0
    const leaves = value === undefined ? [] : [{ key, level: keyLevel(key), value }]
    this.#leaves.splice(at, there, ...leaves)
  }
}

export const HONEST_COLLECTIONS = ['org.example.dataset', 'org.example.note', 'app.bsky.feed.post'] as const

function randomRecord(random: () => number): Buffer {
  return encode({
    $type: HONEST_COLLECTIONS[below(random, 3)]!,
    number: below(random, 1e9),
    text: 'x'.repeat(below(random, 40)),
  })
}

/** Keys of high levels are rare, and where trees are split and joined most: a third of the keys is chosen among several. */
function randomPath(random: () => number): string {
  let path = `${HONEST_COLLECTIONS[below(random, 3)]}/${rkey(random)}`
  if (random() > 0.33) return path
  let best = keyLevel(path)
  for (let tries = 0; tries < 12; tries++) {
    const other = `${HONEST_COLLECTIONS[below(random, 3)]}/${rkey(random)}`
    const level = keyLevel(other)
    if (level > best) [path, best] = [other, level]
  }
  return path
}

function rkey(random: () => number): string {
  return random() < 0.7
    ? formatTid(EPOCH + below(random, 2 ** 40), below(random, 1024))
    : below(random, 2 ** 32).toString(36)
}
