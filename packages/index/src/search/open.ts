/** Opens the search of an index, in this thread or in one of its own. */
import type { SearchEngine } from './engine.ts'
import type { RankingWeights } from './rerank.ts'
import type { SegmentSettings } from './segments/segments.ts'
import { StoredSearch } from './stored-search.ts'
import { ThreadedSearch } from './threaded.ts'

export interface OpenSearchOptions {
  /** Folder of the search; made when absent. One process at a time. */
  readonly dir: string
  readonly settings?: Partial<SegmentSettings>
  readonly weights?: RankingWeights
  /** In a thread of its own, which takes a moment to start. */
  readonly threaded?: boolean
}

/** Opens search and drops what a crash left half-made. When the watermark is behind the update log, the caller applies the rest. */
export async function openSearch({ threaded = false, ...options }: OpenSearchOptions): Promise<SearchEngine> {
  return threaded
    ? ThreadedSearch.open(options)
    : StoredSearch.open(options.dir, options.settings, options.weights)
}
