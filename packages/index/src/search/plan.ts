/** What a request asks for, understood: its words weighed, its filters looked up. */
import { hashTerm, term, words } from './analysis.ts'
import { checkBox } from './boxes.ts'
import type { SearchFilters } from './engine.ts'
import { InvalidFilter, InvalidQuery } from './engine.ts'
import type { ParsedQuery, Range, ValueTest } from './query.ts'
import { parseQuery, valueGroups } from './query.ts'
import type { ValueField } from './query-parts.ts'
import type { WeighedTerm } from './rerank.ts'
import { weighTerms } from './rerank.ts'
import type { ResolvedFilter, TextQuery } from './source.ts'
import type { TermStatistics } from './statistics.ts'
import type { SearchStore } from './store.ts'
import type { Suggester } from './suggest.ts'
import { isRefined, isWholeTitle } from './titles.ts'

const mostValues = 64
/** Words that segments hold rows against. */
const mostNeeded = 48
/** In years; 30 milliseconds. */
const A_MOMENT = 1e-9

export interface Plan {
  readonly query: ParsedQuery
  readonly terms: readonly WeighedTerm[]
  readonly text: TextQuery | undefined
  readonly filter: ResolvedFilter
}

export class Planner {
  readonly #store: SearchStore
  readonly #statistics: TermStatistics
  readonly #suggester: Suggester

  constructor(store: SearchStore, statistics: TermStatistics, suggester: Suggester) {
    this.#store = store
    this.#statistics = statistics
    this.#suggester = suggester
  }

  /** @throws {InvalidQuery} {@link InvalidFilter} */
  plan(filters: SearchFilters): Plan {
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
      years: [...query.years.map(halfOpen), asked].filter(range => Object.keys(range).length > 0),
      published: query.published,
    }
    if (query.terms.length === 0 && isRefined(query)) return { query, terms: [], text: undefined, filter }
    const terms = weighTerms(query)
    const any = query.terms.map(one => one.hash)
    for (const one of query.terms) {
      if (this.#statistics.frequency(one.hash) > 0) continue
      for (const word of this.#suggester.completions(one.word, 4)) {
        const completed = term(word)
        const hash = hashTerm(completed)
        if (!completed || any.includes(hash)) continue
        any.push(hash)
        terms.push({ hash, weight: 0.5 })
      }
    }
    const text: TextQuery | undefined =
      any.length === 0
        ? undefined
        : {
            any,
            // Of more the phrases are held against the rows themselves.
            all: [...new Set([...query.phrases, ...query.titles].flat().map(one => one.hash))].slice(
              0,
              mostNeeded,
            ),
            none: [...new Set(query.excluded.map(one => one.hash))],
          }
    return { query, terms, text, filter }
  }

  /** A pasted title is words only, whatever marks stand in it. */
  #understand(text: string): ParsedQuery {
    const asWords = () => parseQuery(words(text).join(' '))
    try {
      const query = parseQuery(text)
      const isPlain = !isRefined(query) && !/[a-z]:/i.test(text)
      return isPlain || !isWholeTitle(this.#store, text) ? query : asWords()
    } catch (error) {
      if (error instanceof InvalidQuery && isWholeTitle(this.#store, text)) return asWords()
      throw error
    }
  }

  #lookUp(field: ValueField, values: readonly ValueTest[]): number[] {
    if (values.length > mostValues)
      throw new InvalidFilter(`${field} has ${values.length} values; give ${mostValues} at most`)
    return [...new Set(values.flatMap(test => this.#store.tags.matching(field, test)))]
  }
}

/** `2000` ends where 2001 begins, and what begins there is not of it. */
function halfOpen({ until, ...range }: Range): Range {
  if (until === undefined) return range
  return { ...range, until: until - Math.max(A_MOMENT, Math.abs(until) * Number.EPSILON) }
}

/** The same with the words of its phrases in any order, anywhere. */
export function withoutPhrases(plan: Plan): Plan {
  const all = [...new Set(plan.query.titles.flat().map(one => one.hash))]
  return { ...plan, query: { ...plan.query, phrases: [] }, text: { ...plan.text!, all } }
}
