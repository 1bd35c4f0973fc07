import type { Cost } from './objects.ts'

/** What a description says of any dataset, whatever its format. Numbers of things are exact or absent. */
export interface Description {
  /** As in a distribution's `format`: `zarr`, `netcdf`, `parquet`, … */
  readonly format: string
  /** Of the format, as its specification counts: `3` for Zarr v3. */
  readonly formatVersion?: string
  readonly model: 'array' | 'table'
  /** Bytes as stored; absent where finding out would cost a listing. */
  readonly size?: number
  /** Codecs met, outermost first, each once. */
  readonly codecs: readonly string[]
  /** Global attributes, JSON values; an int64 beyond 2^53 is a decimal string. */
  readonly attributes: Readonly<Record<string, unknown>>
  readonly array?: ArrayModel
  readonly table?: TableModel
  readonly coverage: Coverage
  /** What the store itself calls its versions: Icechunk and Iceberg snapshots, newest first. Ids are strings. */
  readonly versions?: readonly StoreVersion[]
  /** What was odd but not fatal, for people. */
  readonly warnings: readonly string[]
  /** What describing cost. */
  readonly cost: Cost
}

export interface ArrayModel {
  readonly dimensions: readonly Dimension[]
  readonly variables: readonly Variable[]
}

export interface Dimension {
  readonly name: string
  readonly size: number
}

export interface Variable {
  /** With its group: `group/name`. */
  readonly name: string
  /** NumPy's names: `int8` … `uint64`, `float16` … `float64`, `bool`, `string`, `bytes`, `complex64`, `complex128`. */
  readonly dtype: string
  readonly shape: readonly number[]
  readonly dimensions: readonly string[]
  readonly chunks?: readonly number[]
  readonly codecs?: readonly string[]
  readonly units?: string
  readonly standardName?: string
  readonly longName?: string
  /** As stored, before scale and offset; an int64 as a decimal string, `NaN` as a string. */
  readonly fill?: number | string | boolean | null
  readonly scale?: number
  readonly offset?: number
  /** Variables that hold the same at coarser resolutions (overviews, multiscales), finest first. */
  readonly coarser?: readonly string[]
  /** A coordinate variable: one dimension that bears its name, or named by another's `coordinates`. */
  readonly coordinate?: boolean
  /** Of a coordinate: first and last value, decoded (times as ISO 8601). */
  readonly range?: readonly [number | string, number | string]
  readonly attributes: Readonly<Record<string, unknown>>
}

export interface TableModel {
  readonly columns: readonly Column[]
  readonly rows?: number
  readonly rowGroups?: number
  /** Columns that folder names hold (`year=2020/`). */
  readonly partitions?: readonly string[]
}

export interface Column {
  readonly name: string
  /** Arrow's names: `int64`, `double`, `utf8`, `timestamp[us, UTC]`, `list<int32>`, `struct<a: int32>`, … */
  readonly type: string
  readonly nullable?: boolean
  readonly nulls?: number
  /** Least and greatest, where the file's own statistics say so; an int64 beyond 2^53 is a decimal string. */
  readonly range?: readonly [number | string, number | string]
}

export interface Coverage {
  /** Degrees, WGS 84; west > east crosses the antimeridian. */
  readonly space?: {
    readonly west: number
    readonly south: number
    readonly east: number
    readonly north: number
  }
  /** ISO 8601, to the precision that is known. */
  readonly time?: { readonly start: string; readonly end: string; readonly resolution?: string }
}

export interface StoreVersion {
  readonly id: string
  readonly parent?: string
  readonly committedAt?: string
  readonly message?: string
  /** Branches and tags that point here. */
  readonly refs?: readonly string[]
}

/** What changed between two versions of a store. Counts are exact; lists are cut at 1,000 names and say so. */
export interface StoreDiff {
  readonly from: string
  readonly to: string
  /** Arrays, groups or data files by path. */
  readonly added: readonly string[]
  readonly removed: readonly string[]
  /** Arrays whose metadata or chunks changed, with the number of chunks written; tables: rows and files. */
  readonly changed: readonly {
    readonly path: string
    readonly chunks?: number
    readonly metadata?: boolean
  }[]
  readonly rowsAdded?: number
  readonly rowsRemoved?: number
  readonly truncated: boolean
}
