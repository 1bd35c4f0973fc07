/**
 * Where the row of an id is: a hash table in one typed array, 8 to 16 bytes an id. Searching a sorted list of a million misses the
 * processor's cache at nearly every step; this misses it about once.
 */
export class Places {
  /** Pairs of an id and a place; place {@link NONE}: free. */
  readonly #slots: Int32Array
  readonly #shift: number

  /** @param ids by place, each once */
  constructor(ids: Int32Array) {
    const bits = Math.max(4, Math.ceil(Math.log2(ids.length * 1.5 + 1)))
    this.#shift = 32 - bits
    this.#slots = new Int32Array(2 << bits).fill(NONE)
    for (let place = 0; place < ids.length; place++) {
      const at = this.#find(ids[place]!)
      this.#slots[at] = ids[place]!
      this.#slots[at + 1] = place
    }
  }

  of(id: number): number | undefined {
    const place = this.#slots[this.#find(id) + 1]!
    return place === NONE ? undefined : place
  }

  /** The slot of an id, or the free one where it would be. */
  #find(id: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    // Fibonacci hashing (Knuth, The Art of Computer Programming, 6.4): the upper bits of the product are the mixed ones.
    let at = (Math.imul(id, 0x9e3779b1) >>> this.#shift) * 2
    while (slots[at + 1] !== NONE && slots[at] !== id) at = (at + 2) & mask
    return at
  }
}

const NONE = -1
