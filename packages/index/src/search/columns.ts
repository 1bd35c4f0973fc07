/**
 * What filters, orders and counts ask of a segment, in memory: one array for each value, in the order of the table's rows, and
 * for each tag the rows that carry it. A filter is one pass over the rows of its rarest tag, or over all; at a million datasets
 * that is milliseconds, where intersecting the sets that indices on disk give takes hundreds. About 90 bytes a dataset, and 8 for each of its
 * tags.
 */
import { type Envelope, unwrap } from './boxes.ts'
import { Places } from './places.ts'
import type { Range } from './query.ts'
import type { BrowseOrder, Candidate, Candidates, ResolvedFilter } from './source.ts'
import { isUnfiltered } from './source.ts'
import { TagColumns, type TagPiece } from './tag-columns.ts'
import type { TagCounter } from './tag-counter.ts'
import { Top } from './top.ts'

/** Rows of a segment as they are read, a piece of the table at a time. */
export interface ColumnPiece extends TagPiece {
  /** Where each row lies in the table: fragment and offset within it, as pairs of 32-bit words, the offset first. */
  readonly addresses: Uint32Array
  readonly id: Int32Array
  /** West, south, east, north, first and last year, milliseconds of creation; NaN where nothing is known. */
  readonly values: readonly Float64Array[]
  readonly used: Int32Array
}

/** Filters whose rows are remembered: one page asks the same filter several times. */
const remembered = 8

export class Columns {
  readonly #id: Int32Array
  readonly #values: readonly Float64Array[]
  readonly #used: Int32Array
  /** 1 for rows that are there: fragments keep the places of rows that were deleted. */
  readonly #here: Uint8Array
  /** The first place of each fragment. */
  readonly #fragments = new Map<number, number>()
  readonly #places: Places
  readonly #tags: TagColumns
  readonly #known = new Map<string, Uint32Array>()
  readonly #likely = new Map<string, number>()
  #found = new Uint32Array(0)
  #count = 0

  constructor(pieces: readonly ColumnPiece[]) {
    const size = this.#layOut(pieces)
    const places = pieces.map(({ addresses }) =>
      Uint32Array.from({ length: addresses.length / 2 }, (_, row) => this.place(addresses, row)),
    )
    this.#here = new Uint8Array(size)
    for (const list of places) for (const place of list) this.#here[place] = 1
    const gather = <Column extends Int32Array | Float64Array>(
      column: Column,
      of: (piece: ColumnPiece) => Column,
    ): Column => {
      for (const [index, piece] of pieces.entries()) scatter(of(piece), places[index]!, column)
      return column
    }
    this.#id = gather(new Int32Array(size), piece => piece.id)
    this.#used = gather(new Int32Array(size), piece => piece.used)
    this.#values = Array.from({ length: VALUES }, (_, column) =>
      gather(new Float64Array(size), piece => piece.values[column]!),
    )
    for (const { id } of pieces) this.#count += id.length
    this.#places = new Places(this.#id, place => this.#here[place] === 1)
    this.#tags = new TagColumns(pieces, places, size)
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

  /**
   * About how many rows pass: exactly where there are few to look at, else by what some thousands of them say. To look at all
   * takes milliseconds at a million, and twice as long again to collect what was remembered of them.
   */
  likely(filter: ResolvedFilter): number {
    if (isUnfiltered(filter)) return this.#count
    return remember(this.#likely, keyOf(filter), () => this.#countSome(filter))
  }

  #countSome(filter: ResolvedFilter): number {
    const [rarest] = this.#groups(filter)
    const size = rarest?.length ?? this.#here.length
    if (size <= SAMPLED) return this.passing(filter)!.length
    const passes = this.tester(filter)
    let passed = 0
    for (let index = 0; index < SAMPLED; index++) {
      const at = Math.floor((index * size) / SAMPLED)
      if (passes(rarest ? rarest[at]! : at)) passed++
    }
    return Math.round((passed * size) / SAMPLED)
  }

  /** Whether the row at a place passes, for those who look at few. */
  tester(filter: ResolvedFilter): (place: number) => boolean {
    const one = new Uint32Array(1)
    const ranges = this.#ranges(filter)
    const groups = filter.groups.map(group => new Set(group))
    const without = new Set(filter.without)
    return place => {
      if (this.#here[place] !== 1) return false
      one[0] = place
      return (
        ranges.every(test => test(one) === 1) &&
        groups.every(group => this.#tags.carries(place, group)) &&
        !(without.size > 0 && this.#tags.carries(place, without))
      )
    }
  }

  /** The places of the rows that pass, in order; undefined for all. */
  passing(filter: ResolvedFilter): Uint32Array | undefined {
    if (isUnfiltered(filter)) return undefined
    return remember(this.#known, keyOf(filter), () => this.#find(filter))
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

  /**
   * Counts the tags of the documents that are of the kinds (a bit for each).
   * @returns the ids that are not of this segment
   */
  countTags(ids: readonly number[], kinds: number, counter: TagCounter): number[] {
    const others: number[] = []
    const places = new Uint32Array(ids.length)
    let held = 0
    for (const id of ids) {
      const place = this.#places.of(id)
      if (place === undefined) others.push(id)
      else places[held++] = place
    }
    this.#tags.count(places.subarray(0, held), kinds, counter)
    return others
  }

  /** Takes rows out, by their ids. */
  delete(ids: readonly number[]): void {
    for (const id of ids) {
      const place = this.#places.of(id)
      if (place === undefined || this.#here[place] === 0) continue
      this.#here[place] = 0
      this.#count -= 1
    }
    this.#known.clear()
    this.#likely.clear()
  }

  #find(filter: ResolvedFilter): Uint32Array {
    const [rarest, ...others] = this.#groups(filter)
    const masks = others.map(rows => this.mask(rows))
    const without = filter.without.length > 0 ? this.mask(this.#tags.carrying(filter.without)) : undefined
    const tests = this.#ranges(filter)
    const size = rarest?.length ?? this.#here.length
    // Where it was looked at last is written over: to take and let go of megabytes each time costs more than to look.
    if (this.#found.length < size) this.#found = new Uint32Array(size)
    const found = this.#found
    let count = 0
    for (let index = 0; index < size; index++) {
      const row = rarest ? rarest[index]! : index
      if (this.#here[row] === 0 || without?.[row] === 1) continue
      found[count++] = row
    }
    let rows = found.subarray(0, count)
    for (const mask of masks) rows = rows.subarray(0, keep(rows, mask))
    // One condition after another over what is left: each is a loop of its own.
    for (const test of tests) rows = rows.subarray(0, test(rows))
    return rows.slice()
  }

  /** The places of the rows of each group of tags, the rarest first. */
  #groups(filter: ResolvedFilter): Uint32Array[] {
    return filter.groups.map(group => this.#tags.carrying(group)).sort((a, b) => a.length - b.length)
  }

  /**
   * Each moves the rows that pass to the front and says how many. Comparisons with NaN are false: what says nothing of its place
   * or time passes no such filter.
   */
  #ranges({ bbox, polygon, years, published }: ResolvedFilter): ((rows: Uint32Array) => number)[] {
    const [west, south, east, north, first, last, created] = this.#values as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ]
    const meets = (area: Envelope) => (rows: Uint32Array) => {
      let kept = 0
      for (let index = 0; index < rows.length; index++) {
        const row = rows[index]!
        const from = west[row]!
        const to = east[row]!
        if (
          south[row]! <= area.north &&
          north[row]! >= area.south &&
          // Unwrapped envelopes reach from -180 to 540: they may meet a turn earlier or later.
          ((from <= area.east && to >= area.west) ||
            (from <= area.east + 360 && to >= area.west + 360) ||
            (from <= area.east - 360 && to >= area.west - 360))
        )
          rows[kept++] = row
      }
      return kept
    }
    const overlaps =
      (starts: Float64Array, ends: Float64Array) =>
      ({ from = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY }: Range) =>
      (rows: Uint32Array) => {
        let kept = 0
        for (let index = 0; index < rows.length; index++) {
          const row = rows[index]!
          if (starts[row]! <= until && ends[row]! >= from) rows[kept++] = row
        }
        return kept
      }
    return [
      ...years.map(overlaps(first, last)),
      ...(bbox ? [meets(unwrap(bbox))] : []),
      ...(polygon ? [meets(polygon.envelope)] : []),
      ...published.map(overlaps(created, created)),
    ]
  }

  /** Gives every fragment its places. @returns how many there are in all */
  #layOut(pieces: readonly ColumnPiece[]): number {
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

/** Infinite ends differ from open ones, which JSON does not say. */
const keyOf = (filter: ResolvedFilter): string =>
  JSON.stringify({ ...filter, polygon: filter.polygon?.envelope }, (_, value) =>
    typeof value === 'number' ? String(value) : value,
  )

function remember<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  const held = known.get(key)
  if (held !== undefined) return held
  const made = make()
  if (known.size >= remembered) known.delete(known.keys().next().value!)
  known.set(key, made)
  return made
}

/** Moves the rows of a mask to the front. @returns how many they are */
function keep(rows: Uint32Array, mask: Uint8Array): number {
  let kept = 0
  for (const row of rows) if (mask[row] === 1) rows[kept++] = row
  return kept
}

/** Rows that are looked at to say how many of very many pass: of one in a hundred, a seventh more or less. */
const SAMPLED = 4_096
const VALUES = 7
const CREATED = 6

function scatter<Column extends Int32Array | Float64Array>(
  from: Column,
  places: Uint32Array,
  to: Column,
): void {
  for (let row = 0; row < places.length; row++) to[places[row]!] = from[row]!
}
