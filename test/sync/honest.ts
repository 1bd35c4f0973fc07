/**
 * Honest repositories, made fast: a million commits in minutes. The tree is built anew from all its keys for each commit, so it
 * owes nothing to the code that verifies it by undoing writes; `honest.test.ts` holds both trees and frames against the
 * reference implementation.
 */
import { generateKeyPairSync, type KeyObject, sign as nodeSign, randomBytes } from 'node:crypto'
import { CidLink } from '@frost/sync/cbor'
import type { BinaryCid } from '@frost/sync/cid'
import { type CommitMessage, decodeFrame } from '@frost/sync/frame'
import { encodeNode, keyLevel } from '@frost/sync/mst-node'
import { type PublicKey, parseKey } from '@frost/sync/signature'
import { formatTid } from '@frost/sync/tid'
import { type VerifiedCommit, verifyCommit } from '@frost/sync/verify'
import secp256k1 from 'secp256k1'
import { cidOf, type Encodable, encode, encodeCar, encodeFrame } from './encoding.ts'
import { below, randomOf } from './random.ts'

export type Curve = 'k256' | 'p256'

/** A signing key; which bytes it has matters to nobody, so it does not follow from the seed. */
export interface Signer {
  readonly curve: Curve
  readonly publicKey: PublicKey
  readonly sign: (message: Uint8Array) => Buffer
}

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** The other of the two signatures that s and -s make. */
export function otherS(signature: Uint8Array, curve: Curve): Buffer {
  const order =
    curve === 'p256' ? P256_ORDER : 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`)
  const turned = (order - s).toString(16).padStart(64, '0')
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(turned, 'hex')])
}

export function createSigner(curve: Curve): Signer {
  return curve === 'k256' ? k256Signer() : p256Signer()
}

function k256Signer(): Signer {
  let secret = randomBytes(32)
  while (!secp256k1.privateKeyVerify(secret)) secret = randomBytes(32)
  const point = Buffer.from(secp256k1.publicKeyCreate(secret))
  return {
    curve: 'k256',
    publicKey: parseKey(multibase(point, [0xe7, 0x01])),
    sign: message => Buffer.from(secp256k1.ecdsaSign(sha256(message), secret).signature),
  }
}

function p256Signer(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x, y } = publicKey.export({ format: 'jwk' }) as { x: string; y: string }
  const odd = Buffer.from(y, 'base64url').at(-1)! & 1
  const point = Buffer.concat([Buffer.from([2 + odd]), Buffer.from(x, 'base64url')])
  return {
    curve: 'p256',
    publicKey: parseKey(multibase(point, [0x80, 0x24])),
    sign: message => signP256(privateKey, message),
  }
}

function signP256(key: KeyObject, message: Uint8Array): Buffer {
  const signature = nodeSign('sha256', message, { key, dsaEncoding: 'ieee-p1363' })
  const high = BigInt(`0x${signature.toString('hex', 32)}`) > P256_ORDER / 2n
  return high ? otherS(signature, 'p256') : signature
}

function sha256(message: Uint8Array): Buffer {
  return Buffer.from(cidOf(message).slice(4), 'latin1')
}

const base58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

function multibase(point: Uint8Array, prefix: readonly number[]): string {
  let number = BigInt(`0x${Buffer.concat([Buffer.from(prefix), point]).toString('hex')}`)
  let text = ''
  for (; number > 0n; number /= 58n) text = base58[Number(number % 58n)]! + text
  return `z${text}`
}

/** A node of a whole tree in memory: `children[i]` lies before `keys[i]`, the last child after all. */
interface TreeNode {
  readonly cid: BinaryCid
  readonly block: Uint8Array
  readonly keys: readonly string[]
  readonly children: readonly (TreeNode | undefined)[]
}

export interface Leaf {
  readonly key: string
  readonly level: number
  readonly value: BinaryCid
}

/** The canonical tree over leaves in the order of their keys. */
export class Tree {
  readonly #leaves: readonly Leaf[]
  readonly #top: TreeNode

  constructor(leaves: readonly Leaf[]) {
    this.#leaves = leaves
    this.#top = this.#node(0, leaves.length, Math.max(0, ...leaves.map(({ level }) => level)))
  }

  get root(): BinaryCid {
    return this.#top.cid
  }

  /** Every node. */
  blocks(): Map<BinaryCid, Uint8Array> {
    const blocks = new Map<BinaryCid, Uint8Array>()
    const add = (node: TreeNode): void => {
      blocks.set(node.cid, node.block)
      for (const child of node.children) if (child) add(child)
    }
    add(this.#top)
    return blocks
  }

  /** Adds the nodes on the way to a key, or to where it would be. */
  prove(key: string, into: Map<BinaryCid, Uint8Array>): void {
    for (let node: TreeNode | undefined = this.#top; node; ) {
      into.set(node.cid, node.block)
      let at = 0
      while (at < node.keys.length && node.keys[at]! < key) at++
      if (node.keys[at] === key) return
      node = node.children[at]
    }
  }

  #node(from: number, to: number, level: number): TreeNode {
    const entries: { key: string; value: BinaryCid; tree: BinaryCid | undefined }[] = []
    const children: (TreeNode | undefined)[] = []
    let start = from
    for (let at = from; at <= to; at++) {
      const leaf = at < to ? this.#leaves[at]! : undefined
      if (leaf && leaf.level !== level) continue
      const child = start === at ? undefined : this.#node(start, at, level - 1)
      children.push(child)
      if (entries.length > 0) entries.at(-1)!.tree = child?.cid
      if (leaf) entries.push({ key: leaf.key, value: leaf.value, tree: undefined })
      start = at + 1
    }
    const block = encodeNode({ left: children[0]?.cid, entries })
    return { cid: cidOf(block), block, keys: entries.map(({ key }) => key), children }
  }
}

export interface Write {
  readonly action: 'create' | 'update' | 'delete'
  readonly path: string
  /** The record's block; none where it is deleted. */
  readonly block?: Uint8Array
}

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

export interface HonestRun {
  readonly commits: number
  readonly writes: number
  /** Largest tree, in records. */
  readonly mostRecords: number
}

/**
 * Makes honest commits over both curves, and decodes and verifies each as if it came off the wire.
 * @param onProgress called about once a second's worth of work
 * @throws Error that names seed, repository and commit if an honest commit is refused or its writes come out otherwise
 */
export function verifyHonestCommits(options: {
  readonly seed: number
  readonly count: number
  readonly onProgress?: (done: number) => void
}): HonestRun {
  const { seed, count, onProgress } = options
  const random = randomOf(seed)
  let commits = 0
  let writes = 0
  let mostRecords = 0
  while (commits < count) {
    const curve = random() < 0.5 ? 'k256' : 'p256'
    const repository = new FastRepository(
      `did:plc:${formatTid(commits + 1).slice(2)}${'a'.repeat(13)}`,
      createSigner(curve),
    )
    const most = [0, 3, 10, 40, 150][below(random, 5)]!
    for (let left = 20 + below(random, 200); left > 0 && commits < count; left--) {
      const parts = repository.commit(repository.randomWrites(random, most))
      try {
        check(verifyAsReceived(commitFrame(parts), repository.signer.publicKey), parts)
      } catch (error) {
        throw new Error(`seed ${seed}: honest commit ${commits} (${curve}, rev ${parts.rev}) is refused`, {
          cause: error,
        })
      }
      commits++
      writes += parts.ops.length
      mostRecords = Math.max(mostRecords, repository.records.size)
      if (commits % 2000 === 0) onProgress?.(commits)
    }
  }
  return { commits, writes, mostRecords }
}

/** Decodes a frame and verifies its commit. */
export function verifyAsReceived(frame: Uint8Array, key: PublicKey): VerifiedCommit {
  const message = decodeFrame(frame)
  if (message.type !== 'commit') throw new Error(`frame is a ${message.type}`)
  return verifyCommit(message as CommitMessage, key)
}

function check(verified: VerifiedCommit, { commit, rev, ops }: CommitParts): void {
  const said = ops.map(({ action, path, cid }) => `${action} ${path} ${cid ?? ''}`).join()
  const found = verified.operations.map(({ action, path, cid }) => `${action} ${path} ${cid ?? ''}`).join()
  if (verified.commit !== commit || verified.rev !== rev || said !== found)
    throw new Error(`verified '${found}', committed '${said}'`)
}
