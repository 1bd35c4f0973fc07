/** Opens the search of an index with the best engine that runs here. */
import type { SearchEngine } from './engine.ts'
import { Fts5Search } from './fts5.ts'
import type { LanceSettings } from './lance.ts'
import type { RankingWeights } from './rerank.ts'
import { ThreadedSearch } from './threaded.ts'

export interface OpenSearchOptions {
  /** Folder of the search; made when absent. One process at a time. */
  readonly dir: string
  /** Default: `lance` where its native package is installed, otherwise `fts5`. */
  readonly engine?: 'lance' | 'fts5'
  readonly settings?: Partial<LanceSettings>
  readonly weights?: RankingWeights
  /** In a thread of its own, which takes a moment to start. */
  readonly threaded?: boolean
}

/**
 * Opens search and drops what a crash left half-made. When the watermark is behind the update log, the caller applies the rest.
 * @throws when `engine` is `lance` and LanceDB's native package for this platform is missing
 */
export async function openSearch({ threaded = false, ...options }: OpenSearchOptions): Promise<SearchEngine> {
  if (threaded) return ThreadedSearch.open(options)
  const { dir, engine, settings, weights } = options
  if (engine === 'fts5') return openFts5(dir, weights)
  let lance: typeof import('./lance.ts')
  try {
    lance = await import('./lance.ts')
  } catch (error) {
    if (engine === 'lance')
      throw new Error(
        `LanceDB does not load here (${String(error)}); install its package for this platform or choose fts5`,
        { cause: error },
      )
    return openFts5(dir, weights)
  }
  return lance.LanceSearch.open(dir, settings, weights)
}

function openFts5(dir: string, weights?: RankingWeights): SearchEngine {
  return new Fts5Search(dir, weights)
}
