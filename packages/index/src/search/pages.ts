/** Pages of a plan's matches, in any order, by keyset. */
import type { Cursor, Position } from './cursor.ts'
import { compare, encodeCursor, isAfter, locate } from './cursor.ts'
import type { SearchPage, SearchSort } from './engine.ts'
import { countingLimit } from './engine.ts'
import type { Matcher, Ranked } from './matches.ts'
import type { Plan } from './plan.ts'
import { withoutPhrases } from './plan.ts'
import type { RankingWeights } from './rerank.ts'
import { ranker } from './rerank.ts'
import type { Segments } from './segments/segments.ts'
import type { BrowseOrder, Candidate, TextQuery } from './source.ts'
import { isUnfiltered } from './source.ts'
import type { SearchStore } from './store.ts'
import { titleCandidates } from './titles.ts'

/** How many of each table's best are ranked anew; fewer where a filter leaves less to choose from, and a table must be read deeper for each. */
const rerankedCount = 250
const rerankedOfFiltered = 100
const emptyFeatures = new Uint32Array(16)

/** One page of a request. */
export interface PageOf {
  readonly limit: number
  /** After which to go on. */
  readonly cursor: Cursor | undefined
  /** The highest id that is part of the listing: what is new since its first page is left out. */
  readonly asOf: number
  /** Of the request, for the next cursor. */
  readonly key: string
}

export class Pager {
  readonly #store: SearchStore
  readonly #matcher: Matcher
  readonly #segments: Segments
  readonly #weights: RankingWeights

  constructor(store: SearchStore, matcher: Matcher, segments: Segments, weights: RankingWeights) {
    this.#store = store
    this.#matcher = matcher
    this.#segments = segments
    this.#weights = weights
  }

  async page(plan: Plan, sort: SearchSort, of: PageOf): Promise<SearchPage> {
    if (!plan.text) return this.#listed(plan, sort as BrowseOrder, of)
    if (sort !== 'relevance') return this.#sorted(plan, plan.text, sort, of)
    const page = await this.#ranked(plan, plan.text, of)
    if (page.total > 0 || plan.query.phrases.length === 0) return page
    // Nothing has the phrase. Its words, then: titles are pasted with their quotation marks.
    const loose = withoutPhrases(plan)
    return this.#ranked(loose, loose.text!, of)
  }

  async #ranked(plan: Plan, text: TextQuery, { limit, cursor, asOf, key }: PageOf): Promise<SearchPage> {
    const sources = this.#segments.all()
    const most = isUnfiltered(plan.filter) ? rerankedCount : rerankedOfFiltered
    const answers = await Promise.all(sources.map(source => source.match(text, plan.filter, most)))
    // Which of equal scores made it into a cut list is chance: they are left to what comes below the re-ranked.
    const best = answers.flatMap(({ list, truncated }) =>
      truncated ? list.filter(one => one.score > list.at(-1)!.score) : list,
    )
    const more = answers.some(one => one.truncated)
    const window = more ? [...best, ...titleCandidates(this.#store, plan.query, plan.filter)] : best
    const accepted = await this.#matcher.accept(plan, window, asOf)
    const features = await this.#store.features(accepted.map(one => one.id))
    const score = ranker(plan.terms, this.#segments, this.#weights)
    const ranked = accepted
      .map(one => ({ ...one, score: score(features.get(one.id) ?? emptyFeatures) }))
      .sort(compare)
    const total = more ? await this.#matcher.estimate(plan, sources, ranked.length) : ranked.length
    const page: (Ranked & { phase: Position['phase'] })[] = []
    const position = locate(ranked, cursor)
    if (cursor?.phase !== 'rest')
      for (const one of ranked) {
        if (page.length > limit) break
        if (isAfter(one, position)) page.push({ ...one, phase: 'ranked' })
      }
    if (more && page.length <= limit) {
      const after = cursor?.phase === 'rest' ? cursor : undefined
      const known = new Set(window.map(one => one.id))
      const rest = await this.#rest(plan, text, known, after, limit + 1 - page.length, asOf)
      page.push(...rest.map(one => ({ ...one, phase: 'rest' as const })))
    }
    return finishPage(page, limit, asOf, key, total, !more)
  }

  /** Results below the re-ranked ones, by BM25. Each round looks deeper until the page is full or nothing is left. */
  async #rest(
    plan: Plan,
    text: TextQuery,
    known: ReadonlySet<number>,
    after: Position | undefined,
    needed: number,
    asOf: number,
  ): Promise<Ranked[]> {
    for (let depth = rerankedCount * 4; ; depth *= 4) {
      const answers = await Promise.all(
        this.#segments.all().map(source => source.match(text, plan.filter, depth)),
      )
      const cut = Math.max(
        ...answers.map(({ list, truncated }) => (truncated ? list.at(-1)!.score : Number.NEGATIVE_INFINITY)),
      )
      // What is found by no more than its place ten thousands below is not gone through.
      const whole = answers.every(one => !one.truncated) || depth > countingLimit
      const complete = answers.flatMap(({ list }) => list).filter(one => one.score > cut)
      const position = locate(complete, after)
      // The last result given has sunk below what this depth shows: look deeper rather than guess.
      if (!whole && position === after && after && this.#store.living([after.id]).size > 0) continue
      const remaining = complete.filter(one => !known.has(one.id) && isAfter(one, position)).sort(compare)
      const accepted: Ranked[] = []
      const step = Math.max(needed * 2, 100)
      for (let start = 0; start < remaining.length && accepted.length < needed; start += step)
        accepted.push(...(await this.#matcher.accept(plan, remaining.slice(start, start + step), asOf)))
      if (accepted.length >= needed || whole) return accepted.slice(0, needed)
    }
  }

  /** Words with an order other than relevance: the best {@link countingLimit} by relevance in that order. */
  async #sorted(
    plan: Plan,
    text: TextQuery,
    order: BrowseOrder,
    { limit, cursor, asOf, key }: PageOf,
  ): Promise<SearchPage> {
    const { accepted, exact } = await this.#matcher.best(plan, text, asOf)
    const sorted = accepted
      .map(one => ({
        ...one,
        phase: 'listed' as const,
        score: order === 'newest' ? one.row.createdAt : one.row.used,
      }))
      .sort(compare)
    const page = sorted.filter(one => isAfter(one, cursor)).slice(0, limit + 1)
    return finishPage(page, limit, asOf, key, sorted.length, exact)
  }

  async #listed(plan: Plan, order: BrowseOrder, { limit, cursor, asOf, key }: PageOf): Promise<SearchPage> {
    const page: (Ranked & { phase: 'listed' })[] = []
    let position: Candidate | undefined = cursor
    let depth = limit + 32
    for (;;) {
      const after = position
      const answers = await Promise.all(
        this.#segments.all().map(source => source.browse(plan.filter, order, after, depth)),
      )
      const merged = answers.flatMap(({ list }) => list).sort(compare)
      // What lies below the end of a cut list may have better ones between that the list does not show.
      const ends = answers.filter(one => one.truncated).map(one => one.list.at(-1)!)
      const end = ends.sort(compare)[0]
      const complete = end ? merged.filter(one => compare(one, end) <= 0) : merged
      for (const one of await this.#matcher.accept(plan, complete, asOf))
        page.push({ ...one, phase: 'listed' })
      if (page.length > limit || !end) break
      position = end
      depth = Math.min(depth * 4, countingLimit)
    }
    const { total, exact } = await this.#matcher.countListed(plan, this.#segments.all())
    return finishPage(page.slice(0, limit + 1), limit, asOf, key, total, exact)
  }
}

/** A page from one result more than asked for, which shows that there is a next page. */
function finishPage(
  found: readonly (Ranked & { phase: Position['phase'] })[],
  limit: number,
  asOf: number,
  key: string,
  total: number,
  totalIsExact: boolean,
): SearchPage {
  const shown = found.slice(0, limit)
  const last = shown.at(-1)
  const hits = shown.map(({ row, score }) => ({ uri: row.uri, score }))
  if (!last || found.length <= limit) return { hits, total, totalIsExact }
  const cursor = encodeCursor({ phase: last.phase, score: last.score, id: last.id, asOf }, key)
  return { hits, total, totalIsExact, cursor }
}
