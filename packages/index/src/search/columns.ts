/**
 * What filters, orders and counts ask of a segment, in memory: one array for each value, in the order of its rows, and
 * for each tag the rows that carry it. A filter is one pass over the rows of its rarest tag, or over all; at a million datasets
 * that is milliseconds, where intersecting the sets that indices on disk give takes hundreds. About 90 bytes a dataset, and 8 for each of its
 * tags.
 */
import { type Envelope, unwrap } from './boxes.ts'
import { Places } from './places.ts'
import type { Range } from './query.ts'
import type { BrowseOrder, Candidate, Candidates, ResolvedFilter } from './source.ts'
import { isUnfiltered } from './source.ts'
import { type TagArrays, TagColumns } from './tag-columns.ts'
import type { TagCounter } from './tag-counter.ts'
import { Top } from './top.ts'

/** Columns of a segment, row by row. */
export interface ColumnArrays extends TagArrays {
  readonly id: Int32Array
  readonly used: Int32Array
  /** West, south, east, north, first and last year, milliseconds of creation; NaN where nothing is known. */
  readonly values: readonly Float64Array[]
  /** How many terms each field has, the fields of a row side by side. */
  readonly lengths: Uint16Array
}

/** How many columns of {@link ColumnArrays.values} there are. */
export const VALUES = 7

/** Filters whose rows are remembered: one page asks the same filter several times. */
const remembered = 8

export class Columns {
  readonly arrays: ColumnArrays
  /** 1 for rows that are there: those that were taken out keep their places. */
  readonly here: Uint8Array
  readonly #tags: TagColumns
  readonly #known = new Map<string, Uint32Array>()
  #places: Places | undefined
  #found = new Uint32Array(0)
  #count: number

  constructor(arrays: ColumnArrays) {
    this.arrays = arrays
    this.#count = arrays.id.length
    this.here = new Uint8Array(this.#count).fill(1)
    this.#tags = new TagColumns(arrays)
  }

  /** Number of rows that are there. */
  get count(): number {
    return this.#count
  }

  /** Number of rows, with those that were taken out. */
  get size(): number {
    return this.here.length
  }

  /** The places of the rows that pass, in order; undefined for all. */
  passing(filter: ResolvedFilter): Uint32Array | undefined {
    if (isUnfiltered(filter)) return undefined
    return remember(this.#known, keyOf(filter), () => this.#find(filter))
  }

  /** By key descending, then id descending, after a position. */
  browse(
    filter: ResolvedFilter,
    order: BrowseOrder,
    after: Candidate | undefined,
    limit: number,
  ): Candidates {
    const { id: ids, used, values } = this.arrays
    const keys = order === 'newest' ? values[CREATED]! : used
    const top = new Top(limit)
    const rows = this.passing(filter)
    const size = rows?.length ?? this.here.length
    for (let index = 0; index < size; index++) {
      const row = rows ? rows[index]! : index
      if (!rows && this.here[row] === 0) continue
      const key = keys[row]!
      const id = ids[row]!
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
      const place = this.place(id)
      if (place === undefined) others.push(id)
      else places[held++] = place
    }
    this.#tags.count(places.subarray(0, held), kinds, counter)
    return others
  }

  /** Where the row of an id is, if it is there. */
  place(id: number): number | undefined {
    this.#places ??= new Places(this.arrays.id)
    const place = this.#places.of(id)
    return place === undefined || this.here[place] === 0 ? undefined : place
  }

  /** Takes the row at a place out. */
  remove(place: number): void {
    if (this.here[place] === 0) return
    this.here[place] = 0
    this.#count -= 1
    this.#known.clear()
  }

  #find(filter: ResolvedFilter): Uint32Array {
    const [rarest, ...others] = this.#groups(filter)
    const masks = others.map(rows => this.#mask(rows))
    const without = filter.without.length > 0 ? this.#mask(this.#tags.carrying(filter.without)) : undefined
    const tests = this.#ranges(filter)
    const size = rarest?.length ?? this.here.length
    // Where it was looked at last is written over: to take and let go of megabytes each time costs more than to look.
    if (this.#found.length < size) this.#found = new Uint32Array(size)
    const found = this.#found
    let count = 0
    for (let index = 0; index < size; index++) {
      const row = rarest ? rarest[index]! : index
      if (this.here[row] === 0 || without?.[row] === 1) continue
      found[count++] = row
    }
    let rows = found.subarray(0, count)
    for (const mask of masks) rows = rows.subarray(0, keep(rows, mask))
    // One condition after another over what is left: each is a loop of its own.
    for (const test of tests) rows = rows.subarray(0, test(rows))
    return rows.slice()
  }

  /** One byte for each place, 1 for these. */
  #mask(rows: Uint32Array): Uint8Array {
    const mask = new Uint8Array(this.here.length)
    for (const row of rows) mask[row] = 1
    return mask
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
    const [west, south, east, north, first, last, created] = this.arrays.values as [
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

const CREATED = 6
