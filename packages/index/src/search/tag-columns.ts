import type { TagCounter } from './tag-counter.ts'
import { kindPlace, numberOf } from './tags.ts'

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
  readonly #numbers: Numbers

  /**
   * @param places where each piece's rows are
   * @param size how many places there are
   */
  constructor(pieces: readonly TagPiece[], places: readonly Uint32Array[], size: number) {
    this.#size = size
    this.#tags = tagsOfRows(pieces, places, size)
    this.#numbers = numbersOf(this.#tags.entries)
    this.#rows = inverse(this.#tags, this.#numbers)
  }

  /** The places of rows that carry one of the tags, each once, in order. */
  carrying(tags: readonly number[]): Uint32Array {
    const { ends, entries } = this.#rows
    const lists = tags.map(tag => {
      const number = this.#numbers.of(tag)
      return entries.subarray(ends[number] ?? 0, ends[number + 1] ?? 0)
    })
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

  /** Counts the tags of the rows whose low four bits are among the kinds (a bit for each). */
  count(rows: Uint32Array, kinds: number, counter: TagCounter): void {
    const { ends, entries } = this.#tags
    for (const row of rows)
      for (let at = ends[row]!; at < ends[row + 1]!; at++) {
        const tag = entries[at]!
        if ((kinds & (1 << kindPlace(tag))) !== 0) counter.add(tag)
      }
  }
}

/** Tags as numbers from nought that arrays are laid out by. */
interface Numbers {
  readonly size: number
  /** Of a tag that no row carries: any number that stands for none of theirs. */
  of(tag: number): number
}

/** Tags are counted as they are made. Where only few of all are carried, those are counted anew. */
function numbersOf(entries: Uint32Array): Numbers {
  let highest = 0
  for (let at = 0; at < entries.length; at++) if (entries[at]! > highest) highest = entries[at]!
  const made = numberOf(highest) + 1
  if (made <= entries.length * 4) return { size: made, of: numberOf }
  const tags = entries.slice().sort()
  let size = 0
  for (let at = 0; at < tags.length; at++)
    if (size === 0 || tags[size - 1] !== tags[at]) tags[size++] = tags[at]!
  return { size, of: tag => placeOf(tag, tags, size) }
}

/** Where a tag stands among the first `size`, which ascend; `size` where it does not. */
function placeOf(tag: number, tags: Uint32Array, size: number): number {
  let low = 0
  let high = size
  while (low < high) {
    const middle = (low + high) >>> 1
    if (tags[middle]! < tag) low = middle + 1
    else high = middle
  }
  return low < size && tags[low] === tag ? low : size
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

function inverse({ ends, entries }: SparseRows, { size, of }: Numbers): SparseRows {
  const begins = new Uint32Array(size + 1)
  const numbers = new Uint32Array(entries.length)
  for (let at = 0; at < entries.length; at++) {
    numbers[at] = of(entries[at]!)
    begins[numbers[at]! + 1]!++
  }
  for (let number = 0; number < size; number++) begins[number + 1]! += begins[number]!
  const rows = new Uint32Array(entries.length)
  const next = begins.slice()
  for (let row = 0; row < ends.length - 1; row++)
    for (let at = ends[row]!; at < ends[row + 1]!; at++) rows[next[numbers[at]!]!++] = row
  return { ends: begins, entries: rows }
}
