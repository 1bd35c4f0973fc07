/**
 * Which rows of a segment hold which term, and how often. Laid out in 32-bit words: the lists of all terms one after another in the
 * order of the terms' hashes, each the places of its rows in order and then a byte for each that says how often; a dictionary of
 * three words a term (hash, where its list begins, how long it is); and every {@link BLOCK}th hash, which alone is kept in memory.
 */

/** Words in memory or of a file. */
export interface Words {
  /**
   * Some of them. What is answered is good until the next call with the same room.
   * @param room where they may be written, if they must be: grown where it is too small
   */
  read(at: number, count: number, room?: Room): Uint32Array
}

/** Room for words that are read, kept from one reading to the next. */
export class Room {
  #words: Uint32Array

  constructor(size = 0) {
    this.#words = new Uint32Array(size)
  }

  of(count: number): Uint32Array {
    if (this.#words.length < count) this.#words = new Uint32Array(Math.max(count, this.#words.length * 2))
    return this.#words.subarray(0, count)
  }
}

export class WordsInMemory implements Words {
  readonly #words: Uint32Array

  constructor(words: Uint32Array) {
    this.#words = words
  }

  read(at: number, count: number): Uint32Array {
    return this.#words.subarray(at, at + count)
  }
}

export const ENTRY_WORDS = 3
const BLOCK = 64
/** How often a term is counted in one row at most. */
export const MOST_TIMES = 255

/** So few are copied one by one. */
const FEW = 32

/** Words of a list of so many rows. */
export const listWords = (rows: number): number => rows + ((rows + 3) >>> 2)

export interface Entry {
  readonly at: number
  readonly rows: number
}

export interface PostingsList {
  readonly places: Uint32Array
  readonly times: Uint8Array
}

export class Postings {
  readonly terms: number
  readonly lists: Words
  readonly dictionary: Words
  readonly #blocks: Uint32Array
  readonly #room = new Room()

  /** @param blocks every {@link BLOCK}th hash of the dictionary */
  constructor(lists: Words, dictionary: Words, terms: number, blocks: Uint32Array) {
    this.lists = lists
    this.dictionary = dictionary
    this.terms = terms
    this.#blocks = blocks
  }

  find(hash: number): Entry | undefined {
    const blocks = this.#blocks
    let low = 0
    let high = blocks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (blocks[middle]! <= hash) low = middle + 1
      else high = middle
    }
    if (low === 0) return undefined
    const first = (low - 1) * BLOCK
    const count = Math.min(BLOCK, this.terms - first)
    const entries = this.dictionary.read(first * ENTRY_WORDS, count * ENTRY_WORDS, this.#room)
    for (let at = 0; at < entries.length; at += ENTRY_WORDS)
      if (entries[at] === hash) return { at: entries[at + 1]!, rows: entries[at + 2]! }
    return undefined
  }

  list({ at, rows }: Entry, room: Room): PostingsList {
    return listOf(this.lists.read(at, listWords(rows), room), rows)
  }
}

/** The list that words hold. */
function listOf(words: Uint32Array, rows: number): PostingsList {
  return {
    places: words.subarray(0, rows),
    times: new Uint8Array(words.buffer, words.byteOffset + rows * 4, rows),
  }
}

/** Lays out lists that come in the order of their terms. */
export class PostingsWriter {
  #lists = new Uint32Array(1 << 12)
  #bytes = new Uint8Array(this.#lists.buffer)
  #used = 0
  /** Words of lists that were taken already. */
  #taken = 0
  #dictionary = new Uint32Array(1 << 10)
  #terms = 0
  readonly #blocks: number[] = []

  get terms(): number {
    return this.#terms
  }

  /** Words of lists that were not taken yet. */
  get waiting(): number {
    return this.#used
  }

  /** The list of a term: places and times from `from` to `to`. */
  add(hash: number, places: Uint32Array, times: Uint8Array, from: number, to: number): void {
    const rows = to - from
    const size = listWords(rows)
    if (this.#taken + this.#used > 0xffff_ffff)
      throw new RangeError('the lists of one segment of search are larger than 16 GB')
    if (this.#used + size > this.#lists.length) this.#growLists(size)
    this.#lists[this.#used + size - 1] = 0
    const bytes = (this.#used + rows) * 4
    if (rows < FEW)
      for (let row = 0; row < rows; row++) {
        this.#lists[this.#used + row] = places[from + row]!
        this.#bytes[bytes + row] = times[from + row]!
      }
    else {
      this.#lists.set(places.subarray(from, to), this.#used)
      this.#bytes.set(times.subarray(from, to), bytes)
    }
    if (this.#terms % BLOCK === 0) this.#blocks.push(hash)
    const entry = this.#terms * ENTRY_WORDS
    if (entry + ENTRY_WORDS > this.#dictionary.length)
      this.#dictionary = grown(this.#dictionary, this.#dictionary.length * 2)
    this.#dictionary[entry] = hash
    this.#dictionary[entry + 1] = this.#taken + this.#used
    this.#dictionary[entry + 2] = rows
    this.#used += size
    this.#terms++
  }

  /** The words of lists that came since the last time; they are written over by what comes next. */
  take(): Uint32Array {
    const words = this.#lists.subarray(0, this.#used)
    this.#taken += this.#used
    this.#used = 0
    return words
  }

  dictionary(): Uint32Array {
    return this.#dictionary.subarray(0, this.#terms * ENTRY_WORDS)
  }

  blocks(): Uint32Array {
    return Uint32Array.from(this.#blocks)
  }

  /** The whole, where nothing was taken. */
  inMemory(): Postings {
    const lists = new WordsInMemory(this.#lists.slice(0, this.#used))
    const dictionary = new WordsInMemory(this.dictionary().slice())
    return new Postings(lists, dictionary, this.#terms, this.blocks())
  }

  #growLists(size: number): void {
    this.#lists = grown(this.#lists, Math.max(this.#used + size, this.#lists.length * 2))
    this.#bytes = new Uint8Array(this.#lists.buffer)
  }
}

function grown(words: Uint32Array, size: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(size)
  larger.set(words)
  return larger
}
