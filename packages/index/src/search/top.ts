/** The best of many, one after another: a heap of bounded size whose root is the worst that is kept. */
import type { Candidate } from './source.ts'

export class Top {
  readonly #scores: Float64Array
  readonly #ids: Int32Array
  #size = 0

  /** @param most how many are kept */
  constructor(most: number) {
    this.#scores = new Float64Array(most)
    this.#ids = new Int32Array(most)
  }

  /** Higher scores are better, and of equal ones higher ids. */
  offer(id: number, score: number): void {
    if (this.#size < this.#ids.length) {
      this.#rise(this.#size++, id, score)
      return
    }
    const worst = this.#scores[0]!
    if (score > worst || (score === worst && id > this.#ids[0]!)) this.#sink(id, score)
  }

  /** Best first. */
  list(): Candidate[] {
    return Array.from({ length: this.#size }, (_, at) => ({
      id: this.#ids[at]!,
      score: this.#scores[at]!,
    })).sort((a, b) => b.score - a.score || b.id - a.id)
  }

  #isWorse(at: number, id: number, score: number): boolean {
    const other = this.#scores[at]!
    return other < score || (other === score && this.#ids[at]! < id)
  }

  #put(at: number, id: number, score: number): void {
    this.#ids[at] = id
    this.#scores[at] = score
  }

  #rise(from: number, id: number, score: number): void {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.#isWorse(parent, id, score)) break
      this.#put(at, this.#ids[parent]!, this.#scores[parent]!)
      at = parent
    }
    this.#put(at, id, score)
  }

  #sink(id: number, score: number): void {
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= this.#size) break
      const right = child + 1
      if (right < this.#size && this.#isWorse(right, this.#ids[child]!, this.#scores[child]!)) child = right
      if (!this.#isWorse(child, id, score)) break
      this.#put(at, this.#ids[child]!, this.#scores[child]!)
      at = child
    }
    this.#put(at, id, score)
  }
}
