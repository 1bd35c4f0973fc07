/**
 * How long a new AppView takes until it holds what another holds, search included: by reading every repository from its host, and by
 * beginning with the other's snapshot, comparing each head with its host.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type AppView, type AppViewConfig, startAppview } from '@frost/appview'
import { nsid } from '@frost/lexicon'
import { Carrier, settled } from '../test/catalogs/carry.ts'
import { stand } from '../test/stand.ts'
import { startHost } from './firehose.lib.ts'
import type { Emit } from './main.ts'
import { type Cost, clock, numberOption, round } from './measure.lib.ts'

const PASSWORD = 'operators-of-the-bench'
/** Catalogues of which real datasets are taken, until there are enough. */
const CATALOGS = [
  ['aws-open-data', 'aws-open-data'],
  ['stac', 'earth-engine-stac'],
  ['stac', 'nasa-cmr-stac'],
] as const

type Network = Pick<AppViewConfig, 'upstreams' | 'plcUrl'>

/**
 * `--records=N` synthetic records (20,000), `--datasets=N` real ones (5,000); 0 leaves them out. Of the synthetic ones `--each=N` (200)
 * are in a repository, and their host waits `--waits=MS` (0) before each answer.
 */
export default async function run(emit: Emit): Promise<void> {
  const datasets = numberOption('datasets', 5000)
  if (datasets > 0) await ofRealDatasets(emit, datasets)
  const records = numberOption('records', 20_000)
  if (records > 0) await ofSynthetic(emit, records)
}

/** Everything is in one process here, PDSes too: what backfill costs them is in the figure. */
async function ofRealDatasets(emit: Emit, wanted: number): Promise<void> {
  await using world = await stand({ appview: { adminPassword: PASSWORD } })
  await using carrier = await Carrier.open(world)
  let held = 0
  for (const [catalog, name] of CATALOGS) {
    const path = fileURLToPath(new URL(`../../shared/corpora/${name}`, import.meta.url))
    if (held >= wanted) break
    if (existsSync(path)) held += (await carrier.carry(catalog, path)).report.created
    else console.error(`left out ${name}: ../shared/corpora/${name} is not here`)
  }
  if (held === 0) return
  await settled(world, held)
  const network = { upstreams: [world.network.relayUrl], plcUrl: world.network.plcUrl }
  await using backfilled = await begun(network, world.appview)
  const [repositories, note] = await noteOf(world.appview, `${held} real datasets, PDSes in the same process`)
  emit({ figure: 'catch-up-backfill-seconds', value: seconds(backfilled.cost), unit: 's', note })
  await fromSnapshot(emit, '', network, world.appview, { repositories, note, backfill: backfilled.cost })
}

async function ofSynthetic(emit: Emit, records: number): Promise<void> {
  const held = Math.min(numberOption('each', 200), records)
  const waits = numberOption('waits', 0)
  const host = await startHost({ accounts: Math.ceil(records / held), commits: 0, held, waits })
  try {
    const network = { upstreams: [host.url], plcUrl: host.url }
    await using first = await begun(network, host.records, { adminPassword: PASSWORD })
    const [repositories, note] = await noteOf(
      first.appview,
      `synthetic, their host in a process of its own${waits > 0 ? `, ${waits} ms away` : ''}`,
    )
    emit({ figure: 'catch-up-backfill-seconds-synthetic', value: seconds(first.cost), unit: 's', note })
    await fromSnapshot(emit, '-synthetic', network, first.appview, {
      repositories,
      note,
      backfill: first.cost,
    })
  } finally {
    await host.stop()
  }
}

async function fromSnapshot(
  emit: Emit,
  suffix: string,
  network: Network,
  source: AppView,
  { repositories, note, backfill }: { repositories: number; note: string; backfill: Cost },
): Promise<void> {
  const read = clock()
  const authorization = `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`
  const url = `${source.url}/xrpc/${nsid('service.exportSnapshot')}?edition=car`
  let response = await fetch(url, { headers: { authorization } })
  while (response.status === 503) response = await fetch(url, { headers: { authorization } })
  const { files } = (await response.json()) as { files: { size: string }[] }
  const made = read()
  const bytes = files.reduce((sum, { size }) => sum + Number(size), 0)
  const records = await recordsIn(source)
  emit({
    figure: `snapshot-make-seconds${suffix}`,
    value: seconds(made),
    unit: 's',
    note: `${files.length} files, ${round(bytes / records, 0)} bytes a record`,
  })
  await using seeded = await begun(network, source, {
    beginWith: [{ source: source.url, password: PASSWORD }],
  })
  if (seeded.appview.seeded[0]?.taken !== repositories)
    throw new Error(`of ${repositories} repositories this came: ${JSON.stringify(seeded.appview.seeded)}`)
  emit({
    figure: `catch-up-snapshot-seconds${suffix}`,
    value: seconds(seeded.cost),
    unit: 's',
    against: `${seconds(backfill)} s by backfill, same run`,
    note: `${note}; until its first answer ${seconds(seeded.answering)} s`,
  })
}

interface Begun extends AsyncDisposable {
  readonly appview: AppView
  /** Until it answered, and until it held all. */
  readonly answering: Cost
  readonly cost: Cost
}

/** Starts an AppView; resolves when it holds what the other holds, or so many records, and search as well. */
async function begun(
  network: Network,
  like: AppView | number,
  more: Partial<AppViewConfig> = {},
): Promise<Begun> {
  const dataDir = await mkdtemp(join(tmpdir(), 'frost-bench-catch-up-'))
  const wanted = typeof like === 'number' ? like : JSON.stringify((await statusOf(like)).digests)
  const read = clock()
  const appview = await startAppview({
    host: '127.0.0.1',
    port: 0,
    dataDir,
    requestsPerWindow: 0,
    logLevel: 'error',
    ...network,
    ...more,
  })
  const answering = read()
  const { index } = appview.services
  for (;;) {
    let wake = () => {}
    const news = new Promise<void>(resolve => {
      wake = resolve
    })
    const ends = [index.updates.onAppend(wake), index.onSearchable(wake)]
    const { digests, counts, seq, searchSeq } = await statusOf(appview)
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
    const isThere = typeof wanted === 'number' ? total >= wanted : JSON.stringify(digests) === wanted
    if (!isThere || searchSeq < seq) await news
    for (const end of ends) end()
    if (isThere && searchSeq >= seq) break
  }
  return {
    appview,
    answering,
    cost: read(),
    async [Symbol.asyncDispose]() {
      await appview.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

const statusOf = ({ services }: AppView) => services.index.status()
const seconds = ({ wall }: Cost) => round(wall / 1000, 1)

async function recordsIn(appview: AppView): Promise<number> {
  return Object.values((await statusOf(appview)).counts).reduce((sum, count) => sum + count, 0)
}

async function noteOf(appview: AppView, text: string): Promise<[repositories: number, note: string]> {
  const { database } = appview.services.index
  const { count } = await database
    .selectFrom('repo')
    .select(database.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return [Number(count), `${await recordsIn(appview)} records in ${count} repositories, ${text}`]
}
