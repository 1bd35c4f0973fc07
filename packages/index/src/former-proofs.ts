/**
 * Proofs of states that somebody pinned, kept when another state takes their place. As long as a state stands, the repository's head
 * proves it; a commit that replaces it carries what is needed to undo it, and so the way to the state under the head before.
 */
import type { CommitEvent, RepoEvent, SignedHead } from '@frost/sync'
import { CborError } from '@frost/sync/cbor'
import { type BinaryCid, cidFromText } from '@frost/sync/cid'
import { parseCommit } from '@frost/sync/commit'
import { undoneNodes } from '@frost/sync/mst-inversion'
import { type Blocks, MissingBlockError, MstError } from '@frost/sync/mst-node'
import { findKey } from '@frost/sync/mst-proof'
import { type RangeRecord, rangeNodes } from '@frost/sync/mst-range'
import { among } from './among.ts'
import { inParts } from './in-parts.ts'
import { FROST_KEYS, packed, unpacked } from './kept-blocks.ts'
import type { Database } from './schema.ts'

/** A state that a commit replaced. */
export interface Replaced {
  readonly did: string
  readonly uri: string
  readonly cid: string
  readonly by: CommitEvent
}

/**
 * Proves states that were replaced in a batch: the signed commit and the nodes on the way, packed. What cannot be proved is left out.
 * @param recordsBefore FROST's records of an account before the batch, in the order of their keys
 */
export async function proveReplaced(
  tx: Database,
  events: readonly RepoEvent[],
  replaced: readonly Replaced[],
  recordsBefore: (did: string) => Promise<readonly RangeRecord[]>,
): Promise<ReadonlyMap<Replaced, Buffer>> {
  const proofs = new Map<Replaced, Buffer>()
  const heads = await headsBefore(tx, [...new Set(replaced.map(({ did }) => did))])
  const wanted = Map.groupBy(replaced, ({ by }) => by)
  for (const event of events) {
    if (event.type !== 'commit') continue
    const before = heads.get(event.did)
    for (const [state, way] of before
      ? await waysOf(wanted.get(event) ?? [], event, before, recordsBefore)
      : [])
      proofs.set(state, packed([before!.commit, ...way]))
    // Without a head of its own nobody knows which tree the next commit undoes to.
    if (event.head) heads.set(event.did, event.head)
    else if (event.changes.length > 0) heads.delete(event.did)
  }
  return proofs
}

async function headsBefore(tx: Database, dids: readonly string[]): Promise<Map<string, SignedHead>> {
  const rows = await inParts(dids, part =>
    tx
      .selectFrom('repo_head')
      .selectAll()
      .where(among(tx, 'did', part))
      .execute(),
  )
  return new Map(
    rows.map(({ did, commit_block, nodes }) => [did, { commit: commit_block, nodes: unpacked(nodes) }]),
  )
}

async function waysOf(
  states: readonly Replaced[],
  event: CommitEvent,
  before: SignedHead,
  recordsBefore: (did: string) => Promise<readonly RangeRecord[]>,
): Promise<[Replaced, Uint8Array[]][]> {
  if (states.length === 0 || !event.head) return []
  try {
    const { data } = parseCommit(before.commit)
    const nodes = event.head.writes
      ? undone(event.head, data)
      : rangeNodes(data, FROST_KEYS, before.nodes, await recordsBefore(event.did))
    return states.flatMap(state => {
      const way = wayTo(state, data, nodes)
      return way ? [[state, way] as [Replaced, Uint8Array[]]] : []
    })
  } catch (error) {
    if (error instanceof MstError || error instanceof CborError) return []
    throw error
  }
}

/** The nodes of the tree before a commit, as far as its writes meet them. */
function undone({ commit, nodes, writes = [] }: SignedHead, data: BinaryCid): Blocks {
  const { root, nodes: made } = undoneNodes(parseCommit(commit).data, nodes, writes)
  if (root !== data) throw new MissingBlockError('the head held is not the one before the commit')
  return { get: cid => made.get(cid) ?? nodes.get(cid) }
}

function wayTo({ did, uri, cid }: Replaced, data: BinaryCid, nodes: Blocks): Uint8Array[] | undefined {
  const way: Uint8Array[] = []
  const found = findKey(data, uri.slice(`at://${did}/`.length), {
    get: node => {
      const block = nodes.get(node)
      if (block) way.push(block)
      return block
    },
  })
  return found === cidFromText(cid) ? way : undefined
}
