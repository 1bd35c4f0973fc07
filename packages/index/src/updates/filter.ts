import { documentsOf } from '../documents.ts'
import { QueryError } from '../errors.ts'
import type { LineageGraph } from '../graph/graph.ts'
import { bitsOf, OWNERS } from '../graph/relations.ts'
import { findAccount, withDid } from '../queries/accounts.ts'
import type { Database } from '../schema.ts'
import type { SearchDocument } from '../search/engine.ts'
import { readSavedSearch, type SavedSearch } from './saved-search.ts'
import type { UpdateView } from './view.ts'

/** What a subscriber wants to hear of, as the parameters of `updates.subscribeUpdates` say it; without any, everything. */
export interface FilterParams {
  readonly dataset?: readonly string[]
  readonly actor?: readonly string[]
  readonly collection?: readonly string[]
  readonly downstreamOf?: readonly string[]
  readonly query?: string
}

/** A filter with its names resolved. */
export interface UpdateFilter {
  readonly datasets?: ReadonlySet<string>
  readonly downstreamOf?: readonly string[]
  readonly actors?: ReadonlySet<string>
  readonly collections?: ReadonlySet<string>
  readonly search?: SavedSearch
}

/** Nobody is made from more than this many things; beyond, the nearest count. */
const MOST_SOURCES = 10_000

/**
 * Resolves handles, and reads the saved search. DIDs need not be known yet; a handle that is not known names nobody.
 * @throws QueryError ActorNotFound, InvalidQuery
 */
export async function readFilter(db: Database, params: FilterParams): Promise<UpdateFilter> {
  const { dataset, actor, collection, downstreamOf, query } = params
  const isGiven = (list: readonly string[] | undefined) => list !== undefined && list.length > 0
  const uris = (list: readonly string[]) => Promise.all(list.map(uri => uriByDid(db, uri)))
  return {
    ...(isGiven(dataset) && { datasets: new Set(await uris(dataset!)) }),
    ...(isGiven(downstreamOf) && { downstreamOf: await uris(downstreamOf!) }),
    ...(isGiven(actor) && {
      actors: new Set(await Promise.all(actor!.map(name => didOf(db, name)))),
    }),
    ...(isGiven(collection) && { collections: new Set(collection) }),
    ...(query && { search: await readSavedSearch(db, query) }),
  }
}

async function didOf(db: Database, actor: string): Promise<string> {
  if (actor.startsWith('did:')) return actor
  const did = await findAccount(db, actor)
  if (did) return did
  throw new QueryError('ActorNotFound', `'${actor}' is not known here: write the DID, or wait until it is`)
}

async function uriByDid(db: Database, uri: string): Promise<string> {
  const found = await withDid(db, uri)
  if (found) return found
  throw new QueryError('ActorNotFound', `the handle of '${uri}' is not known here: write the DID`)
}

/**
 * Holds a batch of updates against any number of filters: what costs something (walking up the lineage, reading datasets) is
 * done once an update, and only if a filter asks.
 */
export class UpdateMatcher {
  readonly #db: Database
  readonly #graph: LineageGraph
  readonly #sources = new Map<UpdateView, ReadonlySet<string>>()
  readonly #documents = new Map<string, SearchDocument>()

  private constructor(db: Database, graph: LineageGraph) {
    this.#db = db
    this.#graph = graph
  }

  /** Gets ready what the filters will ask of these updates. */
  static async over(
    db: Database,
    graph: LineageGraph,
    updates: readonly UpdateView[],
    filters: Iterable<UpdateFilter>,
  ): Promise<UpdateMatcher> {
    const matcher = new UpdateMatcher(db, graph)
    let isSearched = false
    let isWalked = false
    for (const { search, downstreamOf } of filters) {
      isSearched ||= search !== undefined
      isWalked ||= downstreamOf !== undefined
    }
    if (isWalked) await graph.reached(updates.at(-1)?.seq)
    if (isSearched) await matcher.#readDocuments(updates)
    return matcher
  }

  matches(filter: UpdateFilter, update: UpdateView): boolean {
    const { actors, collections, search } = filter
    if (actors && !actors.has(update.did)) return false
    if (collections && !collections.has(update.collection ?? '')) return false
    if (!this.#isOfDataset(filter, update)) return false
    return (
      !search ||
      update.about.some(uri => {
        const document = this.#documents.get(uri)
        return document !== undefined && search.matches(document)
      })
    )
  }

  #isOfDataset({ datasets, downstreamOf }: UpdateFilter, update: UpdateView): boolean {
    if (!datasets && !downstreamOf) return true
    if (datasets && update.about.some(uri => datasets.has(uri))) return true
    if (!downstreamOf || update.roots.length === 0) return false
    const sources = this.#sourcesOf(update)
    return downstreamOf.some(uri => sources.has(this.#graph.canonical(uri)))
  }

  /** Everything that the update's dataset was made from. */
  #sourcesOf(update: UpdateView): ReadonlySet<string> {
    const known = this.#sources.get(update)
    if (known) return known
    const sources = new Set<string>()
    for (const from of update.roots) {
      const walk = { from, bits: bitsOf(OWNERS), limit: MOST_SOURCES }
      const { reached } = this.#graph.closure(walk, 'upstream', MOST_SOURCES)
      for (const { node, depth } of reached) if (depth > 0) sources.add(this.#graph.name(node))
      if (!update.about.includes(from)) sources.add(this.#graph.canonical(from))
    }
    this.#sources.set(update, sources)
    return sources
  }

  async #readDocuments(updates: readonly UpdateView[]): Promise<void> {
    const uris = [...new Set(updates.flatMap(({ about }) => about))]
    for (const document of await documentsOf(this.#db, uris)) this.#documents.set(document.uri, document)
  }
}
