/**
 * Search: one store of documents, and any number of segments whose answers are merged. Each segment gives its best by BM25; all of
 * these are ranked anew with statistics over everything, because scores of different segments do not compare. Below the re-ranked
 * best, results go on in the order of BM25.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as breath, setTimeout as sleep } from 'node:timers/promises'
import { decodeCursor, requestKey } from './cursor.ts'
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
import { facetNames, InvalidFilter } from './engine.ts'
import { Matcher } from './matches.ts'
import { Pager } from './pages.ts'
import type { Plan } from './plan.ts'
import { Planner } from './plan.ts'
import type { RankingWeights } from './rerank.ts'
import { defaultWeights } from './rerank.ts'
import { defaultSettings, type SegmentSettings, Segments } from './segments/segments.ts'
import { Speller } from './spelling.ts'
import { SearchStore } from './store.ts'
import { Suggester } from './suggest.ts'
import { TagCounter } from './tag-counter.ts'
import { kindOf } from './tags.ts'
import { countSpans } from './timeline.ts'
import { isWholeTitle } from './titles.ts'

const mostLimit = 100
/**
 * Documents of one transaction, which holds up the event loop. Every one takes a quarter of a millisecond: while somebody asks they are few, and
 * more only where many wait, since each transaction costs something too.
 */
const askedPiece = (waiting: number) => Math.max(16, Math.ceil(waiting / 16))
const applyPiece = 256
const bulkPiece = 1_024
/** So long after a request the next one is expected. */
const ASKED_MILLISECONDS = 1_000
/** So long work waits at most for requests that are under way. */
const LONGEST_WAIT_MILLISECONDS = 20

type TagCounts = ReadonlyMap<
  FacetName,
  { readonly tags: readonly number[]; readonly counts: readonly number[] }
>

export class StoredSearch implements SearchEngine {
  readonly #store: SearchStore
  readonly #segments: Segments
  /** Requests under way: a file that is replaced goes when those are done that may still read it. */
  readonly #readers: Set<Promise<unknown>>
  readonly #suggester: Suggester
  readonly #speller: Speller
  readonly #planner: Planner
  readonly #matcher: Matcher
  readonly #pager: Pager
  /** Those that no request counts with. */
  readonly #counters: TagCounter[] = []
  #work: Promise<unknown> = Promise.resolve()
  #askedAt = Number.NEGATIVE_INFINITY
  #generation: string

  private constructor(
    store: SearchStore,
    segments: Segments,
    readers: Set<Promise<unknown>>,
    weights: RankingWeights,
  ) {
    this.#store = store
    this.#segments = segments
    this.#readers = readers
    this.#suggester = new Suggester(store)
    this.#speller = new Speller(store, segments, this.#suggester)
    this.#planner = new Planner(store, segments, this.#suggester)
    this.#matcher = new Matcher(store, segments)
    this.#pager = new Pager(store, this.#matcher, segments, weights)
    this.#generation = this.#readGeneration()
  }

  static async open(
    directory: string,
    settings: Partial<SegmentSettings> = {},
    weights: RankingWeights = defaultWeights,
  ): Promise<StoredSearch> {
    const store = new SearchStore(directory)
    const readers = new Set<Promise<unknown>>()
    try {
      // What an earlier version kept beside the store.
      rmSync(join(directory, 'lance'), { recursive: true, force: true })
      const segments = await Segments.open({
        folder: join(directory, 'segments'),
        store,
        settings: { ...defaultSettings, ...settings },
        breathe: () => letAsk(readers),
        readers: () => Promise.allSettled(readers),
      })
      return new StoredSearch(store, segments, readers, weights)
    } catch (error) {
      store.close()
      throw error
    }
  }

  async watermark(): Promise<number> {
    return this.#store.watermark
  }

  async count(): Promise<number> {
    return this.#segments.documents
  }

  apply(batch: SearchBatch): Promise<void> {
    return this.#inTurn(() => {
      const latest = new Map<string, SearchDocument>()
      for (const document of batch.upserts) latest.set(document.uri, document)
      const deletes = batch.deletes.filter(uri => !latest.has(uri))
      return this.#change({ upserts: [...latest.values()], deletes, watermark: batch.watermark })
    })
  }

  /** Replaying a batch changes nothing, so pieces may be committed before the watermark says so. */
  async #change({ upserts, deletes, watermark }: SearchBatch): Promise<void> {
    await this.#segments.ready()
    const most = upserts.length > bulkPiece ? bulkPiece : applyPiece
    for (let start = 0; start < upserts.length; ) {
      if (start > 0) await letAsk(this.#readers)
      const piece = upserts.slice(start, start + (this.#isAsked ? askedPiece(upserts.length) : most))
      start += piece.length
      this.#segments.change(this.#store.transaction(() => this.#store.put(piece)))
    }
    const removed = this.#store.transaction(() => {
      const gone = this.#store.delete(deletes)
      this.#store.setMeta('watermark', watermark)
      return gone
    })
    this.#segments.change({ added: [], removed })
    await this.#segments.ready()
  }

  settle(): Promise<void> {
    return this.#segments.settle()
  }

  search(request: SearchRequest): Promise<SearchPage> {
    return this.#reading(() => this.#search(request))
  }

  async #search(request: SearchRequest): Promise<SearchPage> {
    const limit = checkLimit(request.limit, mostLimit)
    const plan = this.#planner.plan(request)
    const sort = checkSort(request.sort, plan)
    const key = requestKey(request, sort, this.#generation)
    const cursor = request.cursor === undefined ? undefined : decodeCursor(request.cursor, key)
    const asOf = cursor?.asOf ?? this.#store.highestId
    return this.#pager.page(plan, sort, { limit, cursor, asOf, key })
  }

  facets(
    filters: SearchFilters,
    names: readonly FacetName[],
    options: FacetOptions = {},
  ): Promise<FacetCounts> {
    return this.#reading(() => this.#facets(filters, names, options))
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
    const all = this.#matcher.matches(this.#planner.plan(filters))
    const facets = await Promise.all(
      names.map(async name => {
        const own = (options.disjunctive ?? true) && filters[name] && filters[name].length > 0
        const matches = await (own
          ? this.#matcher.matches(this.#planner.plan({ ...filters, [name]: undefined }))
          : all)
        return { name, matches, own }
      }),
    )
    const { ids, total, exact } = await all
    // One pass over the documents counts all facets that share the matches.
    const shared = facets.filter(one => !one.own).map(one => one.name)
    const counts = ids && (await this.#countTags(ids, shared))
    const counted: FacetCounts['facets'][number][] = []
    for (const { name, matches, own } of facets) {
      const among = own ? matches.ids && (await this.#countTags(matches.ids, [name])) : counts
      counted.push({ name, values: this.#topValues(name, among, limit) })
    }
    return { facets: counted, total, exact: exact && facets.every(one => one.matches.exact) }
  }

  timeline(filters: SearchFilters, buckets = 48): Promise<Timeline> {
    return this.#reading(async () => {
      const { from: _, until: __, ...others } = filters
      const plan = this.#planner.plan(others)
      const found = await this.#matcher.matches(plan)
      const listed = found.ids ? found : await this.#matcher.everything(plan)
      const spans = await this.#store.spans(listed.ids ?? [])
      return { ...countSpans(spans, buckets), total: listed.total, exact: listed.exact }
    })
  }

  async correct(q: string): Promise<string | undefined> {
    return isWholeTitle(this.#store, q) ? undefined : this.#speller.correct(q)
  }

  async suggest(prefix: string, limit: number): Promise<readonly Suggestion[]> {
    return this.#suggester.suggest(prefix, checkLimit(limit, mostLimit))
  }

  clear(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#segments.clear()
      this.#store.clear()
      this.#generation = this.#readGeneration()
    })
  }

  async close(): Promise<void> {
    await this.#inTurn(async () => {})
    await this.#segments.close()
    this.#store.close()
  }

  async #reading<T>(work: () => Promise<T>): Promise<T> {
    this.#askedAt = performance.now()
    const result = work()
    this.#readers.add(result)
    try {
      return await result
    } finally {
      this.#readers.delete(result)
    }
  }

  /** Changes happen one after another. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(work)
    this.#work = result.catch(() => {})
    return result
  }

  /** Whether requests come at present. */
  get #isAsked(): boolean {
    return this.#readers.size > 0 || performance.now() - this.#askedAt < ASKED_MILLISECONDS
  }

  #readGeneration(): string {
    const known = this.#store.meta('generation')
    if (known) return known
    const made = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`
    this.#store.setMeta('generation', made)
    return made
  }

  /** How many of the documents carry each tag of the kinds, kind by kind. */
  async #countTags(ids: readonly number[], names: readonly FacetName[]): Promise<TagCounts> {
    const counter = this.#counters.pop() ?? new TagCounter()
    const kinds = names.reduce((bits, name) => bits | (1 << facetNames.indexOf(name)), 0)
    let left = ids
    for (const source of this.#segments.all()) {
      left = source.countTags(left, kinds, counter)
      await breath()
    }
    const { tags, counts } = counter.take()
    this.#counters.push(counter)
    const byKind = new Map<FacetName, { tags: number[]; counts: number[] }>(
      names.map(name => [name, { tags: [], counts: [] }]),
    )
    for (const [place, tag] of tags.entries()) {
      const own = byKind.get(kindOf(tag))
      own?.tags.push(tag)
      own?.counts.push(counts[place]!)
    }
    return byKind
  }

  #topValues(
    name: FacetName,
    counts: TagCounts | undefined,
    limit: number,
  ): { value: string; count: number }[] {
    const { tags } = this.#store
    if (!counts) return tags.top(name, limit)
    const own = counts.get(name) ?? { tags: [], counts: [] }
    const ascending = Uint32Array.from(own.counts).sort()
    // Equal counts are ordered by value: of those with the last count that fits, some more are looked at.
    const least = ascending.at(-limit) ?? 0
    const candidates: [tag: number, count: number][] = []
    for (const [place, count] of own.counts.entries())
      if (count >= least) candidates.push([own.tags[place]!, count])
    candidates.sort((a, b) => b[1] - a[1] || a[0] - b[0])
    candidates.length = Math.min(candidates.length, limit * 4)
    return candidates
      .map(([tag, count]) => ({ value: tags.label(tag) ?? '', count }))
      .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
      .slice(0, limit)
  }
}

/** Between two pieces of work: requests that are under way go first, for a while. */
async function letAsk(readers: ReadonlySet<Promise<unknown>>): Promise<void> {
  await breath()
  if (readers.size > 0)
    await Promise.race([
      Promise.allSettled(readers),
      sleep(LONGEST_WAIT_MILLISECONDS, undefined, { ref: false }),
    ])
}

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
