/**
 * A page of 25 records through the whole HTTP face of an AppView, beside a bare `node:http` server that asks the same query of
 * the same index, and beside one that answers the same bytes every time. All three in turn, in processes of their own, over 16
 * connections that ask again as soon as they are answered.
 * `--records=N` (20,000) in the index, which `--keep=DIR` keeps for the next run; `--rounds=N` (8) of `--seconds=N` (2) each.
 */
import { existsSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nsid } from '@frost/lexicon'
import { AppViewProcess } from '../test/sync/appview-process.ts'
import { startBareServer } from './bare-server.lib.ts'
import { queries } from './corpus.lib.ts'
import { fillIndex } from './filled-index.lib.ts'
import { someDids } from './firehose.lib.ts'
import { type Load, load, processorTime } from './http-load.lib.ts'
import { ACCOUNTS } from './index.ts'
import type { Emit } from './main.ts'
import { numberOption, option, percentile, round } from './measure.lib.ts'

const CONNECTIONS = 16
const LIMIT = 25

export default async function run(emit: Emit): Promise<void> {
  const records = numberOption('records', 20_000)
  const kept = option('keep')
  const folder = kept ?? (await mkdtemp(join(tmpdir(), 'frost-bench-http-')))
  const appview = new AppViewProcess('bench', join(folder, 'whole'), {
    FROST_UPSTREAMS: '',
    FROST_RATE_LIMIT: '1000000000',
  })
  try {
    if (!existsSync(join(folder, 'bare'))) {
      await fillIndex(appview.indexDir, records)
      await cp(appview.indexDir, join(folder, 'bare'), { recursive: true })
    }
    await appview.start()
    await using bare = await startBareServer(join(folder, 'bare'))
    const path = (name: string, params: Record<string, string>) =>
      `/xrpc/${nsid(name)}?${new URLSearchParams({ ...params, limit: String(LIMIT) })}`
    const listing = someDids(ACCOUNTS).map(actor => path('dataset.listEntries', { actor }))
    const searching = [...queries(ACCOUNTS)].map(q => path('dataset.searchEntries', { q }))
    for (const [page, paths] of [
      ['page25', await fullPages(appview.url, listing)],
      ['search25', await fullPages(appview.url, searching)],
    ] as const)
      await compare(page, paths, { appview: appview.url, bare: bare.url, records }, emit)
  } finally {
    await appview.stop()
    if (!kept) await rm(folder, { recursive: true, force: true })
  }
}

/** The paths whose answer is a full page. */
async function fullPages(url: string, paths: readonly string[]): Promise<string[]> {
  const kept: string[] = []
  for (const path of paths) {
    const { entries } = (await (await fetch(url + path)).json()) as { entries: unknown[] }
    if (entries.length === LIMIT) kept.push(path)
  }
  if (kept.length === 0) throw new Error(`no page of ${LIMIT} records: give more --records`)
  return kept
}

interface Costed extends Load {
  /** Milliseconds of processor time of the server. */
  readonly cpu: number
}

async function costed(url: string, paths: readonly string[]): Promise<Costed> {
  const before = await processorTime(url)
  const one = await load(url, paths, { connections: CONNECTIONS, seconds: numberOption('seconds', 2) })
  return { ...one, cpu: (await processorTime(url)) - before }
}

async function compare(
  page: string,
  paths: readonly string[],
  { appview, bare, records }: { appview: string; bare: string; records: number },
  emit: Emit,
): Promise<void> {
  const rounds = numberOption('rounds', 8)
  const loads = { appview: [] as Costed[], query: [] as Costed[], constant: [] as Costed[] }
  for (let place = -1; place < rounds; place++) {
    const one = {
      appview: await costed(appview, paths),
      query: await costed(bare, paths),
      constant: await costed(bare, ['/constant']),
    }
    // The first round warms up.
    if (place < 0) continue
    for (const name of ['appview', 'query', 'constant'] as const) loads[name].push(one[name])
  }
  const median = (values: readonly number[]) => percentile(values, 0.5)
  const cost = (one: Costed) => one.cpu / one.latencies.length
  const ratio = (of: readonly Costed[]) =>
    round(median(loads.appview.map((one, place) => cost(of[place]!) / cost(one))))
  const told = (of: readonly Costed[]) => {
    const all = of.flatMap(({ latencies }) => latencies)
    const rate = median(of.map(one => one.latencies.length / one.seconds))
    return (
      `${round(median(of.map(cost)) * 1000, 0)} µs of the processor a page, ${round(rate, 0)} pages/s, ` +
      `p50 ${round(percentile(all, 0.5), 1)}, p99 ${round(percentile(all, 0.99), 1)} ms`
    )
  }
  const [{ bytes, latencies } = { bytes: 0, latencies: [] }] = loads.appview
  emit({
    figure: `${page}-vs-node`,
    value: ratio(loads.query),
    unit: 'times',
    against: `node:http with the same query: ${told(loads.query)}`,
    note: `processor time of the servers, median of ${rounds} rounds; ${LIMIT} records, ${round(bytes / latencies.length / 1024, 0)} KiB, ${CONNECTIONS} connections, ${records} records in the index`,
  })
  emit({
    figure: `${page}-vs-constant-bytes`,
    value: ratio(loads.constant),
    unit: 'times',
    against: `node:http that answers the same bytes every time: ${told(loads.constant)}`,
  })
  emit({
    figure: `${page}-p99-ms`,
    value: round(
      percentile(
        loads.appview.flatMap(({ latencies }) => latencies),
        0.99,
      ),
      1,
    ),
    unit: 'ms',
    note: told(loads.appview),
  })
}
