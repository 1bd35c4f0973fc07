import { numberOf } from './tags.ts'

/**
 * How often tags are met: one array over all tags that were made, kept from count to count, and nought between them. A map of the
 * tens of thousands that ten thousand documents carry takes longer to make than they take to be looked at.
 */
export class TagCounter {
  #met = new Uint32Array(1 << 16)
  #tags: number[] = []

  /** Counts a tag once more. */
  add(tag: number): void {
    const number = numberOf(tag)
    if (number >= this.#met.length) this.#grow(number)
    if (this.#met[number]!++ === 0) this.#tags.push(tag)
  }

  /** The tags that were met with how often, in no order; counting begins anew. */
  take(): { readonly tags: readonly number[]; readonly counts: Uint32Array } {
    const tags = this.#tags
    const counts = new Uint32Array(tags.length)
    for (const [place, tag] of tags.entries()) {
      const number = numberOf(tag)
      counts[place] = this.#met[number]!
      this.#met[number] = 0
    }
    this.#tags = []
    return { tags, counts }
  }

  #grow(number: number): void {
    const met = new Uint32Array(Math.max(number + 1, this.#met.length * 2))
    met.set(this.#met)
    this.#met = met
  }
}
