import { type Objects, type OpenedDataset, openDataset, pngOf, ReaderError } from '@frost/reader'
import { Ledger } from '@frost/reader/budget'
import { meteredObjects } from '@frost/reader/objects/metered'
import type { Job, Policy, Read } from '../job.ts'
import { exactJson } from '../json.ts'
import { drawn } from './drawn.ts'
import { exportTo } from './export.ts'
import type { Output } from './output.ts'
import { objectsAt } from './places.ts'
import { isUnchanged, ReadLog, recorded } from './recorded.ts'

export interface Circumstances {
  readonly policy: Policy
  /** What an earlier answer rests on. */
  readonly known?: readonly Read[]
  readonly signal: AbortSignal
}

const JSON_TYPE = 'application/json; charset=utf-8'

/** Does one job and writes head and bytes of its answer. @throws {ReaderError} whatever reading refuses. */
export async function perform(
  job: Job,
  { policy, known, signal }: Circumstances,
  output: Output,
): Promise<void> {
  if (job.kind === 'list') return listed(job, { policy, signal }, output)
  const { source } = job
  const metered = meterFor(job, policy)
  const root = metered(objectsAt(source, policy, signal))
  const elsewhere = async (location: string): Promise<Objects> =>
    metered(objectsAt({ location }, policy, signal))
  if (known !== undefined && (await stillHolds(known, root, elsewhere, signal)))
    return output.head({ unchanged: true, mediaType: '', immutable: false })

  const log = new ReadLog()
  const dataset = await openDataset(recorded(root, log), {
    signal,
    ...(source.pin === undefined ? {} : { pin: source.pin }),
    resolve: async location => recorded(await elsewhere(location), log, location),
  })
  try {
    const immutable = await checkedPin(dataset, source.pin, signal)
    if (job.kind === 'export') return await exportTo(dataset, job, policy, signal, output)
    const { mediaType, bytes } = await answerOf(dataset, job, signal)
    const isForEver = immutable && (job.kind !== 'diff' || job.from.startsWith('snapshot:'))
    await output.head({ mediaType, immutable: isForEver, reads: log.reads })
    await output.data(bytes)
  } finally {
    await dataset.close()
  }
}

/** One page of a folder: one request of the store, so that asking again costs as much as remembering. */
async function listed(
  { source, path, cursor }: Extract<Job, { kind: 'list' }>,
  { policy, signal }: Circumstances,
  output: Output,
): Promise<void> {
  const objects = objectsAt(source, policy)
  if (!objects.folder)
    throw new ReaderError(
      'Unsupported',
      `${objects.name} is on a web server, which does not say what lies below an address: only buckets do`,
    )
  const { entries, next } = await objects.folder(path, { signal, ...(cursor !== undefined && { cursor }) })
  const { mediaType, bytes } = jsonAnswer({ location: source.location, path, entries, cursor: next })
  await output.head({ mediaType, immutable: false })
  await output.data(bytes)
}

/** An estimate may be wrong by so much. */
const SLACK = 1.25

/**
 * Ends an export or a comparison that reads more than it may, whatever was estimated. Descriptions and previews have budgets of their own.
 */
function meterFor({ kind }: Job, { exportBudget: { requests, bytes } }: Policy): (of: Objects) => Objects {
  if (kind !== 'export' && kind !== 'diff') return objects => objects
  const ledger = new Ledger({ requests: requests * SLACK, bytes: bytes * SLACK })
  return objects => meteredObjects(objects, ledger)
}

/** Whether an earlier answer holds; a store that cannot be asked is no reason to think so. */
async function stillHolds(
  known: readonly Read[],
  root: Objects,
  elsewhere: (location: string) => Promise<Objects>,
  signal: AbortSignal,
): Promise<boolean> {
  const objectsOf = async (location: string | undefined) =>
    location === undefined ? root : elsewhere(location)
  try {
    return await isUnchanged(known, objectsOf, { signal })
  } catch (error) {
    if (signal.aborted) throw error
    return false
  }
}

/**
 * Whether what a pin names is the same for ever.
 * @throws {ReaderError} `InvalidSelection` where the dataset has no versions: it would be another one tomorrow.
 */
async function checkedPin(
  dataset: OpenedDataset,
  pin: string | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  if (pin === undefined) return false
  const { versions } = await dataset.describe({ signal })
  if (versions === undefined)
    throw new ReaderError(
      'InvalidSelection',
      `'${dataset.location}' is ${dataset.format}, which keeps no versions: leave out pin=${pin}`,
      { pin },
    )
  return pin.startsWith('snapshot:')
}

async function answerOf(
  dataset: OpenedDataset,
  job: Exclude<Job, { kind: 'export' | 'list' }>,
  signal: AbortSignal,
): Promise<{ readonly mediaType: string; readonly bytes: Uint8Array }> {
  if (job.kind === 'describe') {
    const description = await dataset.describe({ signal })
    return jsonAnswer({
      location: dataset.location,
      ...description,
      exports: dataset.exportFormats().map(({ id }) => id),
    })
  }
  if (job.kind === 'diff') return jsonAnswer(await dataset.diff(job.from, job.source.pin, { signal }))
  if (job.kind === 'preview') {
    const preview = await dataset.preview(job.request, { signal, side: job.side })
    return jsonAnswer(job.picture === undefined ? preview : drawn(preview, job))
  }
  const shown = await dataset.preview(job.request, { signal, side: job.side })
  if (shown.kind === 'table')
    throw new ReaderError('InvalidSelection', 'a table has no picture: ask for preview.json')
  return { mediaType: 'image/png', bytes: pngOf(shown, { side: job.side, map: job.map }) }
}

function jsonAnswer(value: unknown) {
  return { mediaType: JSON_TYPE, bytes: Buffer.from(exactJson(value)) }
}
