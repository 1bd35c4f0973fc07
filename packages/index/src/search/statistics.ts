/**
 * How common terms are in all that search holds: document frequencies by term hash and mean field lengths, kept in memory
 * and bounded. Re-ranking needs one set of statistics for all tables, however they are split.
 */
import { fieldCount } from './features.ts'

/** Beyond this many distinct terms the rarest are forgotten (lossy counting), a quarter of them at least. */
const mostTerms = 600_000

export class Statistics {
  #documents = 0
  readonly #lengths = new Float64Array(fieldCount)
  readonly #frequency = new Map<number, number>()
  readonly #most: number

  constructor(most = mostTerms) {
    this.#most = most
  }

  get documents(): number {
    return this.#documents
  }

  /** Mean number of terms of a field, at least 1. */
  meanLength(field: number): number {
    return Math.max(1, this.#lengths[field]! / Math.max(1, this.#documents))
  }

  frequency(hash: number): number {
    return this.#frequency.get(hash | 0) ?? 0
  }

  add(features: Uint32Array): void {
    this.#count(features, 1)
    if (this.#frequency.size > this.#most) this.#forgetRarest()
  }

  remove(features: Uint32Array): void {
    this.#count(features, -1)
  }

  clear(): void {
    this.#documents = 0
    this.#lengths.fill(0)
    this.#frequency.clear()
  }

  /** Serialised: number of documents, field lengths, then pairs of hash and frequency. */
  pack(): Buffer {
    const head = Float64Array.from([this.#documents, ...this.#lengths])
    const pairs = new Int32Array(this.#frequency.size * 2)
    let at = 0
    for (const [hash, count] of this.#frequency) {
      pairs[at++] = hash
      pairs[at++] = count
    }
    return Buffer.concat([Buffer.from(head.buffer), Buffer.from(pairs.buffer)])
  }

  load(packed: Uint8Array): void {
    this.clear()
    const copy = new Uint8Array(packed).buffer
    const head = new Float64Array(copy, 0, fieldCount + 1)
    this.#documents = head[0]!
    for (let field = 0; field < fieldCount; field++) this.#lengths[field] = head[field + 1]!
    const pairs = new Int32Array(copy, head.byteLength)
    for (let at = 0; at < pairs.length; at += 2) this.#frequency.set(pairs[at]!, pairs[at + 1]!)
  }

  /** So many at once that the next time is far: whoever looks through all terms does so once in a great many documents. */
  #forgetRarest(): void {
    for (let least = 1; this.#frequency.size > this.#most * 0.75; least *= 2)
      for (const [hash, count] of this.#frequency) if (count <= least) this.#frequency.delete(hash)
  }

  #count(features: Uint32Array, sign: 1 | -1): void {
    this.#documents += sign
    for (let field = 0; field < fieldCount; field++) this.#lengths[field]! += sign * features[field]!
    // Those that are equal lie side by side.
    const hashes = features.slice(fieldCount).sort()
    for (let at = 0; at < hashes.length; at++) {
      if (at > 0 && hashes[at] === hashes[at - 1]) continue
      const hash = hashes[at]! | 0
      const count = (this.#frequency.get(hash) ?? 0) + sign
      if (count > 0) this.#frequency.set(hash, count)
      else this.#frequency.delete(hash)
    }
  }
}
