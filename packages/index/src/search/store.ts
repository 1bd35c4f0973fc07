/**
 * What search keeps of every dataset, in one SQLite database of its own, whichever engine holds the full text: identity and
 * sort keys, features for re-ranking, values for facets, titles for completion, and the watermark. All changes of a batch
 * are one transaction, which makes this the place that says what is true after a crash.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as breath } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { boundLog, SEARCH_PAGES } from '../checkpoints.ts'
import { columnsOf, digestOf, type Held, type IndexedRow, type StoredRow } from './document-row.ts'
import type { SearchDocument } from './engine.ts'
import { facetNames, facetValues } from './engine.ts'
import { analyse, unpack } from './features.ts'
import { dropAll, schema, schemaVersion } from './schema.ts'
import { prepare } from './statements.ts'
import { Statistics } from './statistics.ts'
import type { TagCounter } from './tag-counter.ts'
import { kindPlace, Tags } from './tags.ts'

/** Most distinct filter values kept of one field of one document. */
const mostValues = 4_096
/** Lists of ids go to SQLite in pieces of this size; the event loop breathes between them. */
const pieceSize = 1_000
/** Share of the file that may be empty pages. */
const MOST_EMPTY = 0.1

/** Path of the database in search's folder. */
export const searchDatabase = (directory: string): string => join(directory, 'search.sqlite')

export class SearchStore {
  readonly statistics = new Statistics()
  readonly database: Database.Database
  /** While true, removed rows of segment 0 are masked: they may be on their way into a segment. */
  folding = false
  tags: Tags
  #foldedUpTo: number
  /** Counting all of them takes milliseconds: kept until rows come or go. */
  #count: number | undefined
  #sql: ReturnType<typeof prepare>

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true })
    this.database = new Database(searchDatabase(directory))
    // Of a new database: what folding empties can be given back.
    this.database.pragma('auto_vacuum = INCREMENTAL')
    this.database.pragma('journal_mode = WAL')
    this.database.pragma('synchronous = NORMAL')
    this.database.pragma('mmap_size = 2147418112')
    this.database.pragma('cache_size = -32000')
    boundLog(this.database, SEARCH_PAGES)
    const version = this.database.pragma('user_version', { simple: true })
    if (version !== 0 && version !== schemaVersion) dropAll(this.database)
    this.database.exec(schema)
    this.database.pragma(`user_version = ${schemaVersion}`)
    this.#sql = prepare(this.database)
    this.tags = new Tags(this.database)
    this.#foldedUpTo = Number(this.meta('foldedUpTo') ?? 0)
    this.#loadStatistics()
  }

  /** Rows of segment 0 up to this id are in a segment already and wait to be taken out. */
  get foldedUpTo(): number {
    return this.#foldedUpTo
  }

  get watermark(): number {
    return Number(this.#sql.getMeta.get('watermark') ?? 0)
  }

  get count(): number {
    this.#count ??= Number(this.#sql.count.get())
    return this.#count
  }

  get highestId(): number {
    return Number(this.#sql.highest.get() ?? 0)
  }

  meta(key: string): string | undefined {
    return this.#sql.getMeta.get(key) as string | undefined
  }

  setMeta(key: string, value: string | number): void {
    this.#sql.setMeta.run(key, value)
  }

  transaction<T>(work: () => T): T {
    try {
      return this.database.transaction(() => {
        const result = work()
        this.tags.flush()
        return result
      })()
    } catch (error) {
      this.tags.reset()
      throw error
    }
  }

  /**
   * Stores documents in the given segment and removes what they replace. A document that is held unchanged is left alone.
   * Call inside a transaction.
   * @param documents each of another dataset
   * @returns what must be written into the segment's full-text table; empty for segment 0, which is indexed here
   */
  put(documents: readonly SearchDocument[], segment: number): IndexedRow[] {
    const changed: { document: SearchDocument; digest: Buffer; held: Held | undefined }[] = []
    for (const document of documents) {
      const digest = digestOf(document)
      const held = this.#held(document.uri)
      if (held?.digest.equals(digest) && (held.segment === 0 || this.#sql.wasAdopted.get(held.segment) === 1))
        continue
      changed.push({ document, digest, held })
    }
    this.#removeAll(changed.flatMap(({ held }) => held ?? []))
    const rows: IndexedRow[] = []
    let last = this.highestId
    for (const { document, digest, held } of changed) {
      const id = ++last
      const row = this.#insert(document, { id, firstId: held?.firstId ?? id, digest, segment })
      if (segment !== 0) rows.push(row)
    }
    return rows
  }

  /** Removes datasets; call inside a transaction. */
  delete(uris: readonly string[]): void {
    this.#removeAll([...new Set(uris)].flatMap(uri => this.#held(uri) ?? []))
  }

  #held(uri: string): Held | undefined {
    return this.#sql.byUri.get(uri) as Held | undefined
  }

  /** Rows by id, without those that are gone, in no order. */
  async rows(ids: readonly number[]): Promise<Map<number, StoredRow>> {
    const found = new Map<number, StoredRow>()
    for (let start = 0; start < ids.length; start += pieceSize) {
      if (start > 0) await breath()
      const list = JSON.stringify(ids.slice(start, start + pieceSize))
      for (const row of this.#sql.rows.all(list) as StoredRow[]) found.set(row.id, row)
    }
    return found
  }

  async features(ids: readonly number[]): Promise<Map<number, Uint32Array>> {
    const found = new Map<number, Uint32Array>()
    for (let start = 0; start < ids.length; start += pieceSize) {
      if (start > 0) await breath()
      const list = JSON.stringify(ids.slice(start, start + pieceSize))
      for (const [id, terms] of this.#sql.features.all(list) as [number, Buffer][])
        found.set(id, unpack(terms))
    }
    return found
  }

  /** Time covered by the documents: first and last year, null where nothing is said of time. */
  async spans(ids: readonly number[]): Promise<[from: number | null, until: number | null][]> {
    const found: [number | null, number | null][] = []
    for (let start = 0; start < ids.length; start += pieceSize) {
      if (start > 0) await breath()
      const list = JSON.stringify(ids.slice(start, start + pieceSize))
      found.push(...(this.#sql.spans.all(list) as typeof found))
    }
    return found
  }

  /** Counts the tags of the documents that are of the kinds (a bit for each). */
  countTags(ids: readonly number[], kinds: number, counter: TagCounter): void {
    for (let start = 0; start < ids.length; start += pieceSize)
      for (const packed of this.#sql.tagsOf.all(
        JSON.stringify(ids.slice(start, start + pieceSize)),
      ) as Buffer[])
        for (const tag of integers(packed)) if (kinds & (1 << kindPlace(tag))) counter.add(tag)
  }

  // Segments of the large engine.

  segments(): { segment: number; rows: number }[] {
    return this.#sql.segments.all() as { segment: number; rows: number }[]
  }

  nextSegment(): number {
    const next = Number(this.meta('segment') ?? 0) + 1
    this.setMeta('segment', next)
    return next
  }

  masked(): number[] {
    return this.#sql.masked.all() as number[]
  }

  unmask(ids: readonly number[]): void {
    this.transaction(() => {
      for (const id of ids) this.#sql.unmask.run(id)
    })
  }

  recentCount(): number {
    return Number(this.#sql.recentCount.get(this.#foldedUpTo))
  }

  /** Rows of segment 0 after an id, in order of id, with the text and values to write elsewhere. */
  recentRows(after: number, most: number): IndexedRow[] {
    const rows = this.#sql.recentRows.all(Math.max(after, this.#foldedUpTo), most)
    return (rows as (Omit<IndexedRow, 'tags'> & { tags: Buffer })[]).map(row => ({
      ...row,
      tags: integers(row.tags),
    }))
  }

  /** Which of the ids still are the current state of a dataset. */
  living(ids: readonly number[]): Set<number> {
    return new Set(this.#sql.living.all(JSON.stringify(ids)) as number[])
  }

  /**
   * A complete segment counts from now on, in place of older ones and of the rows of segment 0 up to an id.
   * Call inside a transaction.
   */
  adopt(segment: number, rows: number, replaced: readonly number[] = [], foldedUpTo?: number): void {
    this.#sql.adopt.run(segment)
    if (rows > 0) this.#sql.addSegment.run(segment, rows)
    for (const old of replaced) this.#sql.dropSegment.run(old)
    if (foldedUpTo !== undefined) {
      this.setMeta('foldedUpTo', foldedUpTo)
      this.setMeta('foldedInto', segment)
      this.#foldedUpTo = foldedUpTo
    }
  }

  /** Whether rows that were folded are still in segment 0. */
  hasFolded(): boolean {
    return this.#sql.folded.get(this.#foldedUpTo, 1) !== undefined
  }

  /** Takes rows that were folded out of segment 0, some at a time. @returns whether more are left */
  forgetFolded(most: number): boolean {
    return this.transaction(() => {
      const ids = this.#sql.folded.all(this.#foldedUpTo, most) as number[]
      for (const id of ids) {
        this.#forgetRecent(id)
        this.#sql.move.run(this.meta('foldedInto') ?? 1, id)
      }
      return ids.length === most
    })
  }

  /** Full text keeps a trace of every row that was taken out, until its parts are merged; pages that it leaves are used again. */
  compactRecent(): void {
    this.#sql.compact.run()
    const pages = (name: string) => this.database.pragma(name, { simple: true }) as number
    if (pages('freelist_count') > pages('page_count') * MOST_EMPTY) this.database.pragma('incremental_vacuum')
  }

  /** Saves the statistics, so that the next start need not count. */
  saveStatistics(): void {
    this.transaction(() => {
      this.#sql.setMeta.run('statistics', this.statistics.pack())
      this.#sql.setMeta.run('statisticsId', this.highestId)
    })
  }

  clear(): void {
    const segment = this.meta('segment') ?? 0
    dropAll(this.database)
    this.database.exec(schema)
    this.#sql = prepare(this.database)
    this.tags = new Tags(this.database)
    // Numbers are not used twice: a table of the large engine that is still on disk must not pass for a new one.
    this.setMeta('segment', segment)
    this.#foldedUpTo = 0
    this.#count = undefined
    this.statistics.clear()
  }

  close(): void {
    this.saveStatistics()
    this.database.close()
  }

  #insert(document: SearchDocument, { id, firstId, digest, segment }: Held): IndexedRow {
    const { features, text } = analyse(document)
    const { fields, boxes } = columnsOf(document)
    this.#count = undefined
    const title = document.title.slice(0, 1_000)
    this.#sql.insert.run({ ...fields, id, firstId, uri: document.uri, digest, segment, title, boxes })
    const tags = Int32Array.from(this.#assignTags(document)).sort()
    this.#sql.addFeatures.run(id, features)
    this.#sql.addTags.run(id, Buffer.from(tags.buffer))
    this.#sql.addTitle.run(id, title)
    this.statistics.add(unpack(features))
    if (segment === 0) {
      this.#sql.addText.run(id, text)
      for (const tag of tags) this.#sql.addRecentTag.run(tag, id)
    }
    return { id, text, tags, ...fields }
  }

  #assignTags(document: SearchDocument): Set<number> {
    const tags = new Set<number>()
    for (const kind of facetNames)
      for (const label of facetValues(document, kind).slice(0, mostValues)) {
        const tag = this.tags.use(kind, label)
        if (tag !== undefined) tags.add(tag)
      }
    this.tags.count(tags, 1)
    return tags
  }

  /** In the order of their ids, and before anything is added: FTS5 writes out all that it gathered whenever a smaller id follows. */
  #removeAll(rows: readonly Held[]): void {
    for (const row of [...rows].sort((a, b) => a.id - b.id)) this.#remove(row)
  }

  #remove({ id, segment }: Held): void {
    const features = this.#sql.featuresOf.get(id) as Buffer | undefined
    if (features) this.statistics.remove(unpack(features))
    this.tags.count(integers((this.#sql.tagsOfOne.get(id) as Buffer | undefined) ?? Buffer.alloc(0)), -1)
    if (segment === 0) this.#forgetRecent(id)
    if (segment !== 0 || this.folding || id <= this.#foldedUpTo) this.#sql.mask.run(id)
    this.#sql.dropTitle.run(id)
    this.#sql.dropFeatures.run(id)
    this.#sql.dropTags.run(id)
    this.#sql.drop.run(id)
    this.#count = undefined
  }

  /** Takes a row out of the full text of segment 0. */
  #forgetRecent(id: number): void {
    for (const tag of integers((this.#sql.tagsOfOne.get(id) as Buffer | undefined) ?? Buffer.alloc(0)))
      this.#sql.dropRecentTag.run(tag, id)
    this.#sql.dropText.run(id)
  }

  /** From the last save, and by counting what came after it: a crash loses nothing but removals in between. */
  #loadStatistics(): void {
    const packed = this.#sql.getMeta.get('statistics') as Buffer | undefined
    if (packed) this.statistics.load(packed)
    const after = Number(this.#sql.getMeta.get('statisticsId') ?? 0)
    for (const terms of this.#sql.featuresAfter.iterate(after) as IterableIterator<Buffer>)
      this.statistics.add(unpack(terms))
  }
}

const integers = (packed: Buffer): Int32Array => new Int32Array(new Uint8Array(packed).buffer)
