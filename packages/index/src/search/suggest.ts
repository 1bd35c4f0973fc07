/** Completion of what is being typed: keywords, variables and people by how many datasets carry them, and titles. */

import type { Suggestion } from './engine.ts'
import { facetNames } from './engine.ts'
import { splitPrefix } from './query.ts'
import type { SearchStore } from './store.ts'

/** How many matches are looked at before the best are chosen; a one-letter prefix has hundreds of thousands. */
const mostCandidates = 400

const COMPLETED = ['keyword', 'variable', 'creator'] as const
const isCompleted = (kind: string | undefined): kind is (typeof COMPLETED)[number] =>
  (COMPLETED as readonly (string | undefined)[]).includes(kind)

export class Suggester {
  readonly #store: SearchStore

  constructor(store: SearchStore) {
    this.#store = store
  }

  suggest(prefix: string, limit: number): Suggestion[] {
    const { before, last } = splitPrefix(prefix)
    if (before.length === 0 && !last) return []
    const match = [...before.map(word => `"${word}"`), ...(last ? [`"${last}"*`] : [])]
      .slice(-12)
      .join(' AND ')
    const start = [...before, last].join(' ').trim()
    const values = this.#values(match, start).slice(0, limit)
    const titles = this.#titles(match, start).slice(0, limit)
    // Half of the room for each; what one does not need, the other takes.
    const half = Math.ceil(limit / 2)
    const kept = Math.max(half, limit - titles.length)
    const chosen = values.slice(0, kept)
    return [...chosen, ...titles.slice(0, limit - chosen.length)]
  }

  /** Words of titles that begin with an unknown word of a query, the most frequent first. */
  completions(word: string, limit: number): string[] {
    if (word.length < 3) return []
    return this.#store.database
      .prepare('SELECT term FROM title_words WHERE term >= ? AND term < ? ORDER BY doc DESC LIMIT ?')
      .pluck()
      .all(word, `${word}\u{10ffff}`, limit) as string[]
  }

  #values(match: string, start: string): Suggestion[] {
    const rows = this.#store.database
      .prepare(
        `SELECT kind, label, value, count FROM tags WHERE tag IN (SELECT rowid FROM tag_words WHERE tag_words MATCH ? LIMIT ${mostCandidates * 4}) AND count > 0`,
      )
      .all(match) as { kind: number; label: string; value: string; count: number }[]
    // Those that begin with the text come from the index of values, whatever the cut above left out.
    const direct = this.#store.database.prepare(
      `SELECT kind, label, value, count FROM tags WHERE kind = ? AND value >= ? AND value < ? AND count > 0 LIMIT ${mostCandidates}`,
    )
    for (const kind of COMPLETED)
      rows.push(...(direct.all(facetNames.indexOf(kind), start, `${start}\u{10ffff}`) as typeof rows))
    const best = new Map<string, Suggestion & { begins: boolean }>()
    for (const row of rows) {
      const kind = facetNames[row.kind]
      if (!isCompleted(kind)) continue
      const one = { kind, value: row.label, count: row.count, begins: row.value.startsWith(start) }
      const key = `${kind === 'creator' ? kind : ''} ${row.value}`
      const known = best.get(key)
      if (!known || known.count < one.count) best.set(key, one)
    }
    return [...best.values()]
      .sort(
        (a, b) => Number(b.begins) - Number(a.begins) || b.count - a.count || (a.value < b.value ? -1 : 1),
      )
      .map(({ kind, value, count }) => ({ kind, value, count }))
  }

  #titles(match: string, start: string): Suggestion[] {
    const rows = this.#store.database
      .prepare(
        `SELECT uri, title AS value, used FROM documents WHERE id IN
         (SELECT rowid FROM titles WHERE titles MATCH ? ORDER BY rowid DESC LIMIT ${mostCandidates})`,
      )
      .all(match) as { uri: string; value: string; used: number }[]
    const begins = (title: string) => title.toLowerCase().startsWith(start)
    return rows
      .sort(
        (a, b) =>
          Number(begins(b.value)) - Number(begins(a.value)) ||
          b.used - a.used ||
          a.value.length - b.value.length ||
          (a.uri < b.uri ? -1 : 1),
      )
      .map(({ uri, value }) => ({ kind: 'title', value, count: 1, uri }))
  }
}
