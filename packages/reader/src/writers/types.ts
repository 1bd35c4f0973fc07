import type { RowBatch } from '../dataset.ts'
import type { Column } from '../model.ts'
import type { Budget } from '../objects.ts'
import type { Scratch } from './scratch.ts'

export type ExportFormatId = 'zarr' | 'zarr2' | 'netcdf' | 'csv' | 'ndjson' | 'parquet' | 'arrow' | 'png'

export interface ExportFormat {
  readonly id: ExportFormatId
  readonly title: string
  readonly mediaType: string
  /** With its dot. */
  readonly extension: string
}

/** One file of an export that is a folder. */
export interface ExportFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/** How far an export has come; `total` where it is known beforehand. */
export interface Progress {
  readonly done: number
  readonly total?: number
  readonly unit: 'values' | 'rows'
}

export interface ExportOptions {
  /** Ends the upstream requests too. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
  /** What the reads may cost, by estimate beforehand; of a picture also while they are made. */
  readonly budget?: Budget
  /** Of what comes out, uncompressed ZIP included: the stream then ends with `OverBudget`. */
  readonly maxBytes?: number
  /** Makes the place where formats that are not written from first to last byte (NetCDF) are put together; it is closed at the end. */
  readonly scratch?: () => Scratch
  /** Of PNG: pixels of the longer side. */
  readonly side?: number
  /** Of PNG: a colour map by name. */
  readonly map?: string
}

export interface ExportStream {
  readonly mediaType: string
  /** With its dot; of a folder, that of the folder. */
  readonly extension: string
  /** Formats that are folders: their files in turn. Either these or the bytes are read, once. */
  readonly files?: AsyncIterable<ExportFile>
  /** The file; of a folder, a ZIP archive of it. */
  readonly bytes: AsyncIterable<Uint8Array>
}

/** A table on its way out: columns by Arrow's names of types, values as in `RowBatch`. */
export interface RowStream {
  readonly columns: readonly Column[]
  readonly batches: AsyncIterable<RowBatch>
  readonly rows?: number
  /** Attributes of the dataset and of its columns, for formats that can keep them. */
  readonly metadata?: Readonly<Record<string, string>>
}
