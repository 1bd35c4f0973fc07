/** Which rows of a segment carry which tags, as compressed sparse rows both ways: tags of a row, rows of a tag. */
export interface TagPiece {
  /** Tags of row `i` are `tags[tagEnds[i]]` up to `tags[tagEnds[i + 1]]`. */
  readonly tagEnds: Int32Array
  readonly tags: Int32Array
}

interface SparseRows {
  /** Entries of `i` are from `ends[i]` up to `ends[i + 1]`. */
  readonly ends: Uint32Array
  readonly entries: Uint32Array
}

export class TagColumns {
  readonly #size: number
  readonly #tags: SparseRows
  readonly #rows: SparseRows
  /** How often each tag was met in the count under way; nought between counts. */
  readonly #met: Uint32Array

  /**
   * @param places where each piece's rows are
   * @param size how many places there are
   */
  constructor(pieces: readonly TagPiece[], places: readonly Uint32Array[], size: number) {
    this.#size = size
    this.#tags = tagsOfRows(pieces, places, size)
    this.#rows = inverse(this.#tags)
    this.#met = new Uint32Array(this.#rows.ends.length)
  }

  /** The places of rows that carry one of the tags, each once, in order. */
  carrying(tags: readonly number[]): Uint32Array {
    const { ends, entries } = this.#rows
    const lists = tags.map(tag => entries.subarray(ends[tag] ?? 0, ends[tag + 1] ?? 0))
    if (lists.length === 1) return lists[0]!
    const mask = new Uint8Array(this.#size)
    let count = 0
    for (const list of lists)
      for (const row of list) {
        count += 1 - mask[row]!
        mask[row] = 1
      }
    const rows = new Uint32Array(count)
    for (let row = 0, at = 0; at < count; row++) if (mask[row] === 1) rows[at++] = row
    return rows
  }

  /** Whether the row at a place carries one of the tags. */
  carries(place: number, tags: ReadonlySet<number>): boolean {
    const { ends, entries } = this.#tags
    for (let at = ends[place]!; at < ends[place + 1]!; at++) if (tags.has(entries[at]!)) return true
    return false
  }

  /** Adds how many of the rows carry each tag whose low four bits are among the kinds (a bit for each). */
  count(rows: Uint32Array, kinds: number, counts: Map<number, number>): void {
    const { ends, entries } = this.#tags
    const found: number[] = []
    for (const row of rows)
      for (let at = ends[row]!; at < ends[row + 1]!; at++) {
        const tag = entries[at]!
        if ((kinds & (1 << (tag & 15))) !== 0 && this.#met[tag]!++ === 0) found.push(tag)
      }
    for (const tag of found) {
      counts.set(tag, (counts.get(tag) ?? 0) + this.#met[tag]!)
      this.#met[tag] = 0
    }
  }
}

function tagsOfRows(pieces: readonly TagPiece[], places: readonly Uint32Array[], size: number): SparseRows {
  const ends = new Uint32Array(size + 1)
  for (const [index, { tagEnds }] of pieces.entries())
    for (const [row, place] of places[index]!.entries()) ends[place + 1] = tagEnds[row + 1]! - tagEnds[row]!
  for (let place = 0; place < size; place++) ends[place + 1]! += ends[place]!
  const entries = new Uint32Array(ends[size]!)
  for (const [index, { tagEnds, tags }] of pieces.entries())
    for (const [row, place] of places[index]!.entries())
      entries.set(tags.subarray(tagEnds[row]!, tagEnds[row + 1]!), ends[place]!)
  return { ends, entries }
}

function inverse({ ends, entries }: SparseRows): SparseRows {
  let highest = 0
  for (const entry of entries) if (entry > highest) highest = entry
  const begins = new Uint32Array(highest + 2)
  for (const entry of entries) begins[entry + 1]!++
  for (let entry = 0; entry <= highest; entry++) begins[entry + 1]! += begins[entry]!
  const rows = new Uint32Array(entries.length)
  const next = begins.slice()
  for (let row = 0; row < ends.length - 1; row++)
    for (let at = ends[row]!; at < ends[row + 1]!; at++) rows[next[entries[at]!]!++] = row
  return { ends: begins, entries: rows }
}
