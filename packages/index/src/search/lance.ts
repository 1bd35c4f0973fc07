/**
 * The engine for many datasets: full text in LanceDB tables that are written once (segments), the newest rows in SQLite.
 *
 * What arrives in small batches goes into segment 0, in the store's own transaction, and is searchable at once. When that is
 * full it is folded in the background into a new segment, together with older segments up to a few times its size, so that
 * there are few of them and every row is rewritten a logarithmic number of times. A large batch becomes a segment directly.
 * Which segments count is recorded in the store: one that a crash left half-made is not, and goes at the next start. Rows that
 * change or go are dropped from answers at once, because the store no longer knows their ids, and deleted from their
 * segment soon after.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as breath } from 'node:timers/promises'
import type { Connection } from '@lancedb/lancedb'
import * as lancedb from '@lancedb/lancedb'
import type { IndexedRow } from './document-row.ts'
import type { SearchBatch } from './engine.ts'
import { LanceTable } from './lance-table.ts'
import { RecentSource } from './recent.ts'
import type { RankingWeights } from './rerank.ts'
import type { Source } from './source.ts'
import { StoredSearch } from './stored-search.ts'

export interface LanceSettings {
  /** Segment 0 is folded when it has this many rows. */
  readonly foldAt: number
  /** A batch with this many documents becomes a segment directly. */
  readonly bulkAt: number
  /** More segments than this are merged whatever their sizes. */
  readonly mostSegments: number
  /** Rows that wait to be deleted from their segments, at most. */
  readonly mostMasked: number
}

export const defaultSettings: LanceSettings = {
  foldAt: 4_000,
  bulkAt: 1_000,
  mostSegments: 4,
  mostMasked: 512,
}

/** An older segment joins a fold when it has at most this many times the rows gathered so far. */
const growth = 3
const nameOf = (segment: number) => `segment-${segment}`

interface Segment {
  readonly number: number
  readonly rows: number
  readonly table: LanceTable
}

export class LanceSearch extends StoredSearch {
  readonly kind = 'lance'
  readonly #connection: Connection
  readonly #settings: LanceSettings
  #segments: Segment[] = []
  #background: Promise<void> | undefined
  #closing = false
  /** While large batches come in, segments are only merged when there are too many. */
  #inBulk = false

  private constructor(
    directory: string,
    connection: Connection,
    settings: LanceSettings,
    weights?: RankingWeights,
  ) {
    super(directory, weights)
    this.#connection = connection
    this.#settings = settings
  }

  static async open(
    directory: string,
    settings: Partial<LanceSettings> = {},
    weights?: RankingWeights,
  ): Promise<LanceSearch> {
    const folder = join(directory, 'lance')
    mkdirSync(folder, { recursive: true })
    const connection = await lancedb.connect(folder)
    const search = new LanceSearch(directory, connection, { ...defaultSettings, ...settings }, weights)
    try {
      await search.#openSegments(folder)
    } catch (error) {
      search.store.database.close()
      throw error
    }
    search.#wake()
    return search
  }

  async #openSegments(folder: string): Promise<void> {
    const known = this.store.segments()
    const names = new Set(known.map(({ segment }) => `${nameOf(segment)}.lance`))
    for (const entry of readdirSync(folder))
      if (!names.has(entry)) rmSync(join(folder, entry), { recursive: true, force: true })
    for (const { segment, rows } of known)
      this.#segments.push({
        number: segment,
        rows,
        table: await LanceTable.open(this.#connection, nameOf(segment)),
      })
  }

  protected sources(): Source[] {
    const tables: Source[] = this.#segments.map(one => one.table)
    return this.store.recentCount() > 0 || tables.length === 0
      ? [...tables, new RecentSource(this.store)]
      : tables
  }

  protected async change({ upserts, deletes, watermark }: SearchBatch): Promise<void> {
    this.#inBulk = upserts.length >= this.#settings.bulkAt
    if (this.#inBulk) {
      await this.#background
      await this.#changeInBulk({ upserts, deletes, watermark })
    } else {
      for await (const _ of this.putPieces(upserts, 0));
      this.store.transaction(() => {
        this.store.delete(deletes)
        this.store.setMeta('watermark', watermark)
      })
      // Folding keeps up with any rate: what arrives waits for it rather than for memory.
      if (this.store.recentCount() > this.#settings.foldAt * 8) await this.#background
    }
    this.#wake()
  }

  async #changeInBulk({ upserts, deletes, watermark }: SearchBatch): Promise<void> {
    const number = this.store.nextSegment()
    const built = await LanceTable.build(this.#connection, nameOf(number), this.putPieces(upserts, number))
    this.store.transaction(() => {
      this.store.adopt(number, built.rows)
      this.store.delete(deletes)
      this.store.setMeta('watermark', watermark)
    })
    if (built.table) this.#segments = [...this.#segments, { number, rows: built.rows, table: built.table }]
  }

  /** Begins the work that is due in the background, if none is under way. */
  #wake(): void {
    if (this.#background || this.#closing || !this.#isDue()) return
    this.#background = this.#tidy()
      .catch(error => {
        if (!this.#closing) process.emitWarning(`search could not fold its tables: ${String(error)}`)
      })
      .finally(() => {
        this.#background = undefined
      })
  }

  #isDue(): boolean {
    return (
      this.store.recentCount() >= this.#settings.foldAt ||
      this.store.masked().length >= this.#settings.mostMasked ||
      this.#shouldMerge() ||
      this.store.hasFolded()
    )
  }

  /** Too many, or the small ones together are as large as half of the largest: every query asks each of them. */
  #shouldMerge(): boolean {
    const rows = this.#segments.map(one => one.rows)
    const largest = Math.max(0, ...rows)
    const others = rows.reduce((sum, one) => sum + one, -largest)
    return (
      rows.length > this.#settings.mostSegments || (!this.#inBulk && rows.length > 1 && others * 2 >= largest)
    )
  }

  async #tidy(): Promise<void> {
    while (!this.#closing && this.#isDue()) {
      if (this.store.hasFolded()) {
        while (this.store.forgetFolded(this.isAsked ? 8 : 64)) await this.letAsk()
        this.store.compactRecent()
      }
      if (this.store.masked().length > 0) await this.#deleteMasked()
      if (this.store.recentCount() >= this.#settings.foldAt || this.#shouldMerge()) await this.#fold()
    }
  }

  /**
   * Which segments join: the smallest first, while each is not much larger than what was gathered before it or there would
   * still be too many. Where nothing is recent two join at least, so that a
   * fold gets somewhere.
   */
  #chooseForFold(recent: number): Segment[] {
    const bySize = [...this.#segments].sort((a, b) => a.rows - b.rows)
    const needed = recent > 0 ? 0 : 2
    const chosen: Segment[] = []
    let gathered = recent
    for (const one of bySize) {
      const tooMany = bySize.length - chosen.length + 1 > this.#settings.mostSegments
      if (chosen.length >= needed && !tooMany && one.rows > gathered * growth) break
      chosen.push(one)
      gathered += one.rows
    }
    return chosen
  }

  async #fold(): Promise<void> {
    const chosen = this.#chooseForFold(this.store.recentCount())
    const number = this.store.nextSegment()
    let last = this.store.foldedUpTo
    const { store } = this
    const goOn = () => {
      if (this.#closing) throw new Error('search is closing')
    }
    async function* pieces(): AsyncGenerator<IndexedRow[]> {
      for (const segment of chosen)
        for await (const rows of segment.table.rows()) {
          goOn()
          const living = store.living(rows.map(row => row.id))
          yield rows.filter(row => living.has(row.id))
        }
      for (;;) {
        const rows = store.recentRows(last, 1_024)
        if (rows.length === 0) return
        goOn()
        last = rows.at(-1)!.id
        yield rows
        await breath()
      }
    }
    store.folding = true
    try {
      const built = await LanceTable.build(this.#connection, nameOf(number), pieces())
      store.transaction(() =>
        store.adopt(
          number,
          built.rows,
          chosen.map(one => one.number),
          last,
        ),
      )
      const kept = this.#segments.filter(one => !chosen.includes(one))
      this.#segments = built.table ? [...kept, { number, rows: built.rows, table: built.table }] : kept
    } finally {
      store.folding = false
    }
    store.saveStatistics()
    await this.#drop(chosen)
  }

  async #drop(segments: readonly Segment[]): Promise<void> {
    await Promise.allSettled([...this.readers])
    for (const { number, table } of segments) {
      table.close()
      await this.#connection.dropTable(nameOf(number))
    }
  }

  async #deleteMasked(): Promise<void> {
    const ids = this.store.masked()
    for (let start = 0; start < ids.length; start += 500) {
      const piece = ids.slice(start, start + 500)
      for (const { table } of this.#segments) await table.delete(piece)
      this.store.unmask(piece)
    }
  }

  /** Folds nothing early: only waits for what is due. */
  async settle(): Promise<void> {
    while (this.#background) await this.#background
  }

  protected async clearTables(): Promise<void> {
    await this.settle()
    const all = this.#segments
    this.#segments = []
    await this.#drop(all)
  }

  protected async closeTables(): Promise<void> {
    this.#closing = true
    await this.settle()
    await Promise.allSettled([...this.readers])
    for (const { table } of this.#segments) table.close()
    this.#connection.close()
  }
}
