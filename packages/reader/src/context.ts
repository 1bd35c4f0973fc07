import type { Coordinates } from './coordinates.ts'
import type { ArrayDataset, TableDataset } from './dataset.ts'
import type { ArrayModel, Description, TableModel } from './model.ts'

/** An opened array dataset with what all that read it share. */
export interface ArrayContext {
  readonly dataset: ArrayDataset
  readonly description: Description
  readonly model: ArrayModel
  readonly coordinates: Coordinates
}

export interface TableContext {
  readonly dataset: TableDataset
  readonly description: Description
  readonly model: TableModel
}
