/**
 * Okapi BM25 (Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009) of every row that holds one of the
 * terms, added up list by list in one array over all rows. One set of arrays serves all segments of a thread, one request after another.
 */
import { information } from '../statistics.ts'
import type { PostingsList } from './postings.ts'

const K1 = 1.2
const B = 0.75

/** What the length of each row divides by: `k1 (1 - b + b length / mean)`. */
export function normsOf(lengths: Uint16Array, fields: number): Float32Array {
  const rows = lengths.length / fields
  const norms = new Float32Array(rows)
  let sum = 0
  for (let place = 0, at = 0; place < rows; place++) {
    // The title counts twice.
    let length = lengths[at]!
    for (let field = 0; field < fields; field++) length += lengths[at++]!
    norms[place] = length
    sum += length
  }
  const mean = sum / rows || 1
  for (let place = 0; place < rows; place++) norms[place] = K1 * (1 - B + (B * norms[place]!) / mean)
  return norms
}

/** Marks a row that holds one of the words of which any will do. */
const ANY = 1 << 15

/** Scores of rows by place, and which of them are there. */
export class Scores {
  /** Above nought for rows that hold a term. */
  of = new Float32Array(0)
  #touched = new Uint32Array(0)
  #count = 0
  /** How many of the needed terms a row holds, and {@link ANY}. */
  #met = new Uint16Array(0)
  #hasMet = false

  /** The places that have a score, in no order. */
  get touched(): Uint32Array {
    return this.#touched.subarray(0, this.#count)
  }

  /** Makes room for so many rows, all without a score. */
  begin(rows: number): void {
    if (this.of.length < rows) {
      this.of = new Float32Array(rows)
      this.#touched = new Uint32Array(rows)
      this.#met = new Uint16Array(rows)
    }
  }

  /** @param rows of the whole segment */
  add({ places, times }: PostingsList, norms: Float32Array, rows: number): void {
    const weight = information(rows, places.length) * (K1 + 1)
    const scores = this.of
    const touched = this.#touched
    let count = this.#count
    for (let at = 0; at < places.length; at++) {
      const place = places[at]!
      const often = times[at]!
      const before = scores[place]!
      if (before === 0) touched[count++] = place
      scores[place] = before + (weight * often) / (often + norms[place]!)
    }
    this.#count = count
  }

  /** The rows of a list hold one more of the terms that are needed, or one of those of which any will do. */
  mark({ places }: PostingsList, as: 'needed' | 'any'): void {
    const met = this.#met
    this.#hasMet = true
    if (as === 'needed') for (const place of places) met[place]!++
    else for (const place of places) met[place]! |= ANY
  }

  /** Takes the score from rows that were not marked so. */
  keepMarked(needed: number, any: boolean): void {
    for (let at = 0; at < this.#count; at++) {
      const place = this.#touched[at]!
      const met = this.#met[place]!
      if ((met & (ANY - 1)) !== needed || (any && (met & ANY) === 0)) this.of[place] = 0
    }
  }

  /** Takes the score from the rows of a list. */
  drop({ places }: PostingsList): void {
    for (const place of places) this.of[place] = 0
  }

  /** Forgets all scores. */
  end(): void {
    const touched = this.touched
    for (const place of touched) this.of[place] = 0
    if (this.#hasMet) for (const place of touched) this.#met[place] = 0
    this.#hasMet = false
    this.#count = 0
  }
}
