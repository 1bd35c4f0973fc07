/**
 * What it costs to describe, preview, scan and export datasets where they lie: every fixture and large datasets of each format,
 * from a store that waits 60 ms before each answer, beside h5py with fsspec, zarr-python, xarray and DuckDB in the same run.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type OpenedDataset, openDataset, openObjects, recognise } from '@frost/reader'
import { FIXTURES, fixtureDatasets, fixtureMounts } from '../test/reader/fixtures.ts'
import type { Emit } from './main.ts'
import { numberOption, option, round } from './measure.lib.ts'
import { largeDatasets } from './reader-data.lib.ts'
import { exportFigures } from './reader-export.lib.ts'
import { peers } from './reader-peers.lib.ts'
import { type SlowStore, slowStore } from './reader-server.lib.ts'

/** Milliseconds added to each request. */
const WAITS = numberOption('waits', 60)
const LARGE = 'large'

interface Spent {
  readonly requests: number
  readonly bytes: number
  readonly seconds: number
}

export default async function run(emit: Emit): Promise<void> {
  const keep = option('keep')
  const folder = keep === undefined ? mkdtempSync(join(tmpdir(), 'frost-bench-reader-')) : resolve(keep)
  mkdirSync(folder, { recursive: true })
  try {
    const large = await largeDatasets(folder)
    const empty = mkdtempSync(join(tmpdir(), 'frost-bench-store-'))
    const mounts = { ...(FIXTURES === undefined ? {} : fixtureMounts()), [LARGE]: folder }
    const store = await slowStore(empty, mounts, WAITS)
    try {
      await places(store, large, emit)
      await scan(store, emit)
    } finally {
      await store.stop()
      rmSync(empty, { recursive: true })
    }
    await exportFigures(folder, emit)
  } finally {
    if (keep === undefined) rmSync(folder, { recursive: true, force: true })
  }
}

function open(store: SlowStore, path: string): Promise<OpenedDataset> {
  return openDataset(`s3://${path}`, { guard: { allowLoopback: true }, endpoint: store.url })
}

/** @param work what it gives as a number are the seconds it took without its preparations */
async function spent(store: SlowStore, work: () => Promise<unknown>): Promise<Spent> {
  await store.served()
  const begun = performance.now()
  const own = await work()
  const seconds = typeof own === 'number' ? own : (performance.now() - begun) / 1000
  return { ...(await store.served()), seconds }
}

async function places(
  store: SlowStore,
  large: readonly { readonly name: string; readonly title: string }[],
  emit: Emit,
): Promise<void> {
  const all = [
    ...fixtureDatasets.map(path => ({ path, title: path })),
    ...large.map(({ name, title }) => ({ path: `${LARGE}/${name}`, title })),
  ]
  const most = { requests: 0, describe: 0, preview: 0, previewRequests: 0 }
  for (const { path, title } of all) {
    let dataset: OpenedDataset | undefined
    const described = await spent(store, async () => {
      dataset = await open(store, path)
      await dataset.describe()
    })
    const refusal: string[] = []
    const shown = await spent(store, () =>
      dataset!.preview().catch(error => {
        refusal.push(String(error.code))
      }),
    )
    await dataset!.close()
    most.requests = Math.max(most.requests, described.requests)
    most.describe = Math.max(most.describe, described.bytes)
    most.preview = Math.max(most.preview, shown.bytes)
    most.previewRequests = Math.max(most.previewRequests, shown.requests)
    line(emit, 'describe', title, described)
    line(emit, 'preview', title, shown, refusal[0])
    for (const peer of peers(path, store.url).filter(({ figure }) => figure !== 'scan'))
      try {
        const cost = await spent(store, peer.run)
        line(emit, peer.figure, title, cost, undefined, peer.name)
      } catch (error) {
        console.error(`${peer.name} ${peer.figure} ${title}: ${lastLine(error)}`)
      }
  }
  const note = `over ${fixtureDatasets.length} fixtures and ${large.length} large datasets`
  emit({ figure: 'describe-requests-max', value: most.requests, unit: 'requests', note })
  emit({ figure: 'describe-kb-max', value: round(most.describe / 1000, 1), unit: 'kB', note })
  emit({ figure: 'preview-mb-max', value: round(most.preview / 1e6), unit: 'MB', note })
  emit({ figure: 'preview-requests-max', value: most.previewRequests, unit: 'requests', note })
}

function line(emit: Emit, figure: string, title: string, cost: Spent, refusal?: string, by?: string): void {
  emit({
    figure: by === undefined ? figure : `${figure} by ${by}`,
    value: round(cost.seconds),
    unit: 's',
    note: `${title}: ${refusal === undefined ? '' : `refused (${refusal}) after `}${cost.requests} requests, ${round(cost.bytes / 1000, 1)} kB`,
  })
}

/** A whole Zarr array over HTTP, every value decoded. */
async function scan(store: SlowStore, emit: Emit): Promise<void> {
  const path = `${LARGE}/scan.zarr`
  const ours: number[] = []
  const theirs: number[] = []
  const [peer] = peers(path, store.url).filter(({ figure }) => figure === 'scan')
  for (let turn = 0; turn < 3; turn++) {
    const cost = await spent(store, () => scanned(store, path))
    ours.push(cost.seconds)
    try {
      theirs.push((await spent(store, peer!.run)).seconds)
    } catch (error) {
      console.error(`${peer!.name}: ${lastLine(error)}`)
      return
    }
  }
  const [own, other] = [Math.min(...ours), Math.min(...theirs)]
  emit({
    figure: 'zarr-scan-vs-python',
    value: round(other / own),
    unit: 'ratio',
    against: `zarr-python, ${round(other)} s`,
    note: `134 MB in 32 chunks (Blosc), ${round(own)} s, best of 3, ${WAITS} ms added per request`,
  })
}

async function scanned(store: SlowStore, path: string): Promise<void> {
  const objects = openObjects(`s3://${path}`, { guard: { allowLoopback: true }, endpoint: store.url })
  const { dataset } = await recognise(objects)
  if (dataset.model !== 'array') throw new Error(`'${path}' is no array dataset`)
  const { array } = await dataset.describe()
  const { shape } = array!.variables.find(({ name }) => name === 'tas')!
  let elements = 0
  for await (const { values } of dataset.read(
    'tas',
    shape.map(end => ({ start: 0, end, step: 1 })),
  ))
    elements += values.length
  if (elements !== shape.reduce((product, length) => product * length, 1))
    throw new Error('elements are missing')
  await dataset.close()
}

function lastLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: Buffer; message?: string }
  return (
    String(stderr ?? message)
      .trim()
      .split('\n')
      .at(-1) ?? ''
  )
}
