/**
 * The terms of words that were met before, by the letters of a text itself: to cut a word out of a text only to look it up costs
 * several times as much as to look it up.
 */

import { randomInt } from 'node:crypto'

/** Fowler, Noll & Vo, FNV-1a of 32 bits, over UTF-16 units, ASCII letters in lower case. */
export function fnv(text: string, start = 0, end: number = text.length): number {
  let hash = 0x811c9dc5
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ lower(text.charCodeAt(at)), 0x01000193)
  return hash
}

const lower = (unit: number): number => (unit >= 65 && unit <= 90 ? unit + 32 : unit)

const SLOTS = 1 << 18
/** Words of one place that are gone through: strangers choose words, and some whose hashes are equal. */
const MOST_TRIES = 64
/** Where a word's place is, nobody outside knows. */
const SEED = randomInt(2 ** 32)
/** Words that are remembered; all are forgotten when they are more. */
const MOST_WORDS = 100_000

/** Place among so many, a power of two, of a hash that strangers chose. */
export const scattered = (hash: number, slots: number): number =>
  Math.imul(hash ^ SEED, 0x9e3779b1 ^ (SEED & ~1)) >>> (Math.clz32(slots) + 1)

export class WordTerms {
  readonly #termOf: (word: string) => number
  readonly #words: (string | undefined)[] = Array(SLOTS).fill(undefined)
  readonly #hashes = new Int32Array(SLOTS)
  readonly #terms = new Uint32Array(SLOTS)
  #count = 0

  /** @param termOf what stands for a word, made once */
  constructor(termOf: (word: string) => number) {
    this.#termOf = termOf
  }

  /** What stands for the word that a text has from `start` to `end`, ASCII letters in either case. */
  of(text: string, start: number, end: number): number {
    const hash = fnv(text, start, end)
    let slot = scattered(hash, SLOTS)
    let tries = 0
    for (; ; tries++) {
      const word = this.#words[slot]
      if (word === undefined) break
      if (this.#hashes[slot] === hash && isSame(word, text, start, end)) return this.#terms[slot]!
      if (tries === MOST_TRIES) break
      slot = (slot + 1) & (SLOTS - 1)
    }
    const folded = text.slice(start, end).replace(/[A-Z]+/g, part => part.toLowerCase())
    // A copy: a part of a string keeps all of it in memory.
    const word = Buffer.from(folded, 'utf16le').toString('utf16le')
    const term = this.#termOf(word)
    if (tries === MOST_TRIES) return term
    if (this.#count >= MOST_WORDS) {
      this.#words.fill(undefined)
      this.#count = 0
      slot = scattered(hash, SLOTS)
    }
    this.#words[slot] = word
    this.#hashes[slot] = hash
    this.#terms[slot] = term
    this.#count++
    return term
  }
}

function isSame(word: string, text: string, start: number, end: number): boolean {
  if (word.length !== end - start) return false
  for (let at = 0; at < word.length; at++)
    if (word.charCodeAt(at) !== lower(text.charCodeAt(start + at))) return false
  return true
}
