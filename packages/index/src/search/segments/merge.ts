/** Several segments made into one: the lists of each term one after another, less the rows that were taken out. */
import type { ColumnArrays } from '../columns.ts'
import { VALUES } from '../columns.ts'
import { fieldCount } from '../features.ts'
import type { Postings, PostingsWriter } from './postings.ts'
import { ENTRY_WORDS, listWords, Room } from './postings.ts'
import type { Segment } from './segment.ts'

/** Postings between two pauses: some milliseconds. */
const POSTINGS_A_TURN = 500_000
/** Entries and words of lists that are read at once. */
const ENTRIES_READ = 4_096
const WORDS_READ = 1 << 16

export class Merging {
  /** How many rows there are. */
  readonly rows: number
  readonly #sources: readonly Segment[]
  /** Of each source: the new place of each row, or -1. */
  readonly #places: readonly Int32Array[]

  /** Takes the rows that are there now: what is taken out later must be taken out of the result. */
  constructor(sources: readonly Segment[]) {
    this.#sources = sources
    let rows = 0
    this.#places = sources.map(({ columns: { here } }) => {
      const places = new Int32Array(here.length)
      for (let row = 0; row < here.length; row++) places[row] = here[row] === 1 ? rows++ : -1
      return places
    })
    this.rows = rows
  }

  /** The ids of the rows of a source that are not in the result. */
  leftOut(source: Segment): number[] {
    const places = this.#places[this.#sources.indexOf(source)]!
    const { id } = source.columns.arrays
    const ids: number[] = []
    for (let row = 0; row < places.length; row++) if (places[row]! < 0) ids.push(id[row]!)
    return ids
  }

  /** Writes the lists; yields wherever there may be a pause. */
  *postings(writer: PostingsWriter): Generator<void> {
    const cursors = this.#sources.map(({ postings }) => new TermCursor(postings))
    let places = new Uint32Array(1 << 10)
    let times = new Uint8Array(1 << 10)
    let since = 0
    for (;;) {
      let hash = Number.POSITIVE_INFINITY
      let most = 0
      for (const cursor of cursors) {
        if (cursor.hash < hash) {
          hash = cursor.hash
          most = 0
        }
        if (cursor.hash === hash) most += cursor.rows
      }
      if (hash === Number.POSITIVE_INFINITY) return
      if (most > places.length) {
        places = new Uint32Array(most * 2)
        times = new Uint8Array(most * 2)
      }
      let rows = 0
      for (let index = 0; index < cursors.length; index++) {
        const cursor = cursors[index]!
        if (cursor.hash !== hash) continue
        rows = cursor.copy(this.#places[index]!, places, times, rows)
        cursor.next()
      }
      if (rows > 0) writer.add(hash, places, times, 0, rows)
      since += most + 1
      if (since >= POSTINGS_A_TURN) {
        since = 0
        yield
      }
    }
  }

  /** The columns; yields wherever there may be a pause. */
  *columns(): Generator<void, ColumnArrays> {
    const all = this.#sources.map(({ columns }) => columns.arrays)
    const gather = <Column extends Int32Array | Float64Array | Uint16Array>(
      into: Column,
      of: (arrays: ColumnArrays) => Column,
      width = 1,
    ): Column => {
      for (const [index, arrays] of all.entries()) {
        const column = of(arrays)
        const places = this.#places[index]!
        for (let row = 0; row < places.length; row++) {
          const place = places[row]!
          if (place >= 0)
            for (let part = 0; part < width; part++) into[place * width + part] = column[row * width + part]!
        }
      }
      return into
    }
    const id = gather(new Int32Array(this.rows), arrays => arrays.id)
    const used = gather(new Int32Array(this.rows), arrays => arrays.used)
    const values: Float64Array[] = []
    for (let column = 0; column < VALUES; column++) {
      yield
      values.push(gather(new Float64Array(this.rows), arrays => arrays.values[column]!))
    }
    yield
    const lengths = gather(new Uint16Array(this.rows * fieldCount), arrays => arrays.lengths, fieldCount)
    yield
    return { id, used, values, lengths, ...this.#tags(all) }
  }

  #tags(all: readonly ColumnArrays[]): Pick<ColumnArrays, 'tagEnds' | 'tags'> {
    const tagEnds = new Uint32Array(this.rows + 1)
    for (const [index, arrays] of all.entries())
      for (const [row, place] of this.#places[index]!.entries())
        if (place >= 0) tagEnds[place + 1] = arrays.tagEnds[row + 1]! - arrays.tagEnds[row]!
    for (let place = 0; place < this.rows; place++) tagEnds[place + 1]! += tagEnds[place]!
    const tags = new Uint32Array(tagEnds[this.rows]!)
    for (const [index, arrays] of all.entries())
      for (const [row, place] of this.#places[index]!.entries())
        if (place >= 0)
          for (let from = arrays.tagEnds[row]!, to = tagEnds[place]!; from < arrays.tagEnds[row + 1]!; )
            tags[to++] = arrays.tags[from++]!
    return { tagEnds, tags }
  }
}

/** Goes through the terms of a segment in order, reading ahead. */
class TermCursor {
  /** Of the term; infinite after the last. */
  hash = Number.POSITIVE_INFINITY
  rows = 0
  readonly #postings: Postings
  readonly #room = new Room()
  readonly #listRoom = new Room()
  #term = 0
  #entries: Uint32Array = new Uint32Array(0)
  /** Of the entry among those read. */
  #place = 0
  #words: Uint32Array = new Uint32Array(0)
  #bytes: Uint8Array = new Uint8Array(0)
  /** Where the words begin that were read. */
  #from = 0
  /** Words of lists in all: the last ends there. */
  readonly #end: number

  constructor(postings: Postings) {
    this.#postings = postings
    const { terms, dictionary } = postings
    const last = terms === 0 ? undefined : dictionary.read((terms - 1) * ENTRY_WORDS, ENTRY_WORDS, this.#room)
    this.#end = last ? last[1]! + listWords(last[2]!) : 0
    this.#take()
  }

  next(): void {
    this.#term++
    this.#place += ENTRY_WORDS
    this.#take()
  }

  /**
   * Adds the term's list to another, but for rows without a new place.
   * @returns how long it is then
   */
  copy(news: Int32Array, places: Uint32Array, times: Uint8Array, length: number): number {
    const begin = this.#find()
    const words = this.#words
    const bytes = this.#bytes
    const rows = this.rows
    const timesAt = (begin + rows) * 4
    let to = length
    for (let at = 0; at < rows; at++) {
      const place = news[words[begin + at]!]!
      if (place < 0) continue
      places[to] = place
      times[to++] = bytes[timesAt + at]!
    }
    return to
  }

  /** Where the term's list is among the words that are read. */
  #find(): number {
    const at = this.#entries[this.#place + 1]!
    const count = listWords(this.rows)
    if (at < this.#from || at + count > this.#from + this.#words.length) {
      this.#from = at
      const read = Math.min(Math.max(count, WORDS_READ), this.#end - at)
      this.#words = this.#postings.lists.read(at, read, this.#listRoom)
      this.#bytes = new Uint8Array(this.#words.buffer, this.#words.byteOffset, read * 4)
    }
    return at - this.#from
  }

  #take(): void {
    const { terms, dictionary } = this.#postings
    if (this.#term >= terms) {
      this.hash = Number.POSITIVE_INFINITY
      return
    }
    if (this.#place >= this.#entries.length) {
      const count = Math.min(ENTRIES_READ, terms - this.#term)
      this.#entries = dictionary.read(this.#term * ENTRY_WORDS, count * ENTRY_WORDS, this.#room)
      this.#place = 0
    }
    this.hash = this.#entries[this.#place]!
    this.rows = this.#entries[this.#place + 2]!
  }
}
