import { QueryError } from '../errors.ts'
import { findAccount } from '../queries/accounts.ts'
import { readFilters, type SearchParams } from '../queries/search.ts'
import type { Database } from '../schema.ts'
import { terms } from '../search/analysis.ts'
import { areaMeets } from '../search/area.ts'
import { boxesMeet } from '../search/boxes.ts'
import { facetValues, type SearchDocument, type SearchFilters } from '../search/engine.ts'
import {
  type ParsedQuery,
  parseQuery,
  type QueryTerm,
  type Range,
  valueGroups,
  valueMatches,
} from '../search/query.ts'

/** A search that is held against one dataset at a time: here all of its words must occur, since nothing is ranked. */
export interface SavedSearch {
  /** Its parameters as a query string, the publisher by DID: what to keep, since handles change. */
  readonly text: string
  matches(document: SearchDocument): boolean
}

const LISTS = ['format', 'license', 'model', 'keyword', 'variable', 'creator', 'offer', 'access'] as const
const TEXTS = ['q', 'publisher', 'bbox', 'polygon', 'from', 'until'] as const
/** What belongs to the look of a page of results, not to what is found. */
const IGNORED = ['sort', 'limit', 'cursor']

/**
 * Reads a saved search: the parameters of `dataset.searchEntries` as a query string.
 * @throws QueryError InvalidQuery that names the parameter
 */
export async function readSavedSearch(db: Database, text: string): Promise<SavedSearch> {
  const { publisher: named, ...params } = savedSearchParams(text)
  const read = await readFilters(db, params).catch(error => {
    throw new QueryError('InvalidQuery', (error as Error).message)
  })
  const publisher = named === undefined ? undefined : await publisherDid(db, named)
  const filters = { ...read, ...(publisher && { publisher: [publisher] }) }
  const query = understood(filters.q ?? '')
  const kept = new URLSearchParams(text)
  if (publisher) kept.set('publisher', publisher)
  return {
    text: kept.toString(),
    matches: document => meetsFilters(document, filters, query) && meetsWords(document, query),
  }
}

/** A DID need not be known yet; a handle that is not known names nobody. */
async function publisherDid(db: Database, name: string): Promise<string> {
  const did = name.startsWith('did:') ? name : await findAccount(db, name)
  if (did) return did
  throw new QueryError(
    'InvalidQuery',
    `publisher is '${name.slice(0, 260)}', who is not known here: write the DID, or wait until the handle is`,
  )
}

function understood(q: string): ParsedQuery {
  try {
    return parseQuery(q)
  } catch (error) {
    throw new QueryError('InvalidQuery', (error as Error).message)
  }
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
  const { bbox, polygon, from, until } = filters
  if (bbox && !document.boxes.some(box => boxesMeet(box, bbox))) return false
  if (polygon && !document.boxes.some(box => areaMeets(polygon, box))) return false
  const asked: Range = { ...(from !== undefined && { from }), ...(until !== undefined && { until }) }
  const isTimed = document.from !== undefined || document.until !== undefined
  const covered = { from: document.from ?? -Infinity, until: document.until ?? Infinity }
  const { createdAt } = document
  return (
    [...query.years, asked].every(
      range => Object.keys(range).length === 0 || (isTimed && overlap(range, covered)),
    ) &&
    query.published.every(range => overlap(range, { from: createdAt, until: createdAt })) &&
    valueGroups(filters, query).every(({ field, values, excluded }) => {
      const held = facetValues(document, field)
      return held.some(value => values.some(test => valueMatches(test, value))) !== excluded
    })
  )
}

const overlap = (a: Range, b: Range): boolean =>
  (a.until ?? Infinity) >= (b.from ?? -Infinity) && (a.from ?? -Infinity) <= (b.until ?? Infinity)

function meetsWords(document: SearchDocument, query: ParsedQuery): boolean {
  const { phrases, titles, excluded, excludedPhrases, excludedTitles } = query
  const { fields, held } = wordsOf(document)
  const has = ({ term }: QueryTerm) => held.has(term)
  const hasPhrase = (phrase: readonly QueryTerm[]) => fields.some(field => contains(field, phrase))
  const inTitle = (phrase: readonly QueryTerm[]) => contains(fields[0]!, phrase)
  return (
    query.terms.every(has) &&
    phrases.every(hasPhrase) &&
    titles.every(inTitle) &&
    !excluded.some(has) &&
    !excludedPhrases.some(hasPhrase) &&
    !excludedTitles.some(inTitle)
  )
}

interface Words {
  /** Of each text, its terms in order: the title's first. */
  readonly fields: readonly (readonly string[])[]
  readonly held: ReadonlySet<string>
}

/** A thousand searches are held against one dataset: its texts are cut into terms once. */
const known = new WeakMap<SearchDocument, Words>()

function wordsOf(document: SearchDocument): Words {
  let words = known.get(document)
  if (!words) {
    const fields = textsOf(document).map(text => terms(text))
    words = { fields, held: new Set(fields.flat()) }
    known.set(document, words)
  }
  return words
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
