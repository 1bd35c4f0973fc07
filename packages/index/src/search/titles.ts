/**
 * Datasets whose title holds every word of a query. BM25 over the whole text can leave them out of its best few hundred, where
 * all words are common; a pasted title must find its dataset.
 */
import { words } from './analysis.ts'
import type { ParsedQuery } from './query.ts'
import type { Candidate, ResolvedFilter } from './source.ts'
import { rangeConditions } from './source.ts'
import type { SearchStore } from './store.ts'

const MOST_TITLES = 64
const MOST_WORDS = 24

/** At most {@link MOST_TITLES}, without scores of their own; none for one word alone, or where words are excluded. */
export function titleCandidates(store: SearchStore, query: ParsedQuery, filter: ResolvedFilter): Candidate[] {
  const words = query.terms.map(({ word }) => word).filter(word => /^[\p{L}\p{N}]+$/u.test(word))
  if (words.length < 2 || isRefined(query)) return []
  const match = words
    .slice(0, MOST_WORDS)
    .map(word => `"${word}"`)
    .join(' AND ')
  const conditions = ['titles MATCH ?', ...rangeConditions(filter, 'd.')]
  const rows = store.database
    .prepare(
      `SELECT d.id, t.tags FROM titles JOIN documents d ON d.id = titles.rowid JOIN document_tags t ON t.id = d.id
      WHERE ${conditions.join(' AND ')} LIMIT ${MOST_TITLES}`,
    )
    .all(match) as { id: number; tags: Buffer }[]
  return rows.flatMap(({ id, tags }) => {
    const carried = new Set(new Int32Array(new Uint8Array(tags).buffer))
    const has = (tag: number) => carried.has(tag)
    const passes = filter.groups.every(group => group.some(has)) && !filter.without.some(has)
    return passes ? [{ id, score: 0 }] : []
  })
}

/** Whether words are excluded. */
export function isRefined({ excluded, excludedPhrases, excludedTitles }: ParsedQuery): boolean {
  return excluded.length + excludedPhrases.length + excludedTitles.length > 0
}

/** Whether a query is some dataset's title, letter for letter but for case and space: then its hyphens exclude nothing. */
export function isWholeTitle(store: SearchStore, query: string): boolean {
  const match = [...new Set(words(query).filter(word => /^[\p{L}\p{N}]+$/u.test(word)))].slice(0, MOST_WORDS)
  if (match.length < 2) return false
  const titles = store.database
    .prepare(
      `SELECT d.title FROM titles JOIN documents d ON d.id = titles.rowid WHERE titles MATCH ? LIMIT ${MOST_TITLES}`,
    )
    .pluck()
    .all(match.map(word => `"${word}"`).join(' AND ')) as string[]
  const plain = (text: string) => text.toLowerCase().replace(/\s+/g, ' ').trim()
  return titles.some(title => plain(title) === plain(query))
}
