/**
 * Honest repositories made by the reference implementation, `@atproto/repo`, and the frames that a PDS would send of them.
 * Everything follows from a seed.
 */
import { P256Keypair, Secp256k1Keypair } from '@atproto/crypto'
import { encode } from '@atproto/lex-cbor'
import type { Cid, LexMap } from '@atproto/lex-data'
import {
  BlockMap,
  blocksToCarFile,
  type CommitData,
  MemoryBlockstore,
  type RecordWriteOp,
  Repo,
  WriteOpAction,
} from '@atproto/repo'

export type Keypair = Secp256k1Keypair | P256Keypair

export interface Write {
  readonly action: 'create' | 'update' | 'delete'
  readonly collection: string
  readonly rkey: string
  readonly record?: LexMap
}

/** Message of `#commit` with the CIDs as links. */
export interface CommitBody {
  [field: string]: unknown
  seq: number
  repo: string
  rev: string
  since: string | null
  commit: Cid
  prevData?: Cid
  blocks: Uint8Array
  ops: { action: string; path: string; cid: Cid | null; prev?: Cid }[]
  time: string
}

/** A frame of `subscribeRepos`: header and message. */
export function frameOf(type: string, body: object): Uint8Array {
  return Buffer.concat([encode({ op: 1, t: type }), encode(body as never)])
}

export async function keypairOf(curve: 'k256' | 'p256'): Promise<Keypair> {
  return curve === 'k256'
    ? Secp256k1Keypair.create({ exportable: true })
    : P256Keypair.create({ exportable: true })
}

export class HonestRepository {
  readonly did: string
  readonly keypair: Keypair
  #repo: Repo | undefined
  #seq = 0
  /** `collection/rkey` → CID as text: what the repository holds. */
  readonly held = new Map<string, string>()

  constructor(did: string, keypair: Keypair) {
    this.did = did
    this.keypair = keypair
  }

  get rev(): string | undefined {
    return this.#repo?.commit.rev
  }

  /** Root of the MST as text. */
  get data(): string | undefined {
    return this.#repo?.data.pointer.toString()
  }

  get cid(): string | undefined {
    return this.#repo?.cid.toString()
  }

  /** Writes, and gives the message that a PDS would send of it. */
  async commit(writes: readonly Write[]): Promise<CommitBody> {
    const before = this.#repo
    const ops: CommitBody['ops'] = []
    for (const { action, collection, rkey, record } of writes) {
      const path = `${collection}/${rkey}`
      const prev = before && action !== 'create' ? await before.data.get(path) : null
      const block = record && new BlockMap()
      ops.push({
        action,
        path,
        cid: block ? await block.add(record) : null,
        ...(prev && { prev }),
      })
    }
    const data = before
      ? await before.formatCommit(writes.map(writeOp), this.keypair)
      : await Repo.formatInitCommit(
          new MemoryBlockstore(),
          this.did,
          this.keypair,
          writes.map(writeOp) as never,
        )
    this.#repo = before
      ? await before.applyCommit(data)
      : await Repo.createFromCommit(new MemoryBlockstore(), data)
    for (const { path, cid } of ops) {
      if (cid) this.held.set(path, cid.toString())
      else this.held.delete(path)
    }
    return {
      seq: ++this.#seq,
      rebase: false,
      tooBig: false,
      repo: this.did,
      commit: data.cid,
      rev: data.rev,
      since: before ? before.commit.rev : null,
      ...(before && { prevData: before.data.pointer }),
      blocks: await carOf(data),
      ops,
      blobs: [],
      time: new Date().toISOString(),
    }
  }

  /** The whole repository as CAR, as `getRepo` gives it. */
  async car(): Promise<Uint8Array> {
    const repo = this.#repo!
    const blocks = (repo.storage as MemoryBlockstore).blocks
    return blocksToCarFile(repo.cid, blocks)
  }

  /** Honest writes: creates, updates and deletes over a few collections, one to six in a commit. */
  randomWrites(random: () => number): Write[] {
    const writes: Write[] = []
    const touched = new Set<string>()
    const count = 1 + Math.floor(random() ** 3 * 6)
    const paths = [...this.held.keys()]
    for (let index = 0; index < count; index++) {
      const path = paths.length > 0 ? paths[Math.floor(random() * paths.length)]! : undefined
      const choice = random()
      if (path !== undefined && !touched.has(path) && choice < 0.45) {
        touched.add(path)
        const [collection, rkey] = path.split('/') as [string, string]
        writes.push(
          choice < 0.25
            ? { action: 'update', collection, rkey, record: recordOf(collection, random) }
            : { action: 'delete', collection, rkey },
        )
        continue
      }
      const collection = COLLECTIONS[Math.floor(random() * COLLECTIONS.length)]!
      const rkey = Math.floor(random() * 2 ** 48).toString(36)
      if (touched.has(`${collection}/${rkey}`) || this.held.has(`${collection}/${rkey}`)) continue
      touched.add(`${collection}/${rkey}`)
      writes.push({ action: 'create', collection, rkey, record: recordOf(collection, random) })
    }
    return writes
  }
}

export const COLLECTIONS = ['org.example.dataset', 'org.example.note', 'app.bsky.feed.post'] as const

function recordOf(collection: string, random: () => number): LexMap {
  return {
    $type: collection,
    text: 'x'.repeat(Math.floor(random() * 40)),
    number: Math.floor(random() * 1e9),
  }
}

function writeOp({ action, collection, rkey, record }: Write): RecordWriteOp {
  const where = { collection, rkey } as { collection: `${string}.${string}.${string}`; rkey: string }
  if (action === 'delete') return { action: WriteOpAction.Delete, ...where }
  return {
    action: action === 'create' ? WriteOpAction.Create : WriteOpAction.Update,
    ...where,
    record: record!,
  }
}

function carOf({ cid, newBlocks, relevantBlocks }: CommitData): Promise<Uint8Array> {
  const blocks = new BlockMap()
  blocks.addMap(newBlocks)
  blocks.addMap(relevantBlocks)
  return blocksToCarFile(cid, blocks)
}
