/** Rows turned round: for each term the rows that hold it, as a segment in memory. */
import type { ColumnArrays } from '../columns.ts'
import { VALUES } from '../columns.ts'
import type { IndexedRow } from '../document-row.ts'
import { fieldCount, separator } from '../features.ts'
import { scattered } from '../word-terms.ts'
import { MOST_TIMES, PostingsWriter } from './postings.ts'
import { Segment } from './segment.ts'

/** Who finds a title's words in a document finds them twice. */
const TIMES_OF_TITLE = 2

export function invert(rows: readonly IndexedRow[]): Segment {
  return new Segment(columnArrays(rows), postingsOf(rows))
}

function postingsOf(rows: readonly IndexedRow[]) {
  const most = rows.reduce((sum, { features }) => sum + features.length - fieldCount, 0)
  const terms = new Numbers()
  // One after another as they are met: term, place, times.
  const termOf = new Uint32Array(most)
  const placeOf = new Uint32Array(most)
  const times = new Uint8Array(most)
  /** Of each term, where the posting of the last row is that had it. */
  let last = new Int32Array(1 << 10).fill(-1)
  let count = 0
  for (let place = 0; place < rows.length; place++) {
    const { features } = rows[place]!
    const endOfTitle = fieldCount + features[0]!
    for (let at = fieldCount; at < features.length; at++) {
      const hash = features[at]!
      if (hash === separator) continue
      const term = terms.of(hash)
      if (term >= last.length) last = enlarged(last)
      const more = at < endOfTitle ? TIMES_OF_TITLE : 1
      const before = last[term]!
      if (before >= 0 && placeOf[before] === place)
        times[before] = Math.min(MOST_TIMES, times[before]! + more)
      else {
        termOf[count] = term
        placeOf[count] = place
        times[count] = more
        last[term] = count++
      }
    }
  }
  return laidOut(terms, { termOf, placeOf, times, count })
}

interface Met {
  readonly termOf: Uint32Array
  readonly placeOf: Uint32Array
  readonly times: Uint8Array
  readonly count: number
}

/** Sorted by term by counting; within a term they come in the order of their places already. */
function laidOut(terms: Numbers, { termOf, placeOf, times, count }: Met) {
  const hashes = terms.hashes().slice().sort()
  const rank = new Uint32Array(hashes.length)
  for (let at = 0; at < hashes.length; at++) rank[terms.of(hashes[at]!)] = at
  const ends = new Uint32Array(hashes.length + 1)
  for (let at = 0; at < count; at++) ends[rank[termOf[at]!]! + 1]!++
  for (let at = 0; at < hashes.length; at++) ends[at + 1]! += ends[at]!
  const next = ends.slice()
  const places = new Uint32Array(count)
  const sortedTimes = new Uint8Array(count)
  for (let at = 0; at < count; at++) {
    const to = next[rank[termOf[at]!]!]!++
    places[to] = placeOf[at]!
    sortedTimes[to] = times[at]!
  }
  const writer = new PostingsWriter()
  for (let at = 0; at < hashes.length; at++)
    writer.add(hashes[at]!, places, sortedTimes, ends[at]!, ends[at + 1]!)
  return writer.inMemory()
}

function columnArrays(rows: readonly IndexedRow[]): ColumnArrays {
  const lengths = new Uint16Array(rows.length * fieldCount)
  const tagEnds = new Uint32Array(rows.length + 1)
  for (let place = 0; place < rows.length; place++) {
    const { features, tags } = rows[place]!
    lengths.set(features.subarray(0, fieldCount), place * fieldCount)
    tagEnds[place + 1] = tagEnds[place]! + tags.length
  }
  const tags = new Uint32Array(tagEnds.at(-1)!)
  for (let place = 0; place < rows.length; place++) tags.set(rows[place]!.tags, tagEnds[place]!)
  const values = Array.from({ length: VALUES }, () => new Float64Array(rows.length))
  for (let place = 0; place < rows.length; place++) {
    const { west, south, east, north, from, until, createdAt } = rows[place]!
    values[0]![place] = west ?? Number.NaN
    values[1]![place] = south ?? Number.NaN
    values[2]![place] = east ?? Number.NaN
    values[3]![place] = north ?? Number.NaN
    values[4]![place] = from ?? Number.NaN
    values[5]![place] = until ?? Number.NaN
    values[6]![place] = createdAt
  }
  const id = Int32Array.from(rows, row => row.id)
  const used = Int32Array.from(rows, row => row.used)
  return { id, used, values, lengths, tagEnds, tags }
}

/** Numbers hashes from nought, in the order in which they are met. */
class Numbers {
  #hashes = new Uint32Array(1 << 10)
  #count = 0
  /** A number above each; nought: free. */
  #slots = new Uint32Array(1 << 11)

  of(hash: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    let at = scattered(hash, slots.length)
    for (;;) {
      const number = slots[at]!
      if (number === 0) break
      if (this.#hashes[number - 1] === hash) return number - 1
      at = (at + 1) & mask
    }
    if (this.#count === this.#hashes.length) {
      this.#grow()
      return this.of(hash)
    }
    this.#hashes[this.#count++] = hash
    slots[at] = this.#count
    return this.#count - 1
  }

  hashes(): Uint32Array {
    return this.#hashes.subarray(0, this.#count)
  }

  #grow(): void {
    const hashes = new Uint32Array(this.#hashes.length * 2)
    hashes.set(this.#hashes)
    this.#hashes = hashes
    const slots = new Uint32Array(hashes.length * 2)
    const mask = slots.length - 1
    for (let number = 0; number < this.#count; number++) {
      const hash = hashes[number]!
      let at = scattered(hash, slots.length)
      while (slots[at] !== 0) at = (at + 1) & mask
      slots[at] = number + 1
    }
    this.#slots = slots
  }
}

function enlarged(list: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(list.length * 2).fill(-1)
  larger.set(list)
  return larger
}
