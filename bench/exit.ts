/**
 * What it costs an AppView to be able to prove what it holds: bytes beside each record, size of a proof, time to make and to check
 * one. The repositories hold mostly other applications' records, as people's do, or FROST's alone, as institutions' do.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secp256k1Keypair } from '@atproto/crypto'
import { encode } from '@atproto/lex-cbor'
import { readProof } from '@frost/client/proof/record-proof'
import { FROST_KEYS, openIndex } from '@frost/index'
import { atUri, nsid } from '@frost/lexicon'
import { cidOfBlock, cidToText } from '@frost/sync/cid'
import { encodeCommit } from '@frost/sync/commit-writer'
import { edgeNodes, type RangeRecord, treeOf } from '@frost/sync/mst-range'
import { measureFormer } from './former.lib.ts'
import type { Emit } from './main.ts'
import { percentile, round } from './measure.lib.ts'

interface Shape {
  readonly name: string
  readonly accounts: number
  readonly own: number
  readonly others: number
}

const SHAPES: readonly Shape[] = [
  { name: 'institution', accounts: 10, own: 2_000, others: 0 },
  { name: 'group', accounts: 100, own: 100, others: 0 },
  { name: 'person', accounts: 200, own: 20, others: 2_000 },
]
const REV = '3l3qo2vutsw2b'
const CHECKS = 200

export default async function run(emit: Emit): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'frost-bench-exit-'))
  const index = await openIndex({ dataDir })
  try {
    const key = await Secp256k1Keypair.create()
    let bytes = 0
    let records = 0
    const proved: string[] = []
    for (const shape of SHAPES) {
      for (let n = 0; n < shape.accounts; n++) proved.push(await fill(index, key, shape, n))
      const heads = await index.database.selectFrom('repo_head').selectAll().execute()
      const all = heads.reduce((sum, { commit_block, nodes }) => sum + commit_block.length + nodes.length, 0)
      const added = shape.accounts * shape.own
      emit({
        figure: `proof-bytes-per-record-${shape.name}`,
        value: round((all - bytes) / added),
        unit: 'bytes',
        note: `${shape.accounts} repositories of ${shape.own} FROST records and ${shape.others} others`,
      })
      bytes = all
      records += added
    }
    emit({
      figure: 'proof-bytes-per-record',
      value: round(bytes / records),
      unit: 'bytes',
      against: '80, of every node that meets the records',
      note: `${records} records of all three kinds`,
    })
    await measureProofs(emit, index, proved, key.did())
    await measureFormer(emit)
  } finally {
    await index.close()
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function measureProofs(
  emit: Emit,
  index: Awaited<ReturnType<typeof openIndex>>,
  uris: readonly string[],
  key: string,
): Promise<void> {
  const sizes: number[] = []
  const making: number[] = []
  const checking: number[] = []
  for (let n = 0; n < CHECKS; n++) {
    const uri = uris[(n * 7919) % uris.length]!
    const began = performance.now()
    const car = await index.queries.recordProof({ uri })
    const made = performance.now()
    const [did, collection, rkey] = uri.slice('at://'.length).split('/') as [string, string, string]
    const { cid } = await readProof(pieces(car), did, `${collection}/${rkey}`, [key])
    if (!cid) throw new Error(`${uri} was not proved`)
    making.push(made - began)
    checking.push(performance.now() - made)
    sizes.push(car.length)
  }
  emit({
    figure: 'proof-bytes-p50',
    value: percentile(sizes, 0.5),
    unit: 'bytes',
    note: 'CAR, record included',
  })
  emit({ figure: 'proof-make-ms-p50', value: round(percentile(making, 0.5)), unit: 'ms' })
  emit({
    figure: 'proof-check-ms-p50',
    value: round(percentile(checking, 0.5)),
    unit: 'ms',
    note: 'signature and tree',
  })
}

async function fill(
  index: Awaited<ReturnType<typeof openIndex>>,
  key: Secp256k1Keypair,
  { name, own, others }: Shape,
  n: number,
): Promise<string> {
  const did = `did:plc:${`${name}${n}`.padEnd(24, 'a').replace(/[^a-z2-7]/g, '7')}`
  const collection = nsid('dataset.entry')
  const blocks = new Map<string, Uint8Array>()
  const records: RangeRecord[] = []
  for (let at = 0; at < own; at++) {
    const rkey = `dataset-${at}`
    const record = {
      $type: collection,
      title: `Dataset ${at}`,
      description: `What was measured by ${name} ${n}, part ${at}`,
      license: 'CC-BY-4.0',
      distributions: [{ id: 'main', uri: `https://data.example.org/${n}/${at}.zarr`, format: 'zarr' }],
      createdAt: '2026-01-01T00:00:00.000Z',
    }
    const block = encode(record)
    blocks.set(rkey, block)
    records.push({ key: `${collection}/${rkey}`, cid: cidOfBlock(block) })
  }
  for (let at = 0; at < others; at++)
    records.push({ key: `app.example.post/${at.toString(36)}`, cid: cidOfBlock(Buffer.from(`${n} ${at}`)) })
  records.sort((a, b) => (a.key < b.key ? -1 : 1))
  const { root, nodes } = treeOf(records)
  const unsigned = { did, rev: REV, data: root }
  const commit = encodeCommit(unsigned, await key.sign(encodeCommit(unsigned)))
  await index.store.apply({
    events: [
      {
        type: 'commit',
        did,
        rev: REV,
        commit: cidToText(cidOfBlock(commit)),
        time: new Date().toISOString(),
        origin: 'resync',
        head: { commit, nodes: edgeNodes(root, FROST_KEYS, nodes) },
        changes: [...blocks].map(([rkey, bytes]) => ({
          action: 'create' as const,
          collection,
          rkey,
          cid: cidToText(cidOfBlock(bytes)),
          bytes,
        })),
      },
    ],
    repos: [{ did, host: 'https://pds.example.org', active: true, rev: REV, sync: 'synchronized' }],
    cursors: new Map(),
  })
  return atUri(did, collection, `dataset-${own >> 1}`)
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
