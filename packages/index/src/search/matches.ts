/** Which documents match a plan, and how many: what the tables say, held against the store where they know only roughly. */
import { areaMeets } from './area.ts'
import { boxesMeet } from './boxes.ts'
import { compare } from './cursor.ts'
import { boxesOf, type StoredRow } from './document-row.ts'
import { countingLimit } from './engine.ts'
import { hasSequence } from './features.ts'
import type { Plan } from './plan.ts'
import { withoutPhrases } from './plan.ts'
import type { Segments } from './segments/segments.ts'
import type { Candidate, ResolvedFilter, Source, TextQuery } from './source.ts'
import { isUnfiltered } from './source.ts'
import type { SearchStore } from './store.ts'
import { isRefined } from './titles.ts'

export interface Ranked extends Candidate {
  readonly row: StoredRow
}

export interface Matches {
  /** Absent: everything. */
  readonly ids?: readonly number[]
  readonly total: number
  readonly exact: boolean
}

export class Matcher {
  readonly #store: SearchStore
  readonly #segments: Segments

  constructor(store: SearchStore, segments: Segments) {
    this.#store = store
    this.#segments = segments
  }

  /** The rows of the candidates that count: current, part of the listing, and within what tables check only roughly. */
  async accept(plan: Plan, candidates: readonly Candidate[], asOf: number): Promise<Ranked[]> {
    const rows = await this.#store.rows(candidates.map(one => one.id))
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
        ? await this.#store.features([...rows.keys()])
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

  async countListed(plan: Plan, sources: readonly Source[]): Promise<{ total: number; exact: boolean }> {
    const { filter } = plan
    const refined = isRefined(plan.query)
    if (!refined && isUnfiltered(filter)) return { total: this.#segments.documents, exact: true }
    const rough = await countAll(sources, filter)
    // Boxes of many parts are only seen one by one.
    const certain = !refined && !filter.bbox && !filter.polygon
    if (certain) return { total: rough, exact: true }
    if (rough > countingLimit) return { total: rough, exact: false }
    const matches = await this.matches(plan)
    return { total: matches.total, exact: matches.exact }
  }

  /** The best matches by relevance, up to {@link countingLimit}. */
  async best(plan: Plan, text: TextQuery, asOf: number): Promise<{ accepted: Ranked[]; exact: boolean }> {
    const answers = await Promise.all(
      this.#segments.all().map(source => source.match(text, plan.filter, countingLimit + 1)),
    )
    const merged = answers.flatMap(({ list }) => list).sort(compare)
    const accepted = await this.accept(plan, merged.slice(0, countingLimit), asOf)
    return { accepted, exact: merged.length <= countingLimit }
  }

  /** The matches that facets are counted over. */
  async matches(plan: Plan): Promise<Matches> {
    const refined = isRefined(plan.query)
    if (!plan.text && !refined && isUnfiltered(plan.filter))
      return { total: this.#segments.documents, exact: true }
    const sources = this.#segments.all()
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
      plan.query.phrases.length + plan.query.titles.length === 0
    const accepted = sure ? best : await this.accept(plan, best, Number.MAX_SAFE_INTEGER)
    const total = exact
      ? accepted.length
      : text
        ? await this.estimate(plan, sources, accepted.length)
        : await countAll(sources, filter)
    if (total === 0 && plan.query.phrases.length > 0) return this.matches(withoutPhrases(plan))
    return { ids: accepted.map(one => one.id), total, exact }
  }

  /** The newest of all, up to {@link countingLimit}. */
  async everything(plan: Plan): Promise<Matches> {
    const answers = await Promise.all(
      this.#segments.all().map(source => source.browse(plan.filter, 'newest', undefined, countingLimit + 1)),
    )
    const ids = answers
      .flatMap(({ list }) => list)
      .sort(compare)
      .slice(0, countingLimit)
      .map(({ id }) => id)
    const total = this.#segments.documents
    return { ids, total, exact: total <= countingLimit }
  }

  /** Matches of words by their frequencies, taken as independent, times the share that the filters let through. */
  async estimate(plan: Plan, sources: readonly Source[], atLeast: number): Promise<number> {
    const statistics = this.#segments
    const all = statistics.documents
    const none = plan.terms.reduce(
      (share, { hash }) =>
        share * (1 - Math.min(1, statistics.frequency(hash) / Math.max(1, statistics.documents))),
      1,
    )
    const counts = isUnfiltered(plan.filter)
      ? [all]
      : await Promise.all(sources.map(source => source.count(plan.filter)))
    const passing = counts.reduce((sum, one) => sum + one, 0)
    return Math.min(Math.max(Math.round(passing * (1 - none)), atLeast), Math.max(all, atLeast))
  }
}

async function countAll(sources: readonly Source[], filter: ResolvedFilter): Promise<number> {
  const counts = await Promise.all(sources.map(source => source.count(filter)))
  return counts.reduce((sum, one) => sum + one, 0)
}
