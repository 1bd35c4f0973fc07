import type { TagCounter } from './tag-counter.ts'
import { kindPlace, numberOf } from './tags.ts'

/** Which rows of a segment carry which tags, as compressed sparse rows both ways: tags of a row, rows of a tag. */
export interface TagArrays {
  /** Tags of row `i` are `tags[tagEnds[i]]` up to `tags[tagEnds[i + 1]]`. */
  readonly tagEnds: Uint32Array
  readonly tags: Uint32Array
}

interface SparseRows {
  /** Entries of `i` are from `ends[i]` up to `ends[i + 1]`. */
  readonly ends: Uint32Array
  readonly entries: Uint32Array
}

export class TagColumns {
  readonly #size: number
  readonly #tags: SparseRows
  /** Made when a filter first asks. */
  #inverse: { readonly rows: SparseRows; readonly numbers: Numbers } | undefined

  constructor({ tagEnds, tags }: TagArrays) {
    this.#size = tagEnds.length - 1
    this.#tags = { ends: tagEnds, entries: tags }
  }

  /** The places of rows that carry one of the tags, each once, in order. */
  carrying(tags: readonly number[]): Uint32Array {
    this.#inverse ??= inverse(this.#tags)
    const { rows, numbers } = this.#inverse
    const { ends, entries } = rows
    const lists = tags.map(tag => {
      const number = numbers.of(tag)
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
    const carrying = new Uint32Array(count)
    for (let row = 0, at = 0; at < count; row++) if (mask[row] === 1) carrying[at++] = row
    return carrying
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

function inverse({ ends, entries }: SparseRows): { readonly rows: SparseRows; readonly numbers: Numbers } {
  const known = numbersOf(entries)
  const { size, of } = known
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
  return { rows: { ends: begins, entries: rows }, numbers: known }
}
