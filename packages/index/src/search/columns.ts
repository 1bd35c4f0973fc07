/**
 * What filters, orders and counts ask of a segment, in memory: one array for each value, in the order of the table's rows, and
 * for each tag the rows that carry it. A filter is one pass over the rows of its rarest tag, or over all; at a million datasets
 * that is milliseconds, where intersecting the sets that indices on disk give takes hundreds. About 120 bytes a dataset.
 */
import { type Envelope, unwrap } from './boxes.ts'
import type { BrowseOrder, Candidate, Candidates, ResolvedFilter } from './source.ts'
import { isUnfiltered } from './source.ts'
import { Top } from './top.ts'

/** Rows of a segment as they are read, a piece of the table at a time. */
export interface ColumnPiece {
  /** Where each row lies in the table: fragment and offset within it, as pairs of 32-bit words, the offset first. */
  readonly addresses: Uint32Array
  readonly id: Int32Array
  /** West, south, east, north, first and last year, milliseconds of creation; NaN where nothing is known. */
  readonly values: readonly Float64Array[]
  readonly used: Int32Array
  /** Tags of row `i` are `tags[tagEnds[i]]` up to `tags[tagEnds[i + 1]]`. */
  readonly tagEnds: Int32Array
  readonly tags: Int32Array
}

/** Filters whose rows are remembered: one page asks the same filter several times. */
const remembered = 8

export class Columns {
  readonly #id: Int32Array
  readonly #values: readonly Float64Array[]
  readonly #used: Int32Array
  /** 1 for rows that are there: fragments keep the places of rows that were deleted. */
  readonly #here: Uint8Array
  readonly #fragments = new Map<number, number>()
  /** Tags in order; rows of the tag at place `i` are `#tagRows` from `#tagEnds[i]` up to `#tagEnds[i + 1]`. */
  readonly #tags: Int32Array
  readonly #tagEnds: Uint32Array
  readonly #tagRows: Uint32Array
  readonly #known = new Map<string, Uint32Array>()
  #count: number

  constructor(pieces: readonly ColumnPiece[]) {
    const places = this.#place(pieces)
    this.#id = new Int32Array(places)
    this.#values = Array.from({ length: 7 }, () => new Float64Array(places).fill(Number.NaN))
    this.#used = new Int32Array(places)
    this.#here = new Uint8Array(places)
    this.#count = 0
    const sizes = new Map<number, number>()
    for (const piece of pieces) {
      this.#count += piece.id.length
      for (let row = 0; row < piece.id.length; row++) {
        const place = this.place(piece.addresses, row)
        this.#here[place] = 1
        this.#id[place] = piece.id[row]!
        this.#used[place] = piece.used[row]!
        for (const [column, values] of this.#values.entries()) values[place] = piece.values[column]![row]!
      }
      for (const tag of piece.tags) sizes.set(tag, (sizes.get(tag) ?? 0) + 1)
    }
    this.#tags = Int32Array.from(sizes.keys()).sort()
    this.#tagEnds = new Uint32Array(this.#tags.length + 1)
    const next = new Map<number, number>()
    for (const [index, tag] of this.#tags.entries()) {
      next.set(tag, this.#tagEnds[index]!)
      this.#tagEnds[index + 1] = this.#tagEnds[index]! + sizes.get(tag)!
    }
    this.#tagRows = new Uint32Array(this.#tagEnds.at(-1)!)
    for (const piece of pieces)
      for (let row = 0; row < piece.id.length; row++) {
        const place = this.place(piece.addresses, row)
        for (let at = piece.tagEnds[row]!; at < piece.tagEnds[row + 1]!; at++) {
          const to = next.get(piece.tags[at]!)!
          this.#tagRows[to] = place
          next.set(piece.tags[at]!, to + 1)
        }
      }
  }

  /** Number of rows. */
  get count(): number {
    return this.#count
  }

  /** The id of the row at a place. */
  id(place: number): number {
    return this.#id[place]!
  }

  /** The place of the row at an address. */
  place(addresses: Uint32Array, row: number): number {
    return this.#fragments.get(addresses[row * 2 + 1]!)! + addresses[row * 2]!
  }

  /** The places of the rows that pass, in order; undefined for all. */
  passing(filter: ResolvedFilter): Uint32Array | undefined {
    if (isUnfiltered(filter)) return undefined
    const key = JSON.stringify({ ...filter, polygon: filter.polygon?.envelope }, (_, value) =>
      typeof value === 'number' ? String(value) : value,
    )
    const known = this.#known.get(key)
    if (known) return known
    const rows = this.#find(filter)
    if (this.#known.size >= remembered) this.#known.delete(this.#known.keys().next().value!)
    this.#known.set(key, rows)
    return rows
  }

  /** One byte for each place, 1 where a row passes. */
  mask(rows: Uint32Array): Uint8Array {
    const mask = new Uint8Array(this.#here.length)
    for (const row of rows) mask[row] = 1
    return mask
  }

  /** By key descending, then id descending, after a position. */
  browse(
    filter: ResolvedFilter,
    order: BrowseOrder,
    after: Candidate | undefined,
    limit: number,
  ): Candidates {
    const keys = order === 'newest' ? this.#values[CREATED]! : this.#used
    const top = new Top(limit)
    const rows = this.passing(filter)
    const size = rows?.length ?? this.#here.length
    for (let index = 0; index < size; index++) {
      const row = rows ? rows[index]! : index
      if (!rows && this.#here[row] === 0) continue
      const key = keys[row]!
      const id = this.#id[row]!
      if (after && (key > after.score || (key === after.score && id >= after.id))) continue
      top.offer(id, key)
    }
    const list = top.list()
    return { list, truncated: list.length >= limit }
  }

  /** Takes rows out, by their ids. */
  delete(ids: readonly number[]): void {
    const wanted = new Set(ids)
    for (let row = 0; row < this.#id.length; row++)
      if (this.#here[row] === 1 && wanted.has(this.#id[row]!)) {
        this.#here[row] = 0
        this.#count -= 1
      }
    this.#known.clear()
  }

  #find(filter: ResolvedFilter): Uint32Array {
    const groups = filter.groups.map(group => this.#carrying(group)).sort((a, b) => a.length - b.length)
    const [rarest, ...others] = groups
    const masks = others.map(rows => this.mask(rows))
    const without = filter.without.length > 0 ? this.mask(this.#carrying(filter.without)) : undefined
    const within = this.#ranges(filter)
    const size = rarest?.length ?? this.#here.length
    const found = new Uint32Array(size)
    let count = 0
    for (let index = 0; index < size; index++) {
      const row = rarest ? rarest[index]! : index
      if (this.#here[row] === 0 || without?.[row] === 1) continue
      if (masks.every(mask => mask[row] === 1) && within.every(test => test(row))) found[count++] = row
    }
    return found.slice(0, count)
  }

  /** The places of rows that carry one of the tags, each once, in order. */
  #carrying(tags: readonly number[]): Uint32Array {
    const lists = tags.map(tag => {
      const index = find(this.#tags, tag)
      return index < 0
        ? new Uint32Array()
        : this.#tagRows.subarray(this.#tagEnds[index]!, this.#tagEnds[index + 1]!)
    })
    if (lists.length === 1) return lists[0]!
    const mask = new Uint8Array(this.#here.length)
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

  /** Comparisons with NaN are false: what says nothing of its place or time passes no such filter. */
  #ranges({ bbox, polygon, years, published }: ResolvedFilter): ((row: number) => boolean)[] {
    const [west, south, east, north, first, last, created] = this.#values as Float64Array[]
    const meets = (area: Envelope) => (row: number) =>
      south![row]! <= area.north &&
      north![row]! >= area.south &&
      turns.some(turn => west![row]! <= area.east + turn && east![row]! >= area.west + turn)
    return [
      ...(bbox ? [meets(unwrap(bbox))] : []),
      ...(polygon ? [meets(polygon.envelope)] : []),
      ...years.map(
        ({ from = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY }) =>
          (row: number) =>
            first![row]! <= until && last![row]! >= from,
      ),
      ...published.map(
        ({ from = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY }) =>
          (row: number) =>
            created![row]! >= from && created![row]! <= until,
      ),
    ]
  }

  /** Gives every fragment its places. @returns how many there are in all */
  #place(pieces: readonly ColumnPiece[]): number {
    const sizes = new Map<number, number>()
    for (const { addresses } of pieces)
      for (let at = 0; at < addresses.length; at += 2) {
        const fragment = addresses[at + 1]!
        sizes.set(fragment, Math.max(sizes.get(fragment) ?? 0, addresses[at]! + 1))
      }
    let places = 0
    for (const [fragment, size] of sizes) {
      this.#fragments.set(fragment, places)
      places += size
    }
    return places
  }
}

const CREATED = 6
/** Unwrapped envelopes reach from -180 to 540. */
const turns = [-360, 0, 360] as const

/** The index of a value in a sorted array, or a negative number. */
function find(sorted: Int32Array, value: number): number {
  let low = 0
  let high = sorted.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! === value) return middle
    if (sorted[middle]! < value) low = middle + 1
    else high = middle - 1
  }
  return -1
}
