/**
 * The index alone: verified events into the truth and into search, on SQLite and on PostgreSQL; bytes a record; search made anew.
 * `--records=N` (20,000); `--engines=sqlite,postgres`.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openIndex } from '@frost/index'
import type { Batch, CommitEvent, RepoState } from '@frost/sync'
import { cidToText } from '@frost/sync/cid'
import { formatTid } from '@frost/sync/tid'
import { databaseServer } from '../test/index/engines.ts'
import { cidOf } from '../test/sync/encoding.ts'
import { randomNumbers } from './corpus.lib.ts'
import { someDids, someRecord } from './firehose.lib.ts'
import type { Emit } from './main.ts'
import { bytesIn, type Cost, clock, measured, numberOption, option, round } from './measure.lib.ts'

export const ACCOUNTS = 200
const EVENTS_A_BATCH = 256

/** What sync would give of that many new records, a commit each. */
export function batches(records: number): Batch[] {
  const random = randomNumbers(5)
  const dids = someDids(ACCOUNTS)
  const time = '2026-01-01T00:00:00.000Z'
  const all: Batch[] = []
  for (let made = 0; made < records; ) {
    const events: CommitEvent[] = []
    const repos = new Map<string, RepoState>()
    for (; events.length < EVENTS_A_BATCH && made < records; made++) {
      const did = dids[Math.floor(random() * ACCOUNTS)]!
      const { collection, block } = someRecord(random, dids)
      const rev = formatTid(1_735_689_600_000_000 + made)
      const cid = cidToText(cidOf(block))
      const change = { action: 'create', collection, rkey: rev, cid, bytes: block } as const
      events.push({ type: 'commit', did, rev, commit: cid, time, changes: [change], origin: 'firehose' })
      repos.set(did, {
        did,
        host: 'https://pds.example',
        active: true,
        rev,
        commit: cid,
        data: cid,
        sync: 'synchronized',
      })
    }
    all.push({ events, repos: [...repos.values()], cursors: new Map([['wss://relay.example', made]]) })
  }
  return all
}

export default async function run(emit: Emit): Promise<void> {
  const records = numberOption('records', 20_000)
  const all = batches(records)
  for (const engine of (option('engines') ?? 'sqlite,postgres').split(',')) {
    if (engine === 'sqlite') await measure(engine, all, records, emit)
    else {
      await using server = await databaseServer()
      await measure(engine, all, records, emit, await server.create('bench'))
    }
  }
}

async function measure(
  engine: string,
  all: readonly Batch[],
  records: number,
  emit: Emit,
  databaseUrl?: string,
): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'frost-bench-index-'))
  const index = await openIndex({
    dataDir,
    ...(databaseUrl !== undefined && { databaseUrl }),
    threads: true,
    onError: error => console.error(error),
  })
  const each = ({ cpu, wall }: Cost) =>
    `${round((cpu / records) * 1000, 0)} µs a record on the processor of this process, ${round((wall / records) * 1000, 0)} on the clock`
  try {
    const read = clock()
    for (const batch of all) await index.store.apply(batch)
    const stored = read()
    await index.searchable()
    const searchable = read()
    emit({
      figure: `${engine}-records-per-second`,
      value: round(records / (searchable.wall / 1000), 0),
      unit: 'records/s',
      note: `${records} new records in batches of ${EVENTS_A_BATCH} until searchable; ${each(searchable)}; until all were in the truth: ${each(stored)}`,
    })
    let datasets = 0
    const rebuilt = await measured(async () => {
      datasets = await index.rebuildSearch()
    })
    emit({
      figure: `${engine}-rebuild-datasets-per-second`,
      value: round(datasets / (rebuilt.wall / 1000), 0),
      unit: 'datasets/s',
      note: `search made anew of ${datasets} datasets in ${round(rebuilt.wall / 1000, 1)} s`,
    })
    await index.close()
    if (databaseUrl === undefined)
      emit({
        figure: `${engine}-bytes-per-record`,
        value: round(bytesIn(dataDir) / records, 0),
        unit: 'bytes',
        note: `database and search after closing; ${round(bytesIn(join(dataDir, 'search')) / datasets, 0)} of search a dataset`,
      })
  } finally {
    await index.close().catch(() => {})
    await rm(dataDir, { recursive: true, force: true })
  }
}
