/** What may have been meant by words and values that nothing holds: the nearest of those that something does. */
import { normaliseValue, words } from './analysis.ts'
import { toTerms } from './query.ts'
import type { ValueField } from './query-parts.ts'
import { queryParts, written } from './query-parts.ts'
import type { TermStatistics } from './statistics.ts'
import type { SearchStore } from './store.ts'
import type { Suggester } from './suggest.ts'

/** Words of one beginning that are looked at. */
const MOST_CANDIDATES = 20_000
/** Words and values of one query that are looked up. */
const MOST_CORRECTED = 6

export class Speller {
  readonly #store: SearchStore
  readonly #statistics: TermStatistics
  readonly #suggester: Suggester

  constructor(store: SearchStore, statistics: TermStatistics, suggester: Suggester) {
    this.#store = store
    this.#statistics = statistics
    this.#suggester = suggester
  }

  correct(text: string): string | undefined {
    let corrected = ''
    let copied = 0
    let changes = 0
    for (const part of queryParts(text)) {
      const { field, value, start, end, excluded } = part
      if (excluded || changes >= MOST_CORRECTED || field === 'year' || field === 'published') continue
      const better =
        field && field !== 'title'
          ? this.#value(field, value)
          : this.#words(text.slice(start, end), field === 'title' ? 'title:'.length : 0)
      if (!better) continue
      corrected += text.slice(copied, start) + better
      copied = end
      changes++
    }
    return changes > 0 ? corrected + text.slice(copied) : undefined
  }

  /** A part of words with those replaced that nothing has. */
  #words(part: string, skip: number): string | undefined {
    let changed = false
    const better = part.slice(skip).replace(/[\p{L}\p{M}\p{N}]+/gu, word => {
      const nearest = this.#nearestWord(word)
      if (nearest) changed = true
      return nearest ?? word
    })
    return changed ? part.slice(0, skip) + better : undefined
  }

  #nearestWord(word: string): string | undefined {
    const [folded, ...more] = words(word)
    if (!folded || more.length > 0 || folded.length < 4 || /\p{N}/u.test(folded)) return undefined
    const [one] = toTerms(folded)
    if (!one || this.#statistics.frequency(one.hash) > 0 || this.#suggester.completions(folded, 1).length > 0)
      return undefined
    // Typing errors seldom touch the first letters; only then is all that begins with the first one looked at.
    return this.#nearestOf(folded, folded.slice(0, 2)) ?? this.#nearestOf(folded, folded.slice(0, 1))
  }

  #nearestOf(word: string, start: string): string | undefined {
    const rows = (['title_words', 'tag_terms'] as const).flatMap(
      table =>
        this.#store.database
          .prepare(
            `SELECT term, doc FROM ${table} WHERE term >= ? AND term < ? AND length(term) BETWEEN ? AND ? LIMIT ${MOST_CANDIDATES}`,
          )
          .raw()
          .all(start, `${start}\u{10ffff}`, word.length - 2, word.length + 2) as [string, number][],
    )
    return nearest(word, rows)
  }

  #value(field: ValueField, value: string): string | undefined {
    if (field === 'publisher' || value.includes('*')) return undefined
    if (field === 'creator') {
      if (this.#store.tags.matching(field, { value, by: 'name' }).length > 0) return undefined
      return this.#words(`author:${value}`, 'author:'.length)
    }
    if (this.#store.tags.find(field, value) !== undefined) return undefined
    const asked = normaliseValue(value)
    const rows = this.#store.tags.top(field, 2_000).map(({ value: held, count }) => [held, count] as const)
    const compact = (text: string) => normaliseValue(text).replace(/[\s_.-]+/g, '')
    const same = rows.find(([held]) => compact(held) === compact(asked))
    const begins = rows.find(([held]) => compact(held).startsWith(compact(asked)))
    const within = rows.find(([held]) => words(held).includes(asked))
    const near = nearest(
      asked,
      rows.map(([held, count]) => [normaliseValue(held), count] as const),
    )
    const better = same?.[0] ?? begins?.[0] ?? near ?? within?.[0]
    return better && written(field, better)
  }
}

/** The candidate fewest changes away, of those the most frequent; undefined where all are far. */
export function nearest(
  word: string,
  candidates: readonly (readonly [string, number])[],
): string | undefined {
  let best: { text: string; distance: number; count: number } | undefined
  const most = word.length < 6 ? 1 : 2
  for (const [text, count] of candidates) {
    if (Math.abs(text.length - word.length) > most || text === word) continue
    const distance = editDistance(word, text, best ? Math.min(most, best.distance) : most)
    if (distance > most) continue
    if (!best || distance < best.distance || (distance === best.distance && count > best.count))
      best = { text, distance, count }
  }
  return best?.text
}

/**
 * Letters to insert, delete, replace or swap with their neighbour (optimal string alignment).
 * @param most above this the answer is only `most + 1`
 */
export function editDistance(a: string, b: string, most: number): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, place) => place)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    let least = i
    for (let j = 1; j <= b.length; j++) {
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, before[j - 2]! + 1)
      row.push(cost)
      if (cost < least) least = cost
    }
    if (least > most) return most + 1
    before = last
    last = row
  }
  return Math.min(last[b.length]!, most + 1)
}
