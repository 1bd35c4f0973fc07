import { QueryError } from '../errors.ts'
import { readFilters, type SearchParams } from '../queries/search.ts'
import type { Database } from '../schema.ts'
import { normaliseValue, terms } from '../search/analysis.ts'
import { boxesMeet } from '../search/boxes.ts'
import { facetValues, type SearchDocument, type SearchFilters } from '../search/engine.ts'
import { type ParsedQuery, parseQuery, type QueryTerm, valueFilters } from '../search/query.ts'

/** A search that is held against one dataset at a time: here all of its words must occur, since nothing is ranked. */
export interface SavedSearch {
  matches(document: SearchDocument): boolean
}

const LISTS = ['format', 'license', 'model', 'keyword', 'variable'] as const
const TEXTS = ['q', 'publisher', 'bbox', 'from', 'until'] as const
/** What belongs to the look of a page of results, not to what is found. */
const IGNORED = ['sort', 'limit', 'cursor']

/**
 * Reads a saved search: the parameters of `dataset.searchEntries` as a query string.
 * @throws QueryError InvalidQuery that names the parameter
 */
export async function readSavedSearch(db: Database, text: string): Promise<SavedSearch> {
  const params = savedSearchParams(text)
  const filters = await readFilters(db, params).catch(error => {
    throw new QueryError('InvalidQuery', (error as Error).message)
  })
  // A publisher that is not known: nothing of it can be found yet.
  if (!filters) return { matches: () => false }
  const query = parseQuery(filters.q ?? '')
  return { matches: document => meetsFilters(document, filters, query) && meetsWords(document, query) }
}

/** The parameters that a saved search is written with. @throws QueryError InvalidQuery */
export function savedSearchParams(text: string): SearchParams {
  const params: Record<string, string | string[]> = {}
  for (const [name, value] of new URLSearchParams(text)) {
    if ((LISTS as readonly string[]).includes(name)) {
      const held = params[name]
      params[name] = Array.isArray(held) ? [...held, value] : [value]
    } else if ((TEXTS as readonly string[]).includes(name)) params[name] = value
    else if (!IGNORED.includes(name))
      throw new QueryError(
        'InvalidQuery',
        `query has '${name.slice(0, 60)}': a saved search knows ${[...TEXTS, ...LISTS].join(', ')}`,
      )
  }
  if (Object.keys(params).length === 0)
    throw new QueryError('InvalidQuery', 'query is empty: write parameters, such as q=sea+ice&format=zarr')
  return params
}

function meetsFilters(document: SearchDocument, filters: SearchFilters, query: ParsedQuery): boolean {
  const { bbox, from, until } = filters
  if (bbox && !document.boxes.some(box => boxesMeet(box, bbox))) return false
  const isTimed = document.from !== undefined || document.until !== undefined
  if ((from !== undefined || until !== undefined) && !isTimed) return false
  if (from !== undefined && (document.until ?? Infinity) < from) return false
  if (until !== undefined && (document.from ?? -Infinity) > until) return false
  return valueFilters(filters, query).every(([name, wanted]) => {
    const held = new Set(facetValues(document, name).map(normaliseValue))
    return wanted.some(value => held.has(normaliseValue(value)))
  })
}

function meetsWords(document: SearchDocument, query: ParsedQuery): boolean {
  if (query.terms.length + query.excluded.length + query.excludedPhrases.length === 0) return true
  const fields = textsOf(document).map(text => terms(text))
  const held = new Set(fields.flat())
  const has = ({ term }: QueryTerm) => held.has(term)
  const hasPhrase = (phrase: readonly QueryTerm[]) => fields.some(field => contains(field, phrase))
  return (
    query.terms.every(has) &&
    query.phrases.every(hasPhrase) &&
    !query.excluded.some(has) &&
    !query.excludedPhrases.some(hasPhrase)
  )
}

function textsOf(document: SearchDocument): string[] {
  const { title, slugWords, subjects, creators, publisher, distributionTitles, variables, description } =
    document
  return [
    title,
    slugWords,
    publisher,
    description,
    ...subjects,
    ...creators,
    ...distributionTitles,
    ...variables,
  ]
}

function contains(field: readonly string[], phrase: readonly QueryTerm[]): boolean {
  return field.some((_, start) => phrase.every(({ term }, place) => field[start + place] === term))
}
