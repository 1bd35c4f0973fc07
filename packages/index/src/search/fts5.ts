/** The engine for where LanceDB has no native package: full text by SQLite FTS5, everything else the same. */
import type { SearchBatch } from './engine.ts'
import { RecentSource } from './recent.ts'
import type { RankingWeights } from './rerank.ts'
import type { Source } from './source.ts'
import { StoredSearch } from './stored-search.ts'

export class Fts5Search extends StoredSearch {
  readonly kind = 'fts5'

  constructor(directory: string, weights?: RankingWeights) {
    super(directory, weights)
    // What the other engine holds cannot be read here: begin anew.
    if (this.store.segments().length > 0) this.store.clear()
  }

  protected sources(): Source[] {
    return [new RecentSource(this.store)]
  }

  protected async change({ upserts, deletes, watermark }: SearchBatch): Promise<void> {
    // Replaying a batch changes nothing, so pieces may be committed before the watermark says so.
    for await (const _ of this.putPieces(upserts, 0));
    this.store.transaction(() => {
      this.store.delete(deletes)
      this.store.setMeta('watermark', watermark)
    })
  }

  async settle(): Promise<void> {}
  protected async clearTables(): Promise<void> {}
  protected async closeTables(): Promise<void> {}
}
