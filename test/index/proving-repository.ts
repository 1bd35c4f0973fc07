/** A repository in memory whose commits carry what real ones do, with every former head to hold proofs against. */
import { nsid } from '@frost/lexicon'
import type { CommitEvent, RecordChange } from '@frost/sync'
import { type BinaryCid, cidFromText, cidOfBlock } from '@frost/sync/cid'
import { encodeCommit } from '@frost/sync/commit-writer'
import type { MstOperation } from '@frost/sync/mst-inversion'
import { keyLevel, parseNode } from '@frost/sync/mst-node'
import { treeOf } from '@frost/sync/mst-range'
import { change, type Events } from './network-of.ts'

/** What is written at a key: a record of FROST's, something of another application, or nothing any more. */
export interface Written {
  readonly collection: string
  readonly rkey: string
  readonly record: object | string | undefined
}

export class ProvingRepository {
  readonly did: string
  readonly #events: Events
  readonly #keys = new Map<string, BinaryCid>()
  #nodes: ReadonlyMap<BinaryCid, Uint8Array> = treeOf([]).nodes
  /** Roots of the trees that it had, by the CIDs of its commits. */
  readonly roots = new Map<BinaryCid, BinaryCid>()

  constructor(did: string, events: Events) {
    this.did = did
    this.#events = events
  }

  cidOf(key: string): BinaryCid | undefined {
    return this.#keys.get(key)
  }

  /** @param isFetched as a fetched repository gives it: with the tree's nodes, without what was written */
  async commit(writes: readonly Written[], isFetched = false): Promise<CommitEvent> {
    const operations: MstOperation[] = []
    const changes: RecordChange[] = []
    for (const { collection, rkey, record } of writes) {
      const isOwn = typeof record !== 'string' && !collection.endsWith('.note')
      const key = `${isOwn ? nsid(collection) : collection}/${rkey}`
      const previous = this.#keys.get(key)
      const made = isOwn && record ? await change('update', collection, rkey, record as object) : undefined
      const value = made
        ? cidFromText(made.cid!)
        : typeof record === 'string'
          ? cidOfBlock(Buffer.from(record))
          : undefined
      if (value === previous) continue
      if (value === undefined) this.#keys.delete(key)
      else this.#keys.set(key, value)
      operations.push({ key, ...(value && { value }), ...(previous && { previous }) })
      if (made) changes.push(made)
      else if (isOwn) changes.push({ action: 'delete', collection: nsid(collection), rkey })
    }
    const records = [...this.#keys].map(([key, cid]) => ({ key, cid }))
    const { root, nodes } = treeOf(records.sort((a, b) => (a.key < b.key ? -1 : 1)))
    const blocks = isFetched ? new Map(nodes) : this.#carried(root, nodes, operations)
    this.#nodes = nodes
    const event = this.#events.commit(this.did, changes)
    const commit = encodeCommit({ did: this.did, rev: event.rev, data: root }, Buffer.alloc(64, 1))
    this.roots.set(cidOfBlock(commit), root)
    return {
      ...event,
      origin: isFetched ? 'resync' : 'firehose',
      head: { commit, nodes: blocks, ...(!isFetched && { writes: operations }) },
    }
  }

  /** The nodes that are new, and those on the way to each key and to its neighbours. */
  #carried(
    root: BinaryCid,
    nodes: ReadonlyMap<BinaryCid, Uint8Array>,
    operations: readonly MstOperation[],
  ): Map<BinaryCid, Uint8Array> {
    const blocks = new Map([...nodes].filter(([cid]) => !this.#nodes.has(cid)))
    for (const { key } of operations) {
      for (const side of [-1, 0, 1]) {
        for (let next: BinaryCid | undefined = root; next !== undefined; ) {
          const block: Uint8Array = nodes.get(next)!
          blocks.set(next, block)
          const { left, entries } = parseNode(block)
          // Before, at and after the key: what its going joins, or its coming parts.
          const goesOn = (other: string) => (side < 0 ? other < key : other <= key)
          next = left
          for (const entry of entries) if (goesOn(entry.key)) next = entry.tree
          if (side === 0 && entries.some(entry => entry.key === key && keyLevel(key) === keyLevel(entry.key)))
            break
        }
      }
    }
    return blocks
  }
}
