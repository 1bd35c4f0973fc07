/** What it costs to keep proved what somebody had pinned: bytes a state, and time of the commit that replaces it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encode } from '@atproto/lex-cbor'
import { openIndex } from '@frost/index'
import { atUri, nsid } from '@frost/lexicon'
import type { CommitEvent } from '@frost/sync'
import { type BinaryCid, cidOfBlock, cidToText } from '@frost/sync/cid'
import { encodeCommit } from '@frost/sync/commit-writer'
import { findKey } from '@frost/sync/mst-proof'
import { type RangeRecord, treeOf } from '@frost/sync/mst-range'
import { formatTid } from '@frost/sync/tid'
import type { Emit } from './main.ts'
import { percentile, round } from './measure.lib.ts'

const RECORDS = 5_000
const REPLACED = 200
const DID = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'
const CITER = 'did:plc:ragtjsm2j2vknwkz3zp4oxrd'
const COLLECTION = nsid('dataset.entry')
const TIME = '2026-01-01T00:00:00.000Z'

type Index = Awaited<ReturnType<typeof openIndex>>

/** Replaces datasets of a large repository one by one, half of which are cited. */
export async function measureFormer(emit: Emit): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'frost-bench-former-'))
  const index = await openIndex({ dataDir })
  try {
    const repository = new Repository()
    await repository.fill(index)
    for (let n = 0; n < REPLACED; n += 2) await cite(index, repository, n)
    const times = { pinned: [] as number[], free: [] as number[] }
    for (let n = 0; n < REPLACED; n++) {
      const batch = repository.replace(n)
      const began = performance.now()
      await index.store.apply(batch)
      times[n % 2 === 0 ? 'pinned' : 'free'].push(performance.now() - began)
    }
    const proofs = await index.database
      .selectFrom('former_state')
      .select(['uri', 'cid', 'proof'])
      .where('proof', 'is not', null)
      .execute()
    if (proofs.length !== REPLACED / 2) throw new Error(`${proofs.length} states are proved`)
    const making: number[] = []
    for (const { uri, cid } of proofs) {
      const began = performance.now()
      await index.queries.recordProof({ uri, cid })
      making.push(performance.now() - began)
    }
    emit({
      figure: 'pinned-proof-bytes-p50',
      value: percentile(
        proofs.map(({ proof }) => proof!.length),
        0.5,
      ),
      unit: 'bytes',
      note: `beside a state that was pinned and replaced, in a repository of ${RECORDS} records`,
    })
    emit({ figure: 'pinned-proof-make-ms-p50', value: round(percentile(making, 0.5)), unit: 'ms' })
    emit({
      figure: 'pinned-replace-ratio',
      value: round(percentile(times.pinned, 0.5) / percentile(times.free, 0.5)),
      unit: 'x',
      against: '1, a commit that replaces what nobody pinned',
      note: `${round(percentile(times.pinned, 0.5))} ms, one commit a transaction`,
    })
  } finally {
    await index.close()
    await rm(dataDir, { recursive: true, force: true })
  }
}

class Repository {
  readonly #records: { key: string; cid: BinaryCid }[] = []
  #rev = 0

  #record(n: number, state: number): { key: string; block: Uint8Array; cid: BinaryCid } {
    const key = `${COLLECTION}/dataset-${n}`
    const block = encode({
      $type: COLLECTION,
      title: `Dataset ${n}, state ${state}`,
      license: 'CC-BY-4.0',
      createdAt: TIME,
    })
    return { key, block, cid: cidOfBlock(block) }
  }

  cidOf(n: number): string {
    return cidToText(this.#record(n, 0).cid)
  }

  async fill(index: Index): Promise<void> {
    const made = Array.from({ length: RECORDS }, (_, n) => this.#record(n, 0))
    this.#records.push(...made.map(({ key, cid }) => ({ key, cid })).sort((a, b) => (a.key < b.key ? -1 : 1)))
    const { root, nodes } = treeOf(this.#records)
    await index.store.apply(this.#batch(root, nodes, made))
  }

  replace(n: number) {
    const { key, block, cid } = this.#record(n, 1)
    const at = this.#records.findIndex(record => record.key === key)
    const previous = this.#records[at]!.cid
    this.#records[at] = { key, cid }
    const { root, nodes } = treeOf(this.#records as RangeRecord[])
    // What a commit carries: the way to what it wrote.
    const way = new Map<BinaryCid, Uint8Array>()
    findKey(root, key, {
      get: node => {
        way.set(node, nodes.get(node)!)
        return nodes.get(node)
      },
    })
    return this.#batch(root, way, [{ key, block, cid }], [{ key, value: cid, previous }])
  }

  #batch(
    data: BinaryCid,
    nodes: ReadonlyMap<BinaryCid, Uint8Array>,
    made: readonly { key: string; block: Uint8Array; cid: BinaryCid }[],
    writes?: NonNullable<CommitEvent['head']>['writes'],
  ) {
    const rev = formatTid(1_700_000_000_000_000 + this.#rev++)
    const commit = encodeCommit({ did: DID, rev, data }, Buffer.alloc(64, 1))
    const event: CommitEvent = {
      type: 'commit',
      did: DID,
      rev,
      commit: cidToText(cidOfBlock(commit)),
      time: TIME,
      origin: writes ? 'firehose' : 'resync',
      head: { commit, nodes, ...(writes && { writes }) },
      changes: made.map(({ key, block, cid }) => ({
        action: 'update',
        collection: COLLECTION,
        rkey: key.slice(COLLECTION.length + 1),
        cid: cidToText(cid),
        bytes: block,
      })),
    }
    const state = {
      did: DID,
      host: 'https://pds.example.org',
      active: true,
      rev,
      sync: 'synchronized' as const,
    }
    return { events: [event], repos: [state], cursors: new Map() }
  }
}

async function cite(index: Index, repository: Repository, n: number): Promise<void> {
  const collection = nsid('discussion.endorsement')
  const subject = { uri: atUri(DID, COLLECTION, `dataset-${n}`), cid: repository.cidOf(n) }
  const bytes = encode({ $type: collection, subject, kind: 'useful', createdAt: TIME })
  const rev = formatTid(1_700_000_000_000_000 + n)
  await index.store.apply({
    events: [
      {
        type: 'commit',
        did: CITER,
        rev,
        time: TIME,
        origin: 'firehose',
        changes: [{ action: 'create', collection, rkey: `e${n}`, cid: cidToText(cidOfBlock(bytes)), bytes }],
      },
    ],
    repos: [{ did: CITER, host: 'https://pds.example.org', active: true, rev, sync: 'synchronized' }],
    cursors: new Map(),
  })
}
