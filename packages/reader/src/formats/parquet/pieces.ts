/**
 * Byte strings that lie in a page: views of them are made when they are asked for, since a few kilobytes can hold sixteen million
 * of no bytes, and each view takes a hundred.
 */
export class Pieces {
  readonly length: number
  readonly #bytes: Uint8Array
  readonly #starts: Uint32Array
  readonly #ends: Uint32Array

  constructor(bytes: Uint8Array, starts: Uint32Array, ends: Uint32Array) {
    this.length = starts.length
    this.#bytes = bytes
    this.#starts = starts
    this.#ends = ends
  }

  /** Those of one width. */
  static ofWidth(bytes: Uint8Array, width: number, count: number): Pieces {
    const starts = new Uint32Array(count)
    const ends = new Uint32Array(count)
    for (let at = 0; at < count; at++) {
      starts[at] = at * width
      ends[at] = (at + 1) * width
    }
    return new Pieces(bytes, starts, ends)
  }

  slice(from: number, to: number): Uint8Array[] {
    return Array.from({ length: Math.max(0, Math.min(to, this.length) - from) }, (_, at) =>
      this.#bytes.subarray(this.#starts[from + at], this.#ends[from + at]),
    )
  }
}
