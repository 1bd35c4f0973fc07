import { ReaderError } from '../../errors.ts'
import type { LeafRun } from './assemble.ts'
import type { Chunk } from './footer.ts'
import type { Leaf } from './logical.ts'
import type { PagePlace } from './page-index.ts'
import { type Page, type PageHeader, readDataPage, readDictionary, readPageHeader } from './pages.ts'
import { concatenated, type RangePlan } from './ranges.ts'
import { ThriftTruncated } from './thrift.ts'

/** First read of a page whose length is not known: holds any header, and most small pages. */
const HEADER_BYTES = 64 * 1024
const MAX_HEADER_BYTES = 16 * 1024 * 1024

/**
 * One leaf of one row group, read forwards. With an offset index only the pages that hold wanted rows are read; without one,
 * pages are walked by their headers, and those before the wanted rows are not decompressed where their rows are known.
 */
export class LeafCursor {
  readonly #plan: RangePlan
  readonly #chunk: Chunk
  readonly #leaf: Leaf
  readonly #places: readonly PagePlace[] | undefined
  /** Next byte to read, where pages are walked. */
  #at: number
  #nextPlace = 0
  #dictionary: ArrayLike<unknown> | undefined
  #dictionarySought = false
  #page: Page | undefined
  /** In the page: next level and next value. */
  #level = 0
  #value = 0
  /** Row that the next level begins or continues. */
  #row = 0
  #levelsSeen = 0

  constructor(plan: RangePlan, chunk: Chunk, leaf: Leaf, places: readonly PagePlace[] | undefined) {
    this.#plan = plan
    this.#chunk = chunk
    this.#leaf = leaf
    this.#places = places
    this.#at = chunk.start
  }

  /** The rows `[from, to)` of the row group, as pieces of pages; `from` never goes back. @throws {ReaderError} */
  async take(from: number, to: number): Promise<readonly LeafRun[]> {
    const runs: LeafRun[] = []
    while (this.#row < to || this.#continues()) {
      if (this.#page === undefined || this.#level >= this.#page.count) {
        const more = await this.#nextPage(this.#row < to ? from : undefined)
        if (!more) break
        continue
      }
      const continued = (this.#page.repetition?.[this.#level] ?? 0) > 0
      const wanted = (continued ? this.#row - 1 : this.#row) >= from
      const run = this.#cut(this.#levelOfRow(wanted ? to : from))
      if (wanted && run.count > 0) runs.push(run)
    }
    if (this.#row < to)
      throw this.#corrupt(`ends after ${this.#row} rows of its row group; ${to} were asked for`)
    return runs
  }

  /** Whether the last row may go on in the next page: only where columns repeat and pages are walked. */
  #continues(): boolean {
    if (this.#leaf.repeated === 0 || this.#row === 0) return false
    if (this.#page !== undefined && this.#level < this.#page.count)
      return this.#page.repetition![this.#level]! > 0
    return this.#places === undefined && this.#levelsSeen < this.#chunk.values
  }

  /** Level at which that row begins, or the end of the page. */
  #levelOfRow(row: number): number {
    const page = this.#page!
    const { repetition } = page
    if (repetition === undefined) return Math.min(page.count, this.#level + row - this.#row)
    let begun = this.#row
    for (let level = this.#level; level < page.count; level++) {
      if (repetition[level] !== 0) continue
      if (begun === row) return level
      begun++
    }
    return page.count
  }

  #cut(end: number): LeafRun {
    const page = this.#page!
    const [start, valueStart] = [this.#level, this.#value]
    const definition = page.definition?.subarray(start, end)
    const repetition = page.repetition?.subarray(start, end)
    let present = end - start
    if (definition !== undefined) {
      present = 0
      for (const level of definition) if (level === this.#leaf.defined) present++
    }
    let begun = end - start
    if (repetition !== undefined) {
      begun = 0
      for (const level of repetition) if (level === 0) begun++
    }
    this.#level = end
    this.#value += present
    this.#row += begun
    let values: ArrayLike<unknown> | undefined
    return {
      count: end - start,
      definition,
      repetition,
      get values() {
        values ??= page.values.convert(valueStart, valueStart + present)
        return values
      },
    }
  }

  async #nextPage(from: number | undefined): Promise<boolean> {
    this.#page = undefined
    return this.#places === undefined ? this.#walk(from) : this.#jump(this.#places, from)
  }

  async #jump(places: readonly PagePlace[], from: number | undefined): Promise<boolean> {
    while (
      from !== undefined &&
      this.#nextPlace + 1 < places.length &&
      places[this.#nextPlace + 1]!.firstRow <= from
    )
      this.#nextPlace++
    const place = places[this.#nextPlace]
    if (place === undefined) return false
    this.#nextPlace++
    if (!this.#dictionarySought && places[0]!.start > this.#chunk.start)
      await this.#readDictionaryAt(places[0]!.start)
    this.#dictionarySought = true
    const bytes = await this.#plan.read(place.start, place.end)
    const header = this.#headerIn(bytes)
    if (header.kind !== 'data' && header.kind !== 'data v2')
      throw this.#corrupt('has an index that points at no data page')
    if (this.#row > place.firstRow) throw this.#corrupt('has an index that contradicts its pages')
    this.#row = place.firstRow
    this.#open(header, bytes.subarray(header.length, header.length + header.compressed))
    return true
  }

  async #readDictionaryAt(end: number): Promise<void> {
    const bytes = await this.#plan.read(this.#chunk.start, end)
    const header = this.#headerIn(bytes)
    if (header.kind !== 'dictionary') return
    this.#dictionary = readDictionary(header, this.#body(header, bytes), this.#chunk.codec, this.#leaf)
  }

  #headerIn(bytes: Uint8Array): PageHeader {
    try {
      return readPageHeader(bytes, 0)
    } catch (error) {
      if (error instanceof ThriftTruncated) throw this.#corrupt('has a page whose header is cut off')
      throw error
    }
  }

  #body(header: PageHeader, bytes: Uint8Array): Uint8Array {
    if (header.length + header.compressed > bytes.length) throw this.#corrupt('has a page that is cut off')
    return bytes.subarray(header.length, header.length + header.compressed)
  }

  /** The next page of data; those that end before `from` are passed over. */
  async #walk(from: number | undefined): Promise<boolean> {
    while (this.#at < this.#chunk.end && this.#levelsSeen < this.#chunk.values) {
      const { header, ahead } = await this.#readHeader()
      const bodyStart = this.#at + header.length
      const bodyEnd = bodyStart + header.compressed
      if (bodyEnd > this.#chunk.end) throw this.#corrupt('has a page that goes beyond the column')
      this.#at = bodyEnd
      const isData = header.kind === 'data' || header.kind === 'data v2'
      const rows = header.rows ?? (this.#leaf.repeated === 0 ? header.values : undefined)
      if (!isData && header.kind !== 'dictionary') continue
      if (isData && rows !== undefined && from !== undefined && this.#row + rows <= from) {
        if (bodyEnd > bodyStart + ahead.length) this.#plan.skip(bodyStart + ahead.length, bodyEnd)
        this.#row += rows
        this.#levelsSeen += header.values
        this.#pushBack(ahead, header.compressed)
        continue
      }
      const body = await this.#rest(ahead, bodyStart, header.compressed)
      if (header.kind === 'dictionary') {
        this.#dictionary = readDictionary(header, body, this.#chunk.codec, this.#leaf)
        continue
      }
      this.#open(header, body)
      return true
    }
    return false
  }

  /** Bytes that were read beyond a page, from `#at` on. */
  #ahead: Uint8Array = new Uint8Array(0)

  async #readHeader(): Promise<{ header: PageHeader; ahead: Uint8Array }> {
    for (let wanted = HEADER_BYTES; ; wanted *= 4) {
      const end = Math.min(this.#chunk.end, this.#at + wanted)
      if (this.#ahead.length === 0) this.#ahead = await this.#plan.read(this.#at, end)
      try {
        const header = readPageHeader(this.#ahead, 0)
        const ahead = this.#ahead.subarray(header.length)
        this.#ahead = new Uint8Array(0)
        return { header, ahead }
      } catch (error) {
        if (!(error instanceof ThriftTruncated)) throw error
      }
      const got = this.#at + this.#ahead.length
      const more = Math.min(this.#chunk.end, this.#at + wanted * 4)
      if (got >= this.#chunk.end || wanted > MAX_HEADER_BYTES)
        throw this.#corrupt('has a page whose header is cut off')
      this.#ahead = concatenated([this.#ahead, await this.#plan.read(got, more)])
    }
  }

  async #rest(ahead: Uint8Array, start: number, length: number): Promise<Uint8Array> {
    this.#pushBack(ahead, length)
    if (ahead.length >= length) return ahead.subarray(0, length)
    return concatenated([ahead, await this.#plan.read(start + ahead.length, start + length)])
  }

  #pushBack(ahead: Uint8Array, length: number): void {
    this.#ahead = ahead.length > length ? ahead.subarray(length) : new Uint8Array(0)
  }

  #open(header: PageHeader, body: Uint8Array): void {
    if (body.length < header.compressed) throw this.#corrupt('has a page that is cut off')
    this.#levelsSeen += header.values
    if (this.#levelsSeen > this.#chunk.values && this.#places === undefined)
      throw this.#corrupt(`holds more than the ${this.#chunk.values} values that the footer says`)
    const begins = this.#levelsSeen === header.values
    this.#page = readDataPage(header, body, this.#chunk.codec, this.#leaf, this.#dictionary)
    if (begins && (this.#page.repetition?.[0] ?? 0) > 0) throw this.#corrupt('begins within a row')
    this.#level = 0
    this.#value = 0
  }

  #corrupt(why: string): ReaderError {
    return new ReaderError('Corrupt', `Parquet column '${this.#leaf.path.join('.')}' ${why}`)
  }
}
