import type { Flag } from '../cf/packing.ts'
import type { Column } from '../model.ts'
import type { Cost } from '../objects.ts'

/** A value as JSON holds it without loss: an int64 beyond 2^53 and infinities are text, what is missing is null. */
export type JsonCell = number | string | boolean | null

/** What a preview shows: everything in it is JSON. */
export type Preview = GridPreview | LinePreview | ImagePreview | TablePreview

interface ArrayPreview {
  /** The variable asked for. */
  readonly variable: string
  readonly dtype: string
  readonly units?: string
  readonly longName?: string
  readonly standardName?: string
  /** The coarser variable that was read in its place. */
  readonly level?: string
  /** Every dimension: what of it is shown. */
  readonly shown: readonly ShownDimension[]
  /** In words, what was left out and why; absent where the selection is shown whole. */
  readonly reduced?: string
  /** Chunks within what is shown that the store does not hold. */
  readonly missingChunks: number
  readonly flags?: readonly Flag[]
  readonly cost: Cost
}

/** Indices `start`, `start + step`, … below `end` of a dimension of `size`. Two ranges where a longitude axis is wrapped. */
export interface ShownDimension {
  readonly dimension: string
  readonly size: number
  readonly ranges: readonly { readonly start: number; readonly end: number; readonly step: number }[]
  readonly role: 'rows' | 'columns' | 'bands' | 'fixed'
  /** Of its coordinate. */
  readonly name?: string
  readonly units?: string
  readonly axis?: 'X' | 'Y' | 'Z' | 'T'
  readonly longName?: string
  /** Rows and columns: values of what is shown. Fixed: all values, for a slider. Absent where there are none or too many. */
  readonly values?: readonly JsonCell[]
  /** Fixed: the value at the index shown, where it is known. */
  readonly value?: JsonCell
}

export interface Statistics {
  readonly min: number
  readonly max: number
  readonly mean: number
  /** Keys 2, 25, 50, 75, 98. */
  readonly percentiles: Readonly<Record<string, number>>
  readonly valid: number
  readonly missing: number
}

export interface GridPreview extends ArrayPreview {
  readonly kind: 'grid'
  readonly values: readonly (readonly JsonCell[])[]
  /** Whether the first row is the lowest: of latitudes that rise, for one. */
  readonly upward: boolean
  readonly statistics?: Statistics
}

export interface LinePreview extends ArrayPreview {
  readonly kind: 'line'
  readonly values: readonly JsonCell[]
  readonly statistics?: Statistics
}

/** Red, green, blue and perhaps alpha, 0 to 255, one row after the other, base64. */
export interface ImagePreview extends ArrayPreview {
  readonly kind: 'image'
  readonly width: number
  readonly height: number
  readonly channels: 3 | 4
  readonly pixels: string
  readonly upward: boolean
}

export interface TablePreview {
  readonly kind: 'table'
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly unknown[])[]
  /** Of the first row shown, among those selected. */
  readonly offset: number
  /** Rows of the table, where that is known and all are selected. */
  readonly total?: number
  /** Whether more rows follow. */
  readonly more: boolean
  /** Columns left out to stay within the budget. */
  readonly omitted: readonly string[]
  readonly cost: Cost
}

export interface PreviewOptions {
  /** Pixels or points along the longer side, at most; 512 when absent. */
  readonly side?: number
  readonly signal?: AbortSignal
  readonly budget?: Cost
}
