import type { Budget, Cost, OpenedDataset } from '@frost/reader'
import { withinBudget } from '@frost/reader/budget'
import { withoutEnd } from '@frost/reader/text-end'
import type { Job, Policy } from '../job.ts'
import type { Output } from './output.ts'

/**
 * Streams a selection in another format, as fast as it is taken.
 * @throws {ReaderError} `OverBudget` with the estimate and a cheaper choice, before anything is read
 */
export async function exportTo(
  dataset: OpenedDataset,
  { request, to, side, map }: Extract<Job, { kind: 'export' }>,
  { exportBudget: budget, exportBytes: maxBytes }: Policy,
  signal: AbortSignal,
  output: Output,
): Promise<void> {
  const cost = await dataset.estimate(request, to, { signal })
  withinBudget(cost, budget, cheaperThan(cost, budget, dataset))
  const stream = await dataset.stream(request, to, { signal, side, map, budget, maxBytes })
  await output.head({
    mediaType: stream.mediaType,
    immutable: false,
    fileName: fileNameOf(
      dataset.location,
      stream.mediaType === 'application/zip' ? `${stream.extension}.zip` : stream.extension,
    ),
  })
  for await (const bytes of stream.bytes) {
    signal.throwIfAborted()
    await output.data(bytes)
  }
}

function cheaperThan(cost: Cost, budget: Budget, { model }: OpenedDataset): string {
  const share = Math.max(cost.bytes / budget.bytes, cost.requests / budget.requests)
  const part = `about 1/${Math.max(2, Math.ceil(share))} of it at a time`
  return model === 'array'
    ? `select ${part}, as in select=time=#0:10, or read it where it lies with frost get`
    : `select ${part}, by columns, where or limit, or read it where it lies with frost get`
}

/** Of the last part of a location, with another extension: nothing in it that a header or a file system minds. */
function fileNameOf(location: string, extension: string): string {
  const [path = ''] = location.split(/[?#]/, 1)
  const last = withoutEnd(path, '/').split('/').pop() ?? ''
  const stem = last
    .replace(/\.[a-z]\w{0,7}$/i, '')
    .replace(/[^\w.-]+/g, '_')
    .replace(/^[._]+/, '')
    .slice(0, 100)
  return `${stem || 'dataset'}${extension}`
}
