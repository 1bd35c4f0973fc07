import { makeZip } from 'client-zip'
import { addCosts, withinBudget } from './budget.ts'
import { coordinatesOf, dataVariables, relatedTo } from './cf/roles.ts'
import type { ArrayContext, TableContext } from './context.ts'
import type { RowBatch } from './dataset.ts'
import { ReaderError } from './errors.ts'
import type { ArrayModel, Variable } from './model.ts'
import type { Cost, ReadOptions } from './objects.ts'
import { pngOf } from './picture/raster.ts'
import { estimatePlan, shapeOf, type VariablePlan } from './plan.ts'
import { preview } from './preview.ts'
import { parseSelection } from './selection/parse.ts'
import type { SelectionRequest } from './selection/request.ts'
import { chosenVariables, resolveTerms } from './selection/resolve.ts'
import { resolveRows } from './selection/rows.ts'
import { arrowBytes } from './writers/arrow.ts'
import { csvBytes } from './writers/csv.ts'
import { longTable } from './writers/long-table.ts'
import { ndjsonBytes } from './writers/ndjson.ts'
import { netcdfBytes } from './writers/netcdf.ts'
import { withinOutput } from './writers/output-limit.ts'
import { parquetBytes } from './writers/parquet.ts'
import type {
  ExportFile,
  ExportFormat,
  ExportFormatId,
  ExportOptions,
  ExportStream,
  RowStream,
} from './writers/types.ts'
import { zarrFiles } from './writers/zarr.ts'

export { fileScratch, MEMORY_SCRATCH_BYTES, memoryScratch, type Scratch } from './writers/scratch.ts'
export type * from './writers/types.ts'

/** What the reads of an exported picture may cost where the caller does not say. */
const PICTURE_BUDGET: Cost = { requests: 4_096, bytes: 1_000_000_000 }

const FORMATS: Readonly<Record<ExportFormatId, Omit<ExportFormat, 'id'>>> = {
  zarr: { title: 'Zarr 3', mediaType: 'application/zip', extension: '.zarr' },
  zarr2: { title: 'Zarr 2', mediaType: 'application/zip', extension: '.zarr' },
  netcdf: { title: 'NetCDF-4', mediaType: 'application/x-netcdf', extension: '.nc' },
  csv: { title: 'CSV', mediaType: 'text/csv; charset=utf-8; header=present', extension: '.csv' },
  ndjson: { title: 'NDJSON', mediaType: 'application/x-ndjson', extension: '.ndjson' },
  parquet: { title: 'Parquet', mediaType: 'application/vnd.apache.parquet', extension: '.parquet' },
  arrow: {
    title: 'Arrow IPC stream',
    mediaType: 'application/vnd.apache.arrow.stream',
    extension: '.arrows',
  },
  png: { title: 'PNG picture', mediaType: 'image/png', extension: '.png' },
}

const OF_ARRAYS: readonly ExportFormatId[] = [
  'zarr',
  'zarr2',
  'netcdf',
  'csv',
  'parquet',
  'arrow',
  'ndjson',
  'png',
]
const OF_TABLES: readonly ExportFormatId[] = ['parquet', 'csv', 'ndjson', 'arrow']

/** What a dataset of that kind can be exported to. */
export function exportFormats(model: 'array' | 'table'): readonly ExportFormat[] {
  return (model === 'array' ? OF_ARRAYS : OF_TABLES).map(id => ({ id, ...FORMATS[id] }))
}

/**
 * What streaming a selection would read. Only the coordinates that a selection by value needs are read for it.
 * @throws {ReaderError} `InvalidSelection`
 */
export async function estimateStream(
  context: ArrayContext | TableContext,
  request: SelectionRequest,
  format: string,
  options: ReadOptions = {},
): Promise<Cost> {
  if (context.dataset.model === 'table')
    return context.dataset.estimate(resolveRows((context as TableContext).model, request))
  const arrays = context as ArrayContext
  if (format === 'png') return { requests: 0, bytes: 0 }
  const isTable = !['zarr', 'zarr2', 'netcdf'].includes(format)
  const plans = await plansOf(arrays, request, isTable, options)
  const costs: Cost[] = []
  for (const plan of plans) costs.push(await estimatePlan(arrays.dataset, plan))
  return addCosts(...costs)
}

/**
 * Streams a selection in another format, with memory bounded by a few chunks or row groups, whatever its size.
 * @throws {ReaderError} `InvalidSelection` for what is not there or has no such export, `Unsupported` for types it cannot hold,
 * `OverBudget` for reads that would cost more than `budget`; from the stream also beyond `maxBytes`.
 */
export async function streamDataset(
  context: ArrayContext | TableContext,
  request: SelectionRequest,
  format: string,
  options: ExportOptions = {},
): Promise<ExportStream> {
  const { model } = context.dataset
  const known = exportFormats(model).find(({ id }) => id === format)
  if (known === undefined)
    throw new ReaderError(
      'InvalidSelection',
      `${model === 'array' ? 'an array' : 'a table'} dataset is exported as ${exportFormats(model)
        .map(({ id }) => id)
        .join(', ')}, not as '${format}'`,
      { format },
    )
  if (options.budget !== undefined)
    withinBudget(await estimateStream(context, request, format, options), options.budget, 'select less')
  const { files, bytes } = await made(context, request, known.id, options)
  const { maxBytes = Number.POSITIVE_INFINITY } = options
  return {
    mediaType: known.mediaType,
    extension: known.extension,
    ...(files && { files: withinOutput(files, file => file.bytes.length, maxBytes) }),
    bytes: withinOutput(bytes, part => part.length, maxBytes),
  }
}

async function made(
  context: ArrayContext | TableContext,
  request: SelectionRequest,
  id: ExportFormatId,
  options: ExportOptions,
): Promise<Pick<ExportStream, 'files' | 'bytes'>> {
  if (context.dataset.model === 'table')
    return { bytes: tableBytes(tableRows(context as TableContext, request, options), id) }
  const arrays = context as ArrayContext
  if (id === 'png') return { bytes: picture(arrays, request, options) }
  const isTable = !['zarr', 'zarr2', 'netcdf'].includes(id)
  const plans = await plansOf(arrays, request, isTable, options)
  if (isTable) {
    const rows = await longTable(arrays, plans, { signal: options.signal })
    return { bytes: tableBytes(counted(rows, options), id) }
  }
  const names = dimensionNames()
  if (id === 'netcdf') return { bytes: netcdfBytes(arrays, plans, names, options) }
  const files = zarrFiles(arrays, plans, names, id === 'zarr' ? 3 : 2, options)
  return { files, bytes: zipped(files) }
}

async function plansOf(
  context: ArrayContext,
  request: SelectionRequest,
  isTable: boolean,
  { signal }: ExportOptions,
): Promise<readonly VariablePlan[]> {
  const { model, coordinates } = context
  const parsed = parseSelection(request.select ?? '')
  const names = [...(request.variables ?? []), ...parsed.variables]
  const chosen =
    names.length > 0 ? chosenVariables(model, names) : isTable ? dataVariables(model) : model.variables
  const all = isTable ? chosen : withRelated(model, chosen)
  if (all.length === 0) throw new ReaderError('InvalidSelection', 'the dataset has no arrays to export')
  return resolveTerms(model, all, parsed.terms, coordinates, { signal })
}

/** With the coordinates, bounds and grid mappings without which they cannot be understood. */
function withRelated(model: ArrayModel, chosen: readonly Variable[]): readonly Variable[] {
  const all = new Set(chosen)
  for (const variable of all) {
    for (const line of coordinatesOf(model, variable)) if (line !== undefined) all.add(line)
    for (const related of relatedTo(model, variable)) all.add(related)
  }
  return [...all]
}

/** One name for each dimension and length: levels of different size may share a name in the source. */
function dimensionNames(): (plan: VariablePlan) => readonly string[] {
  const names = new Map<string, number[]>()
  return plan =>
    shapeOf(plan).map((length, axis) => {
      const { name } = plan.dimensions[axis]!
      const lengths = names.get(name) ?? []
      names.set(name, lengths)
      if (!lengths.includes(length)) lengths.push(length)
      const at = lengths.indexOf(length)
      return at === 0 ? name : `${name}_${at + 1}`
    })
}

function tableRows(
  { dataset, model, description }: TableContext,
  request: SelectionRequest,
  options: ExportOptions,
): RowStream {
  const selection = resolveRows(model, request)
  const columns = (selection.columns ?? model.columns.map(({ name }) => name)).map(
    name => model.columns.find(column => column.name === name)!,
  )
  const batches = dataset.read(selection, { signal: options.signal })
  const whole =
    selection.where === undefined && selection.limit === undefined && selection.offset === undefined
  return counted(
    {
      columns,
      batches,
      ...(whole && model.rows !== undefined ? { rows: model.rows } : {}),
      metadata: Object.fromEntries(
        Object.entries(description.attributes).flatMap(([key, value]) =>
          typeof value === 'string' ? [[key, value]] : [],
        ),
      ),
    },
    options,
  )
}

function counted(rows: RowStream, { onProgress, signal }: ExportOptions): RowStream {
  async function* batches(): AsyncGenerator<RowBatch> {
    let done = 0
    for await (const batch of rows.batches) {
      signal?.throwIfAborted()
      yield batch
      done += batch.rows
      onProgress?.({ done, ...(rows.rows === undefined ? {} : { total: rows.rows }), unit: 'rows' })
    }
  }
  return { ...rows, batches: batches() }
}

function tableBytes(rows: RowStream, id: ExportFormatId): AsyncIterable<Uint8Array> {
  if (id === 'parquet') return parquetBytes(rows)
  if (id === 'arrow') return arrowBytes(rows)
  return id === 'csv' ? csvBytes(rows) : ndjsonBytes(rows)
}

/** The plane that a preview would show, at up to 4096 pixels; thinned, or a window of it, where more would pass the budget. */
async function* picture(
  context: ArrayContext,
  request: SelectionRequest,
  { signal, side = 2048, map, budget = PICTURE_BUDGET }: ExportOptions,
): AsyncGenerator<Uint8Array> {
  const shown = await preview(context, request, { side, signal, budget })
  if (shown.kind === 'table') throw new ReaderError('InvalidSelection', 'a table has no picture')
  yield pngOf(shown, { side, map })
}

async function* zipped(files: AsyncIterable<ExportFile>): AsyncGenerator<Uint8Array> {
  const entries = async function* () {
    for await (const { path, bytes } of files)
      yield { name: path, input: bytes as Uint8Array<ArrayBuffer>, lastModified: new Date(0) }
  }
  yield* makeZip(entries()) as unknown as AsyncIterable<Uint8Array>
}
