/**
 * What search keeps of every dataset, in one SQLite database of its own: identity and sort keys, features that its terms are found by
 * and ranked, values for facets, titles for completion, and the watermark. All changes of a batch are one transaction, which makes
 * this the place that says what is true after a crash: segments are made of it.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as breath } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { boundLog, SEARCH_PAGES } from '../checkpoints.ts'
import { columnsOf, digestOf, type Held, type IndexedRow, type StoredRow } from './document-row.ts'
import type { SearchDocument } from './engine.ts'
import { facetNames, facetValues } from './engine.ts'
import { analyse, pack, unpack } from './features.ts'
import { dropAll, schema, schemaVersion } from './schema.ts'
import { prepare } from './statements.ts'
import { Tags } from './tags.ts'

/** Most distinct filter values kept of one field of one document. */
const mostValues = 4_096
/** Lists of ids go to SQLite in pieces of this size; the event loop breathes between them. */
const pieceSize = 1_000

/** Path of the database in search's folder. */
export const searchDatabase = (directory: string): string => join(directory, 'search.sqlite')

/** What becomes true when a segment is complete. */
export interface Adoption {
  readonly segment: number
  readonly rows: number
  /** Segments that it takes the place of. */
  readonly replaced: readonly number[]
  /** All rows up to this id are in files now. */
  readonly foldedUpTo: number
  /** Rows of it that went meanwhile, and ids that no file has any more. */
  readonly masked: readonly number[]
  readonly unmasked: readonly number[]
}

/** What a change came to. */
export interface Changed {
  readonly added: readonly IndexedRow[]
  /** Ids. */
  readonly removed: readonly number[]
}

export class SearchStore {
  readonly database: Database.Database
  tags: Tags
  #foldedUpTo: number
  #sql: ReturnType<typeof prepare>

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true })
    this.database = new Database(searchDatabase(directory))
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
  }

  /** Rows up to this id are in files; those above in memory alone, besides here. */
  get foldedUpTo(): number {
    return this.#foldedUpTo
  }

  get watermark(): number {
    return Number(this.#sql.getMeta.get('watermark') ?? 0)
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
   * Stores documents and removes what they replace. A document that is held unchanged is left alone.
   * Call inside a transaction.
   * @param documents each of another dataset
   */
  put(documents: readonly SearchDocument[]): Changed {
    const changed: { document: SearchDocument; digest: Buffer; held: Held | undefined }[] = []
    for (const document of documents) {
      const digest = digestOf(document)
      const held = this.#held(document.uri)
      if (!held?.digest.equals(digest)) changed.push({ document, digest, held })
    }
    const removed = changed.flatMap(({ held }) => (held ? this.#remove(held) : []))
    let last = this.highestId
    const added = changed.map(({ document, digest, held }) => {
      const id = ++last
      return this.#insert(document, { id, firstId: held?.firstId ?? id, digest })
    })
    return { added, removed }
  }

  /** Removes datasets; call inside a transaction. */
  delete(uris: readonly string[]): number[] {
    return [...new Set(uris)].flatMap(uri => {
      const held = this.#held(uri)
      return held ? this.#remove(held) : []
    })
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

  // Segments.

  /** The numbers of those that count, the largest first. */
  segments(): number[] {
    return this.#sql.segments.all() as number[]
  }

  nextSegment(): number {
    const next = Number(this.meta('segment') ?? 0) + 1
    this.setMeta('segment', next)
    return next
  }

  /** Rows of files that no longer count. */
  masked(): number[] {
    return this.#sql.masked.all() as number[]
  }

  /** Rows after an id, in order of id. */
  rowsAfter(after: number, most: number): IndexedRow[] {
    const rows = this.#sql.rowsAfter.all(after, most)
    return (rows as (Omit<IndexedRow, 'features' | 'tags'> & { features: Buffer; tags: Buffer })[]).map(
      row => ({ ...row, features: unpack(row.features), tags: integers(row.tags) }),
    )
  }

  /** Which of the ids still are the current state of a dataset. */
  living(ids: readonly number[]): Set<number> {
    return new Set(this.#sql.living.all(JSON.stringify(ids)) as number[])
  }

  /** A complete segment counts from now on, in place of what it was made of. */
  adopt({ segment, rows, replaced, foldedUpTo, masked, unmasked }: Adoption): void {
    // What is replaced is removed from the disk next: this must be on it before.
    this.database.pragma('synchronous = FULL')
    try {
      this.transaction(() => {
        if (rows > 0) this.#sql.addSegment.run(segment, rows)
        for (const old of replaced) this.#sql.dropSegment.run(old)
        this.#sql.unmask.run(JSON.stringify(unmasked))
        for (const id of masked) this.#sql.mask.run(id)
        this.setMeta('foldedUpTo', foldedUpTo)
      })
    } finally {
      this.database.pragma('synchronous = NORMAL')
    }
    this.#foldedUpTo = foldedUpTo
  }

  clear(): void {
    const segment = this.meta('segment') ?? 0
    dropAll(this.database)
    this.database.exec(schema)
    this.#sql = prepare(this.database)
    this.tags = new Tags(this.database)
    // Numbers are not used twice: a file that is still on disk must not pass for a new one.
    this.setMeta('segment', segment)
    this.#foldedUpTo = 0
  }

  close(): void {
    this.database.close()
  }

  #insert(document: SearchDocument, { id, firstId, digest }: Held): IndexedRow {
    const features = analyse(document)
    const { fields, boxes } = columnsOf(document)
    const title = document.title.slice(0, 1_000)
    this.#sql.insert.run({ ...fields, id, firstId, uri: document.uri, digest, title, boxes })
    const tags = Int32Array.from(this.#assignTags(document)).sort()
    this.#sql.addFeatures.run(id, pack(features))
    this.#sql.addTags.run(id, Buffer.from(tags.buffer))
    this.#sql.addTitle.run(id, title)
    return { id, features, tags, ...fields }
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

  #remove({ id }: Held): number {
    this.tags.count(integers(this.#sql.tagsOfOne.get(id) as Buffer), -1)
    if (id <= this.#foldedUpTo) this.#sql.mask.run(id)
    this.#sql.dropTitle.run(id)
    this.#sql.dropFeatures.run(id)
    this.#sql.dropTags.run(id)
    this.#sql.drop.run(id)
    return id
  }
}

const integers = (packed: Buffer): Int32Array => new Int32Array(new Uint8Array(packed).buffer)
