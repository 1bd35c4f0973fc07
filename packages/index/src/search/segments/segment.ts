/** A number of rows that are written once, with the postings of their terms and the columns of their values, and then only lose rows. */
import type { ColumnArrays } from '../columns.ts'
import { Columns } from '../columns.ts'
import { fieldCount } from '../features.ts'
import type { BrowseOrder, Candidate, Candidates, ResolvedFilter, Source, TextQuery } from '../source.ts'
import type { TagCounter } from '../tag-counter.ts'
import { Top } from '../top.ts'
import { normsOf, Scores } from './bm25.ts'
import type { Postings, PostingsList } from './postings.ts'
import { Room } from './postings.ts'

/** Lists up to this length are counted through. */
const MOST_COUNTED = 20_000
const MOST_REMEMBERED = 1_000

const nothing: Candidates = { list: [], truncated: false }

/** Of the thread: a request is answered by a segment in one turn. */
const scores = new Scores()
const room = new Room()

export class Segment implements Source {
  readonly columns: Columns
  readonly postings: Postings
  /** Of the rows that are there: how many terms each field has. */
  readonly fieldLengths = new Float64Array(fieldCount)
  #norms: Float32Array | undefined
  /** What was counted since a row was taken out. */
  readonly #frequencies = new Map<number, number>()

  constructor(arrays: ColumnArrays, postings: Postings) {
    this.columns = new Columns(arrays)
    this.postings = postings
    const { lengths } = arrays
    for (let at = 0; at < lengths.length; )
      for (let field = 0; field < fieldCount; field++) this.fieldLengths[field]! += lengths[at++]!
  }

  /** In how many of the rows that are there a term is; of very many, about. */
  frequency(hash: number): number {
    const entry = this.postings.find(hash)
    const { size, count } = this.columns
    if (!entry || count === size) return entry?.rows ?? 0
    if (entry.rows > MOST_COUNTED) return Math.round((entry.rows * count) / size)
    const known = this.#frequencies.get(hash)
    if (known !== undefined) return known
    const { here } = this.columns
    let rows = 0
    for (const place of this.postings.list(entry, room).places) rows += here[place]!
    if (this.#frequencies.size >= MOST_REMEMBERED) this.#frequencies.clear()
    this.#frequencies.set(hash, rows)
    return rows
  }

  async match(query: TextQuery, filter: ResolvedFilter, limit: number): Promise<Candidates> {
    try {
      return this.#score(query) ? this.#best(filter, limit) : nothing
    } finally {
      scores.end()
    }
  }

  /** @returns whether any row can match */
  #score({ any, all, none }: TextQuery): boolean {
    const { size } = this.columns
    scores.begin(size)
    this.#norms ??= normsOf(this.columns.arrays.lengths, fieldCount)
    const needed = new Set(all)
    const anyNeeded = any.length > 0 && !any.some(hash => needed.has(hash))
    for (const hash of new Set([...all, ...any])) {
      const list = this.#list(hash)
      if (!list) {
        if (needed.has(hash)) return false
        continue
      }
      scores.add(list, this.#norms, size)
      if (needed.has(hash)) scores.mark(list, 'needed')
      else if (anyNeeded) scores.mark(list, 'any')
    }
    if (needed.size > 0) scores.keepMarked(needed.size, anyNeeded)
    for (const hash of none) {
      const list = this.#list(hash)
      if (list) scores.drop(list)
    }
    return true
  }

  #list(hash: number): PostingsList | undefined {
    const entry = this.postings.find(hash)
    return entry && this.postings.list(entry, room)
  }

  #best(filter: ResolvedFilter, limit: number): Candidates {
    const { here, arrays } = this.columns
    const { touched } = scores
    const rows = this.columns.passing(filter) ?? touched
    const top = new Top(Math.min(limit, rows.length, touched.length))
    let found = 0
    for (let at = 0; at < rows.length; at++) {
      const place = rows[at]!
      const score = scores.of[place]!
      if (score === 0 || here[place] === 0) continue
      found++
      top.offer(arrays.id[place]!, score)
    }
    return { list: top.list(), truncated: found > limit }
  }

  async browse(
    filter: ResolvedFilter,
    order: BrowseOrder,
    after: Candidate | undefined,
    limit: number,
  ): Promise<Candidates> {
    return this.columns.browse(filter, order, after, limit)
  }

  async count(filter: ResolvedFilter): Promise<number> {
    return this.columns.passing(filter)?.length ?? this.columns.count
  }

  countTags(ids: readonly number[], kinds: number, counter: TagCounter): number[] {
    return this.columns.countTags(ids, kinds, counter)
  }

  /**
   * Takes a row out.
   * @returns whether it was here
   */
  remove(id: number): boolean {
    const place = this.columns.place(id)
    if (place === undefined) return false
    this.columns.remove(place)
    const { lengths } = this.columns.arrays
    for (let field = 0; field < fieldCount; field++)
      this.fieldLengths[field]! -= lengths[place * fieldCount + field]!
    this.#frequencies.clear()
    return true
  }

  /** Lets go of its file, if it has one. */
  close(): void {}
}
