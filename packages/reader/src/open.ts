import { Ledger } from './budget.ts'
import type { ArrayContext, TableContext } from './context.ts'
import { Coordinates } from './coordinates.ts'
import type { Dataset } from './dataset.ts'
import { conventional, enrich } from './describe.ts'
import { ReaderError } from './errors.ts'
import type { Format, OpenOptions } from './format.ts'
import { FORMATS } from './formats.ts'
import { type LocationOptions, openObjects } from './location.ts'
import type { Description, StoreDiff } from './model.ts'
import { type Cost, DESCRIBE_BUDGET, type Objects, type ReadOptions } from './objects.ts'
import { type Preview, type PreviewOptions, preview } from './preview.ts'
import { recognise } from './recognise.ts'
import type { SelectionRequest } from './selection/request.ts'
import {
  type ExportFormat,
  type ExportOptions,
  type ExportStream,
  estimateStream,
  exportFormats,
  streamDataset,
} from './stream.ts'

export interface OpenDatasetOptions extends LocationOptions, Omit<OpenOptions, 'meter'> {
  /** Asked in this order; all that the reader knows when absent. */
  readonly formats?: readonly Format[]
}

/** A dataset where it lies: `describe() → preview(selection) → stream(selection, format)`. */
export interface OpenedDataset {
  /** Without credentials. */
  readonly location: string
  /** The id of the format that recognised it. */
  readonly format: string
  readonly model: 'array' | 'table'
  /** What it holds, from its metadata and the ends of its coordinates; read once. */
  describe(options?: ReadOptions): Promise<Description>
  /**
   * A small, telling part: a plane, a line, an image or some rows.
   * @throws {ReaderError} `OverBudget` with the estimate and a cheaper choice, `InvalidSelection`.
   */
  preview(request?: SelectionRequest, options?: PreviewOptions): Promise<Preview>
  /**
   * What streaming that selection would read, without reading it.
   * @throws {ReaderError} `InvalidSelection`
   */
  estimate(request: SelectionRequest, format: string, options?: ReadOptions): Promise<Cost>
  /** What it can be exported to. */
  exportFormats(): readonly ExportFormat[]
  /**
   * A selection in another format, as a stream: memory is bounded by a few chunks or row groups, whatever its size.
   * @throws {ReaderError} `InvalidSelection`, `Unsupported`; from the stream whatever reading refuses.
   */
  stream(request: SelectionRequest, format: string, options?: ExportOptions): Promise<ExportStream>
  /** What changed between two versions, where the store has them. @throws {ReaderError} `Unsupported` elsewhere. */
  diff(from: string, to: string, options?: ReadOptions): Promise<StoreDiff>
  close(): Promise<void>
}

/**
 * Opens what lies at a location: a URL of an object or of a folder, or the path of a local file where that is allowed.
 * @throws {ReaderError} `NotFound`, `Forbidden`, `Unrecognised` with what was seen there, `Unavailable`, `Corrupt`, `Unsupported`.
 */
export async function openDataset(
  location: string | Objects,
  options: OpenDatasetOptions = {},
): Promise<OpenedDataset> {
  const { pin, signal, formats = FORMATS, resolve: ownResolve, ...place } = options
  const objects = typeof location === 'string' ? openObjects(location, place) : location
  const ledger = new Ledger(DESCRIBE_BUDGET)
  const resolve =
    ownResolve ??
    (async (url: string) => openObjects(url, { ...place, allowLocal: place.allowLocal && isLocal(location) }))
  const { format, dataset } = await recognise(objects, { pin, signal, meter: ledger, resolve }, formats)
  return opened(objects.name, format, dataset, ledger)
}

/** Only a store of this machine may refer to files of this machine. */
function isLocal(location: string | Objects): boolean {
  return typeof location === 'string' && !/^(?!file:)[a-z][a-z0-9+.-]+:/i.test(location)
}

/** The same over a dataset that is open already. */
export function opened(
  location: string,
  format: string,
  dataset: Dataset,
  opening: Ledger = new Ledger(DESCRIBE_BUDGET),
): OpenedDataset {
  let context: Promise<ArrayContext | TableContext> | undefined
  let description: Promise<Description> | undefined

  const known = (options: ReadOptions) => {
    context ??= contextOf(dataset, { signal: options.signal, meter: opening }).catch(error => {
      context = undefined
      throw error
    })
    return context
  }

  return {
    location,
    format,
    model: dataset.model,
    describe(options = {}) {
      description ??= describe(known(options), opening, options).catch(error => {
        description = undefined
        throw error
      })
      return description
    },
    async preview(request = {}, options = {}) {
      return preview(await known(options), request, options)
    },
    async estimate(request, format, options = {}) {
      return estimateStream(await known(options), request, format, options)
    },
    exportFormats: () => exportFormats(dataset.model),
    async stream(request, format, options = {}) {
      return streamDataset(await known(options), request, format, options)
    },
    async diff(from, to, options) {
      if (dataset.diff === undefined)
        throw new ReaderError(
          'Unsupported',
          `'${location}' is ${format}, which keeps no versions of its own to compare`,
        )
      return dataset.diff(from, to, options)
    },
    close: () => dataset.close(),
  }
}

async function contextOf(dataset: Dataset, options: ReadOptions): Promise<ArrayContext | TableContext> {
  const description = await dataset.describe(options)
  const { format, array, table } = description
  if (dataset.model === 'array') {
    const model = conventional(array ?? { dimensions: [], variables: [] })
    return {
      dataset,
      description: { ...description, array: model },
      model,
      coordinates: new Coordinates(dataset, format),
    }
  }
  return { dataset, description, model: table ?? { columns: [] } }
}

async function describe(
  context: Promise<ArrayContext | TableContext>,
  ledger: Ledger,
  options: ReadOptions,
): Promise<Description> {
  const { description, ...known } = await context
  if (!('coordinates' in known)) return counted(description, ledger)
  return counted(await enrich(description, known.coordinates, { ...options, meter: ledger }), ledger)
}

/** With what was counted where the objects count; formats of other objects give their own figure. */
function counted(description: Description, { spent }: Ledger): Description {
  return spent.requests === 0 ? description : { ...description, cost: spent }
}
