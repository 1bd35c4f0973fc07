/** Full text in SQLite FTS5: everything for the fallback engine, the newest rows for the large one. */
import type { BrowseOrder, Candidate, Candidates, ResolvedFilter, Source, TextQuery } from './source.ts'
import { hasRanges, rangeConditions } from './source.ts'
import type { SearchStore } from './store.ts'
import type { TagCounter } from './tag-counter.ts'

/** A group of tags with fewer documents than this is looked up rather than tested row by row. */
const rareGroup = 20_000

const quote = (term: string) => `"${term.replaceAll('"', '')}"`

/** FTS5's query language: every term quoted, so that nothing in it is an operator. */
function matchText(query: TextQuery): string {
  const needed = query.all.map(quote)
  if (query.any.length > 0) needed.push(`(${query.any.map(quote).join(' OR ')})`)
  const positive = needed.join(' AND ')
  return query.none.length > 0 ? `(${positive}) NOT (${query.none.map(quote).join(' OR ')})` : positive
}

export class RecentSource implements Source {
  readonly #store: SearchStore

  constructor(store: SearchStore) {
    this.#store = store
  }

  async match(query: TextQuery, filter: ResolvedFilter, limit: number): Promise<Candidates> {
    if (query.any.length + query.all.length === 0 || filter.groups.some(group => group.length === 0))
      return { list: [], truncated: false }
    const ranged = hasRanges(filter)
    const conditions = [
      `t.rowid > ${this.#store.foldedUpTo}`,
      ...this.#groups(filter, 't.rowid', false),
      ...rangeConditions(filter, 'd.'),
    ]
    const sql = `SELECT t.rowid AS id, -t.rank AS score FROM recent_text t
      ${ranged ? 'CROSS JOIN documents d ON d.id = t.rowid' : ''}
      WHERE recent_text MATCH ? AND ${conditions.join(' AND ')}
      ORDER BY t.rank LIMIT ?`
    const list = this.#store.database.prepare(sql).all(matchText(query), limit) as Candidate[]
    return { list, truncated: list.length === limit }
  }

  async browse(
    filter: ResolvedFilter,
    order: BrowseOrder,
    after: Candidate | undefined,
    limit: number,
  ): Promise<Candidates> {
    if (filter.groups.some(group => group.length === 0)) return { list: [], truncated: false }
    const key = order === 'newest' ? 'd.created_at' : 'd.used'
    const rare = this.#rarest(filter) < rareGroup
    const conditions = [
      'd.segment = 0',
      `d.id > ${this.#store.foldedUpTo}`,
      ...this.#groups(filter, 'd.id', rare),
      ...rangeConditions(filter, 'd.'),
    ]
    if (after) conditions.push(`(${key}, d.id) < (${after.score}, ${after.id})`)
    const sql = `SELECT d.id, ${key} AS score FROM documents d ${rare ? '' : `INDEXED BY ${order === 'newest' ? 'documents_newest' : 'documents_used'}`}
      WHERE ${conditions.join(' AND ')} ORDER BY ${key} DESC, d.id DESC LIMIT ${limit}`
    const list = this.#store.database.prepare(sql).all() as Candidate[]
    return { list, truncated: list.length === limit }
  }

  async count(filter: ResolvedFilter): Promise<number> {
    if (filter.groups.some(group => group.length === 0)) return 0
    const rare = this.#rarest(filter) < rareGroup
    const conditions = [
      'd.segment = 0',
      `d.id > ${this.#store.foldedUpTo}`,
      ...this.#groups(filter, 'd.id', rare),
      ...rangeConditions(filter, 'd.'),
    ]
    return Number(
      this.#store.database
        .prepare(
          `SELECT count(*) FROM documents d ${rare ? '' : 'INDEXED BY documents_newest'} WHERE ${conditions.join(' AND ')}`,
        )
        .pluck()
        .get(),
    )
  }

  countAbout(filter: ResolvedFilter): Promise<number> {
    return this.count(filter)
  }

  countTags(ids: readonly number[], kinds: number, counter: TagCounter): readonly number[] {
    this.#store.countTags(ids, kinds, counter)
    return []
  }

  #groups(filter: ResolvedFilter, id: string, lookUp: boolean): string[] {
    const carries = (tags: readonly number[]) =>
      `EXISTS (SELECT 1 FROM recent_tags r WHERE r.tag IN (${tags.join(',')}) AND r.id = ${id})`
    const groups = filter.groups.map(group =>
      lookUp ? `${id} IN (SELECT id FROM recent_tags WHERE tag IN (${group.join(',')}))` : carries(group),
    )
    return filter.without.length > 0 ? [...groups, `NOT ${carries(filter.without)}`] : groups
  }

  #rarest(filter: ResolvedFilter): number {
    return Math.min(
      Number.POSITIVE_INFINITY,
      ...filter.groups.map(group => group.reduce((sum, tag) => sum + this.#store.tags.frequency(tag), 0)),
    )
  }
}
