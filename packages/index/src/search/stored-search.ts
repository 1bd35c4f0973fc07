/**
 * What both engines share: one store of documents, and any number of full-text tables whose answers are merged. Each table
 * gives its best by BM25; all of these are ranked anew with statistics over everything, because scores of different tables
 * do not compare. Below the re-ranked best, results go on in the order of BM25.
 */
import { setImmediate as breath } from 'node:timers/promises'
import { hashTerm, term, words } from './analysis.ts'
import { areaMeets } from './area.ts'
import { boxesMeet, checkBox } from './boxes.ts'
import type { Cursor, Position } from './cursor.ts'
import { compare, decodeCursor, encodeCursor, isAfter, locate, requestKey } from './cursor.ts'
import type {
  FacetCounts,
  FacetName,
  FacetOptions,
  SearchBatch,
  SearchDocument,
  SearchEngine,
  SearchFilters,
  SearchPage,
  SearchRequest,
  SearchSort,
  Suggestion,
  Timeline,
} from './engine.ts'
import { countingLimit, facetNames, InvalidFilter, InvalidQuery } from './engine.ts'
import { hasSequence } from './features.ts'
import type { ParsedQuery, Range, ValueTest } from './query.ts'
import { parseQuery, valueGroups } from './query.ts'
import type { ValueField } from './query-parts.ts'
import type { RankingWeights, WeighedTerm } from './rerank.ts'
import { defaultWeights, ranker, weighTerms } from './rerank.ts'
import type { BrowseOrder, Candidate, ResolvedFilter, Source, TextQuery } from './source.ts'
import { isUnfiltered } from './source.ts'
import { Speller } from './spelling.ts'
import type { StoredRow } from './store.ts'
import { boxesOf, SearchStore } from './store.ts'
import { Suggester } from './suggest.ts'
import { kindOf } from './tags.ts'
import { countSpans } from './timeline.ts'
import { isRefined, isWholeTitle, titleCandidates } from './titles.ts'

/** How many of each table's best are ranked anew. */
const rerankedCount = 250
const mostValues = 64
const mostLimit = 100
/** Documents of one transaction, which holds up the event loop. */
const applyPiece = 256
const bulkPiece = 1_024

interface Plan {
  readonly query: ParsedQuery
  readonly terms: readonly WeighedTerm[]
  readonly text: TextQuery | undefined
  readonly filter: ResolvedFilter
}

interface Ranked extends Candidate {
  readonly row: StoredRow
}

interface Matches {
  /** Absent: everything. */
  readonly ids?: readonly number[]
  readonly total: number
  readonly exact: boolean
}

export abstract class StoredSearch implements SearchEngine {
  abstract readonly kind: 'lance' | 'fts5'
  protected readonly store: SearchStore
  /** Requests under way: a table that is replaced goes when those are done that may still read it. */
  protected readonly readers = new Set<Promise<unknown>>()
  readonly #suggester: Suggester
  readonly #speller: Speller
  readonly #weights: RankingWeights
  #work: Promise<unknown> = Promise.resolve()
  #generation: string

  constructor(directory: string, weights: RankingWeights = defaultWeights) {
    this.store = new SearchStore(directory)
    this.#suggester = new Suggester(this.store)
    this.#speller = new Speller(this.store, this.#suggester)
    this.#weights = weights
    this.#generation = this.#readGeneration()
  }

  /** The tables to ask, all of one moment. */
  protected abstract sources(): Source[]
  /** Stores what is new; all of it is searchable when this resolves. Inside, no other change happens. */
  protected abstract change(batch: SearchBatch): Promise<void>
  protected abstract clearTables(): Promise<void>
  abstract settle(): Promise<void>
  protected abstract closeTables(): Promise<void>

  async watermark(): Promise<number> {
    return this.store.watermark
  }

  async count(): Promise<number> {
    return this.store.count
  }

  apply(batch: SearchBatch): Promise<void> {
    return this.inTurn(() => {
      const latest = new Map<string, SearchDocument>()
      for (const document of batch.upserts) latest.set(document.uri, document)
      const deletes = batch.deletes.filter(uri => !latest.has(uri))
      return this.change({ upserts: [...latest.values()], deletes, watermark: batch.watermark })
    })
  }

  search(request: SearchRequest): Promise<SearchPage> {
    return this.reading(() => this.#search(request))
  }

  async #search(request: SearchRequest): Promise<SearchPage> {
    const limit = checkLimit(request.limit, mostLimit)
    const plan = this.#plan(request)
    const sort = checkSort(request.sort, plan)
    const key = requestKey(request, sort, this.#generation)
    const cursor = request.cursor === undefined ? undefined : decodeCursor(request.cursor, key)
    const asOf = cursor?.asOf ?? this.store.highestId
    if (plan.text && sort === 'relevance') {
      const page = await this.#searchRanked(plan, plan.text, limit, cursor, asOf, key)
      if (page.total > 0 || plan.query.phrases.length === 0) return page
      // Nothing has the phrase. Its words, then: titles are pasted with their quotation marks.
      const loose = withoutPhrases(plan)
      return this.#searchRanked(loose, loose.text!, limit, cursor, asOf, key)
    }
    if (plan.text) return this.#searchSorted(plan, plan.text, sort as BrowseOrder, limit, cursor, asOf, key)
    return this.#searchListed(plan, sort as BrowseOrder, limit, cursor, asOf, key)
  }

  facets(
    filters: SearchFilters,
    names: readonly FacetName[],
    options: FacetOptions = {},
  ): Promise<FacetCounts> {
    return this.reading(() => this.#facets(filters, names, options))
  }

  async #facets(
    filters: SearchFilters,
    names: readonly FacetName[],
    options: FacetOptions,
  ): Promise<FacetCounts> {
    const limit = checkLimit(options.limit ?? 20, 100)
    for (const name of names)
      if (!facetNames.includes(name))
        throw new InvalidFilter(`facet '${name}' is none of ${facetNames.join(', ')}`)
    const all = this.#matches(this.#plan(filters))
    const facets = await Promise.all(
      names.map(async name => {
        const own = (options.disjunctive ?? true) && filters[name] && filters[name].length > 0
        const matches = await (own ? this.#matches(this.#plan({ ...filters, [name]: undefined })) : all)
        return { name, matches, own }
      }),
    )
    const { ids, total, exact } = await all
    // One pass over the documents counts all facets that share the matches.
    const shared = facets.filter(one => !one.own).map(one => one.name)
    const counts = ids && (await this.store.countTags(ids, shared))
    const counted: FacetCounts['facets'][number][] = []
    for (const { name, matches, own } of facets) {
      const among = own ? matches.ids && (await this.store.countTags(matches.ids, [name])) : counts
      counted.push({ name, values: this.#topValues(name, among, limit) })
    }
    return { facets: counted, total, exact: exact && facets.every(one => one.matches.exact) }
  }

  timeline(filters: SearchFilters, buckets = 48): Promise<Timeline> {
    return this.reading(async () => {
      const { from: _, until: __, ...others } = filters
      const plan = this.#plan(others)
      const found = await this.#matches(plan)
      const listed = found.ids ? found : await this.#everything(plan)
      const spans = await this.store.spans(listed.ids ?? [])
      return { ...countSpans(spans, buckets), total: listed.total, exact: listed.exact }
    })
  }

  async correct(q: string): Promise<string | undefined> {
    return isWholeTitle(this.store, q) ? undefined : this.#speller.correct(q)
  }

  async suggest(prefix: string, limit: number): Promise<readonly Suggestion[]> {
    return this.#suggester.suggest(prefix, checkLimit(limit, mostLimit))
  }

  clear(): Promise<void> {
    return this.inTurn(async () => {
      await this.clearTables()
      this.store.clear()
      this.#generation = this.#readGeneration()
    })
  }

  async close(): Promise<void> {
    await this.inTurn(async () => {})
    await this.settle()
    await this.closeTables()
    this.store.close()
  }

  protected async reading<T>(work: () => Promise<T>): Promise<T> {
    const result = work()
    this.readers.add(result)
    try {
      return await result
    } finally {
      this.readers.delete(result)
    }
  }

  /** Changes happen one after another. */
  protected inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(work)
    this.#work = result.catch(() => {})
    return result
  }

  /** Puts documents into a segment in short transactions, the event loop breathing in between. */
  protected async *putPieces(documents: readonly SearchDocument[], segment: number) {
    const size = documents.length > bulkPiece ? bulkPiece : applyPiece
    for (let start = 0; start < documents.length; start += size) {
      if (start > 0) await breath()
      const piece = documents.slice(start, start + size)
      yield this.store.transaction(() => this.store.put(piece, segment))
    }
  }

  #readGeneration(): string {
    const known = this.store.meta('generation')
    if (known) return known
    const made = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`
    this.store.setMeta('generation', made)
    return made
  }

  #plan(filters: SearchFilters): Plan {
    const query = this.#understand(filters.q ?? '')
    const looked = valueGroups(filters, query).map(({ field, values, excluded }) => ({
      excluded,
      tags: this.#lookUp(field, values),
    }))
    const groups = looked.filter(({ excluded }) => !excluded).map(({ tags }) => tags)
    const without = looked.filter(({ excluded }) => excluded).flatMap(({ tags }) => tags)
    const time = (name: 'from' | 'until') => {
      const year = filters[name]
      if (year === undefined || Math.abs(year) === Number.POSITIVE_INFINITY) return undefined
      if (typeof year !== 'number' || Number.isNaN(year))
        throw new InvalidFilter(`${name} '${year}' is no year`)
      return year
    }
    const bbox = filters.bbox && checkBox(filters.bbox)
    const from = time('from')
    const until = time('until')
    if (from !== undefined && until !== undefined && from > until)
      throw new InvalidFilter(`from ${from} is after until ${until}`)
    const asked: Range = {
      ...(from !== undefined && { from }),
      ...(until !== undefined && { until }),
    }
    const filter: ResolvedFilter = {
      groups,
      without,
      ...(bbox && { bbox }),
      ...(filters.polygon && { polygon: filters.polygon }),
      years: [...query.years, asked].filter(range => Object.keys(range).length > 0),
      published: query.published,
    }
    if (query.terms.length === 0 && isRefined(query)) return { query, terms: [], text: undefined, filter }
    const terms = weighTerms(query)
    const any = query.terms.map(one => one.term)
    for (const one of query.terms) {
      if (this.store.statistics.frequency(one.hash) > 0) continue
      for (const word of this.#suggester.completions(one.word, 4)) {
        const completed = term(word)
        if (!completed || any.includes(completed)) continue
        any.push(completed)
        terms.push({ hash: hashTerm(completed), weight: 0.5 })
      }
    }
    const text: TextQuery | undefined =
      any.length === 0
        ? undefined
        : {
            any,
            all: [...new Set([...query.phrases, ...query.titles].flat().map(one => one.term))],
            none: [...new Set(query.excluded.map(one => one.term))],
          }
    return { query, terms, text, filter }
  }

  /** A pasted title is words only, whatever marks stand in it. */
  #understand(text: string): ParsedQuery {
    const asWords = () => parseQuery(words(text).join(' '))
    try {
      const query = parseQuery(text)
      const isPlain = !isRefined(query) && !/[a-z]:/i.test(text)
      return isPlain || !isWholeTitle(this.store, text) ? query : asWords()
    } catch (error) {
      if (error instanceof InvalidQuery && isWholeTitle(this.store, text)) return asWords()
      throw error
    }
  }

  #lookUp(field: ValueField, values: readonly ValueTest[]): number[] {
    if (values.length > mostValues)
      throw new InvalidFilter(`${field} has ${values.length} values; give ${mostValues} at most`)
    return [...new Set(values.flatMap(test => this.store.tags.matching(field, test)))]
  }

  /** The rows of the candidates that count: current, part of the listing, and within what tables check only roughly. */
  async #accept(plan: Plan, candidates: readonly Candidate[], asOf: number): Promise<Ranked[]> {
    const rows = await this.store.rows(candidates.map(one => one.id))
    const hashes = (list: readonly (readonly { hash: number }[])[]) =>
      list.map(one => one.map(({ hash }) => hash))
    const needed = hashes(plan.query.phrases)
    const inTitle = hashes(plan.query.titles)
    const banned = [
      ...hashes(plan.query.excludedPhrases),
      ...(plan.text ? [] : plan.query.excluded.map(one => [one.hash])),
    ]
    const bannedTitles = hashes(plan.query.excludedTitles)
    const features =
      needed.length + inTitle.length + banned.length + bannedTitles.length > 0
        ? await this.store.features([...rows.keys()])
        : undefined
    const seen = new Set<number>()
    return candidates.flatMap(candidate => {
      const row = rows.get(candidate.id)
      if (!row || row.firstId > asOf || seen.has(row.id)) return []
      seen.add(row.id)
      const { bbox, polygon } = plan.filter
      if (bbox && row.boxes && !boxesOf(row).some(box => boxesMeet(box, bbox))) return []
      if (polygon && !boxesOf(row).some(box => areaMeets(polygon, box))) return []
      if (features) {
        const own = features.get(row.id)
        if (!own || !needed.every(phrase => hasSequence(own, phrase))) return []
        if (!inTitle.every(phrase => hasSequence(own, phrase, 'title'))) return []
        if (banned.some(phrase => hasSequence(own, phrase))) return []
        if (bannedTitles.some(phrase => hasSequence(own, phrase, 'title'))) return []
      }
      return [{ ...candidate, row }]
    })
  }

  async #searchRanked(
    plan: Plan,
    text: TextQuery,
    limit: number,
    cursor: Cursor | undefined,
    asOf: number,
    key: string,
  ): Promise<SearchPage> {
    const sources = this.sources()
    const answers = await Promise.all(sources.map(source => source.match(text, plan.filter, rerankedCount)))
    // Which of equal scores made it into a cut list is chance: they are left to what comes below the re-ranked.
    const best = answers.flatMap(({ list, truncated }) =>
      truncated ? list.filter(one => one.score > list.at(-1)!.score) : list,
    )
    const more = answers.some(one => one.truncated)
    const window = more ? [...best, ...titleCandidates(this.store, plan.query, plan.filter)] : best
    const accepted = await this.#accept(plan, window, asOf)
    const features = await this.store.features(accepted.map(one => one.id))
    const score = ranker(plan.terms, this.store.statistics, this.#weights)
    const ranked = accepted
      .map(one => ({ ...one, score: score(features.get(one.id) ?? emptyFeatures) }))
      .sort(compare)
    const total = more ? await this.#estimate(plan, sources, ranked.length) : ranked.length
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
      const answers = await Promise.all(this.sources().map(source => source.match(text, plan.filter, depth)))
      const cut = Math.max(
        ...answers.map(({ list, truncated }) => (truncated ? list.at(-1)!.score : Number.NEGATIVE_INFINITY)),
      )
      const whole = answers.every(one => !one.truncated)
      const complete = answers.flatMap(({ list }) => list).filter(one => one.score > cut)
      const position = locate(complete, after)
      // The last result given has sunk below what this depth shows: look deeper rather than guess.
      if (!whole && position === after && after && this.store.living([after.id]).size > 0) continue
      const remaining = complete.filter(one => !known.has(one.id) && isAfter(one, position)).sort(compare)
      const accepted: Ranked[] = []
      const step = Math.max(needed * 2, 100)
      for (let start = 0; start < remaining.length && accepted.length < needed; start += step)
        accepted.push(...(await this.#accept(plan, remaining.slice(start, start + step), asOf)))
      if (accepted.length >= needed || whole) return accepted.slice(0, needed)
    }
  }

  /** Words with an order other than relevance: the best {@link countingLimit} by relevance in that order. */
  async #searchSorted(
    plan: Plan,
    text: TextQuery,
    order: BrowseOrder,
    limit: number,
    cursor: Cursor | undefined,
    asOf: number,
    key: string,
  ): Promise<SearchPage> {
    const { accepted, exact } = await this.#best(plan, text, asOf)
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

  async #searchListed(
    plan: Plan,
    order: BrowseOrder,
    limit: number,
    cursor: Cursor | undefined,
    asOf: number,
    key: string,
  ): Promise<SearchPage> {
    const page: (Ranked & { phase: 'listed' })[] = []
    let position: Candidate | undefined = cursor
    let depth = limit + 32
    for (;;) {
      const after = position
      const answers = await Promise.all(
        this.sources().map(source => source.browse(plan.filter, order, after, depth)),
      )
      const merged = answers.flatMap(({ list }) => list).sort(compare)
      // What lies below the end of a cut list may have better ones between that the list does not show.
      const ends = answers.filter(one => one.truncated).map(one => one.list.at(-1)!)
      const end = ends.sort(compare)[0]
      const complete = end ? merged.filter(one => compare(one, end) <= 0) : merged
      for (const one of await this.#accept(plan, complete, asOf)) page.push({ ...one, phase: 'listed' })
      if (page.length > limit || !end) break
      position = end
      depth = Math.min(depth * 4, countingLimit)
    }
    const { total, exact } = await this.#countListed(plan, this.sources())
    return finishPage(page.slice(0, limit + 1), limit, asOf, key, total, exact)
  }

  async #countListed(plan: Plan, sources: readonly Source[]): Promise<{ total: number; exact: boolean }> {
    const { filter } = plan
    const refined = isRefined(plan.query)
    if (!refined && isUnfiltered(filter)) return { total: this.store.count, exact: true }
    const rough = await countAll(sources, filter)
    // Masked rows and boxes of many parts are only seen one by one.
    const certain = !refined && !filter.bbox && !filter.polygon && this.store.masked().length === 0
    if (certain) return { total: rough, exact: true }
    if (rough > countingLimit) return { total: rough, exact: false }
    const matches = await this.#matches(plan)
    return { total: matches.total, exact: matches.exact }
  }

  /** The best matches by relevance, up to {@link countingLimit}. */
  async #best(plan: Plan, text: TextQuery, asOf: number): Promise<{ accepted: Ranked[]; exact: boolean }> {
    const answers = await Promise.all(
      this.sources().map(source => source.match(text, plan.filter, countingLimit + 1)),
    )
    const merged = answers.flatMap(({ list }) => list).sort(compare)
    const accepted = await this.#accept(plan, merged.slice(0, countingLimit), asOf)
    return { accepted, exact: merged.length <= countingLimit }
  }

  /** The matches that facets are counted over. */
  async #matches(plan: Plan): Promise<Matches> {
    const refined = isRefined(plan.query)
    if (!plan.text && !refined && isUnfiltered(plan.filter)) return { total: this.store.count, exact: true }
    const sources = this.sources()
    const most = countingLimit + 1
    const { text, filter } = plan
    const answers = await Promise.all(
      sources.map(source =>
        text ? source.match(text, filter, most) : source.browse(filter, 'newest', undefined, most),
      ),
    )
    const merged = answers.flatMap(({ list }) => list).sort(compare)
    const exact = merged.length <= countingLimit
    const best = merged.slice(0, countingLimit)
    // Rows are looked at only where tables alone do not decide; ids that are gone carry no tags.
    const sure =
      !refined &&
      !filter.bbox &&
      !filter.polygon &&
      plan.query.phrases.length + plan.query.titles.length === 0 &&
      this.store.masked().length === 0
    const accepted = sure ? best : await this.#accept(plan, best, Number.MAX_SAFE_INTEGER)
    const total = exact
      ? accepted.length
      : text
        ? await this.#estimate(plan, sources, accepted.length)
        : await countAll(sources, filter)
    if (total === 0 && plan.query.phrases.length > 0) return this.#matches(withoutPhrases(plan))
    return { ids: accepted.map(one => one.id), total, exact }
  }

  /** The newest of all, up to {@link countingLimit}. */
  async #everything(plan: Plan): Promise<Matches> {
    const answers = await Promise.all(
      this.sources().map(source => source.browse(plan.filter, 'newest', undefined, countingLimit + 1)),
    )
    const ids = answers
      .flatMap(({ list }) => list)
      .sort(compare)
      .slice(0, countingLimit)
      .map(({ id }) => id)
    const total = this.store.count
    return { ids, total, exact: total <= countingLimit }
  }

  /** Matches of words by their frequencies, taken as independent, times the share that the filters let through. */
  async #estimate(plan: Plan, sources: readonly Source[], atLeast: number): Promise<number> {
    const all = this.store.count
    const { statistics } = this.store
    const none = plan.terms.reduce(
      (share, { hash }) =>
        share * (1 - Math.min(1, statistics.frequency(hash) / Math.max(1, statistics.documents))),
      1,
    )
    const passing = isUnfiltered(plan.filter) ? all : await countAll(sources, plan.filter)
    return Math.min(Math.max(Math.round(passing * (1 - none)), atLeast), Math.max(all, atLeast))
  }

  #topValues(
    name: FacetName,
    counts: Map<number, number> | undefined,
    limit: number,
  ): { value: string; count: number }[] {
    const { tags } = this.store
    if (!counts) return tags.top(name, limit)
    const own = [...counts].filter(([tag]) => kindOf(tag) === name).sort((a, b) => b[1] - a[1] || a[0] - b[0])
    // Equal counts are ordered by value: of those with the last count that fits, some more are looked at.
    const least = own[limit - 1]?.[1] ?? 0
    const candidates = own.slice(0, limit * 4).filter(([, count]) => count >= least)
    return candidates
      .map(([tag, count]) => ({ value: tags.label(tag) ?? '', count }))
      .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
      .slice(0, limit)
  }
}

async function countAll(sources: readonly Source[], filter: ResolvedFilter): Promise<number> {
  const counts = await Promise.all(sources.map(source => source.count(filter)))
  return counts.reduce((sum, one) => sum + one, 0)
}

function withoutPhrases(plan: Plan): Plan {
  const all = [...new Set(plan.query.titles.flat().map(one => one.term))]
  return { ...plan, query: { ...plan.query, phrases: [] }, text: { ...plan.text!, all } }
}

const emptyFeatures = new Uint32Array(16)

function checkLimit(limit: number, most: number): number {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > most)
    throw new InvalidFilter(`limit ${limit} is not a whole number from 1 to ${most}`)
  return limit
}

function checkSort(sort: SearchSort | undefined, plan: Plan): SearchSort {
  if (sort !== undefined && !['relevance', 'newest', 'most-used'].includes(sort))
    throw new InvalidFilter(`sort '${sort}' is none of relevance, newest, most-used`)
  if (!plan.text) return sort === 'most-used' ? sort : 'newest'
  return sort ?? 'relevance'
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
