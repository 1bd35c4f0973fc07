/** How common terms are in all that search holds: one set of statistics for all segments, however they are split. */
export interface TermStatistics {
  /** Number of documents. */
  readonly documents: number
  /** Documents that hold a term, by its hash. */
  frequency(hash: number): number
  /** Mean number of terms of a field, at least 1. */
  meanLength(field: number): number
}

/** Inverse document frequency as in Lucene: never negative, finite for unknown terms. */
export const information = (documents: number, frequency: number): number =>
  Math.log(1 + (documents - Math.min(frequency, documents) + 0.5) / (frequency + 0.5))
