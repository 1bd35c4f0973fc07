/** What is asked of a dataset, before it is held against it. */
export interface SelectionRequest {
  /** Arrays: names of variables; the data variables when absent. */
  readonly variables?: readonly string[]
  /** Arrays: `time=2020-01:2020-03,lat=10:20`; the grammar is in `parse.ts`. */
  readonly select?: string
  /** Tables: names of columns; all when absent. */
  readonly columns?: readonly string[]
  /** Tables: `year>=2000 and name='x'`; the grammar is in `where.ts`. */
  readonly where?: string
  /** Tables: rows to skip, and how many at most. */
  readonly offset?: number
  readonly limit?: number
}
