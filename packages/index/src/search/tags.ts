/**
 * Values of filters and facets as small numbers. The low four bits say the kind, so that counts of one kind are picked out
 * of all without a look-up. How many documents carry a value is counted in memory during a transaction and written once.
 */
import type Database from 'better-sqlite3'
import { normaliseValue } from './analysis.ts'
import type { FacetName } from './engine.ts'
import { facetNames, InvalidQuery } from './engine.ts'
import type { ValueTest } from './query.ts'
import { likePattern, nameWords } from './query.ts'

const cacheLimit = 200_000

const KIND_BITS = 4

/** Place of a tag's kind among {@link facetNames}. */
export const kindPlace = (tag: number): number => tag & ((1 << KIND_BITS) - 1)

/** A tag's number among all that were made, whatever their kinds. */
export const numberOf = (tag: number): number => tag >>> KIND_BITS

export const kindOf = (tag: number): FacetName => facetNames[kindPlace(tag)]!

/** Kinds whose values are offered while typing. */
const completed = (tag: number) => ['keyword', 'variable', 'creator'].includes(kindOf(tag))

/** Most values that one pattern or name may stand for. */
const mostMatching = 1_000

export class Tags {
  readonly #sql: ReturnType<typeof prepare>
  readonly #known = new Map<string, number>()
  readonly #changes = new Map<number, number>()
  #next: number
  #saved: number

  constructor(database: Database.Database) {
    this.#sql = prepare(database)
    this.#next = Number(this.#sql.getNext.get() ?? 1)
    this.#saved = this.#next
  }

  /** The tag of a value that a document carries, made when it is new. */
  use(kind: FacetName, label: string): number | undefined {
    const value = normaliseValue(label)
    if (!value) return undefined
    const index = facetNames.indexOf(kind)
    const key = `${index}${value}`
    let tag = this.#known.get(key) ?? (this.#sql.find.get(index, value) as number | undefined)
    if (tag === undefined) {
      tag = this.#next++ * (1 << KIND_BITS) + index
      this.#sql.add.run(tag, index, value, label.trim().slice(0, 512))
    }
    if (this.#known.size >= cacheLimit) this.#known.clear()
    this.#known.set(key, tag)
    return tag
  }

  count(tags: Iterable<number>, change: 1 | -1): void {
    for (const tag of tags) this.#changes.set(tag, (this.#changes.get(tag) ?? 0) + change)
  }

  /** Writes the counts; at the end of a transaction. Values that nothing carries any more are forgotten. */
  flush(): void {
    const unused: number[] = []
    const added: (readonly [tag: number, value: string])[] = []
    for (const [tag, change] of this.#changes) {
      const row = this.#sql.change.get(change, tag) as
        | { count: number; value: string; kind: number }
        | undefined
      if (!row) continue
      if (row.count <= 0) {
        this.#known.delete(`${row.kind}${row.value}`)
        unused.push(tag)
      } else if (row.count === change && completed(tag)) added.push([tag, row.value])
    }
    // Their full text last: it is written out before any statement that could be undone alone, such as those above.
    for (const tag of unused) {
      this.#sql.drop.run(tag)
      if (completed(tag)) this.#sql.dropWords.run(tag)
    }
    for (const [tag, value] of added.sort(([a], [b]) => a - b)) this.#sql.addWords.run(tag, value)
    this.#changes.clear()
    if (this.#next !== this.#saved) this.#sql.setNext.run(this.#next)
    this.#saved = this.#next
  }

  /** Forgets what a transaction that failed had begun. */
  reset(): void {
    this.#changes.clear()
    this.#known.clear()
  }

  find(kind: FacetName, value: string): number | undefined {
    return this.#sql.find.get(facetNames.indexOf(kind), normaliseValue(value)) as number | undefined
  }

  /**
   * The tags of the values that are asked for.
   * @throws {InvalidQuery} where they are more than are answered
   */
  matching(kind: FacetName, test: ValueTest): number[] {
    const { value, by } = test
    if (by === 'value') return [this.find(kind, value) ?? []].flat()
    const found = by === 'name' ? this.#named(kind, value) : this.#like(kind, value)
    if (found.length > mostMatching)
      throw new InvalidQuery(
        `${kind}:${value.slice(0, 60)} stands for more than ${mostMatching} values; write more of what you look for`,
      )
    return found
  }

  #named(kind: FacetName, name: string): number[] {
    const match = nameWords(name).map(({ word, isStart }) => `"${word}"${isStart ? '*' : ''}`)
    if (match.length === 0) return []
    return this.#sql.named.all(
      match.slice(0, 12).join(' AND '),
      facetNames.indexOf(kind),
      mostMatching + 1,
    ) as number[]
  }

  #like(kind: FacetName, pattern: string): number[] {
    const start = normaliseValue(pattern).split('*')[0]!
    const like = likePattern(pattern)
    const rows = this.#sql.range.all(facetNames.indexOf(kind), start, `${start}\u{10ffff}`, mostMatching * 20)
    return (rows as [number, string][]).filter(([, value]) => like.test(value)).map(([tag]) => tag)
  }

  label(tag: number): string | undefined {
    return this.#sql.label.get(tag) as string | undefined
  }

  /** Documents that carry the tag. */
  frequency(tag: number): number {
    return Number(this.#sql.frequency.get(tag) ?? 0)
  }

  /** The most frequent values of a kind over everything. */
  top(kind: FacetName, limit: number): { value: string; count: number }[] {
    return this.#sql.top.all(facetNames.indexOf(kind), limit) as { value: string; count: number }[]
  }
}

function prepare(database: Database.Database) {
  const one = (sql: string) => database.prepare(sql)
  return {
    getNext: one(`SELECT value FROM meta WHERE key = 'nextTag'`).pluck(),
    setNext: one(
      `INSERT INTO meta VALUES ('nextTag', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
    ),
    find: one('SELECT tag FROM tags WHERE kind = ? AND value = ?').pluck(),
    add: one('INSERT INTO tags (tag, kind, value, label, count) VALUES (?, ?, ?, ?, 0)'),
    change: one('UPDATE tags SET count = count + ? WHERE tag = ? RETURNING count, value, kind'),
    drop: one('DELETE FROM tags WHERE tag = ?'),
    range: one('SELECT tag, value FROM tags WHERE kind = ? AND value >= ? AND value < ? LIMIT ?').raw(),
    named: one(
      `SELECT tag FROM tag_words JOIN tags ON tags.tag = tag_words.rowid WHERE tag_words MATCH ? AND kind = ? LIMIT ?`,
    ).pluck(),
    label: one('SELECT label FROM tags WHERE tag = ?').pluck(),
    frequency: one('SELECT count FROM tags WHERE tag = ?').pluck(),
    top: one(
      'SELECT label AS value, count FROM tags WHERE kind = ? AND count > 0 ORDER BY count DESC, label LIMIT ?',
    ),
    addWords: one('INSERT INTO tag_words (rowid, value) VALUES (?, ?)'),
    dropWords: one('DELETE FROM tag_words WHERE rowid = ?'),
  }
}
