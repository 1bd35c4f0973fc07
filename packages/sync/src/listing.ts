/** What a relay or PDS lists: its kind, its repositories and their heads. Pages are bounded, and every field is checked. */
import { isDid } from './frame.ts'
import { type HttpClient, HttpError } from './http.ts'

const PAGE = 1000
/** Pages with nothing new in them after which a list is taken for endless. */
const MOST_EMPTY_PAGES = 3
const PAGE_BYTES = 4_000_000

/** One line of `com.atproto.sync.listRepos`. */
export interface ListedRepo {
  readonly did: string
  /** CID of the newest commit block, as text. */
  readonly head?: string
  readonly active: boolean
  readonly status?: string
}

export interface ListOptions {
  readonly signal: AbortSignal
  /** Repositories after which a list is cut: no host may keep the reader for ever. */
  readonly mostRepos: number
}

/** `com.atproto.sync.*` and `com.atproto.*.describe*` of one service. */
export class ServiceLists {
  readonly #http: HttpClient
  readonly #origin: string

  constructor(http: HttpClient, origin: string) {
    this.#http = http
    this.#origin = origin
  }

  /** The same questions to another service. */
  at(origin: string): ServiceLists {
    return new ServiceLists(this.#http, origin)
  }

  /**
   * A PDS answers `com.atproto.server.describeServer`; a relay has no accounts and does not.
   * @throws HttpError where the service cannot be reached
   */
  async kind(signal?: AbortSignal): Promise<'pds' | 'relay'> {
    try {
      await this.#get('com.atproto.server.describeServer', {}, signal)
      return 'pds'
    } catch (error) {
      if (error instanceof HttpError && error.status >= 400 && error.status !== 429 && error.status !== 503) {
        if (error.status < 500 || error.status === 501) return 'relay'
      }
      throw error
    }
  }

  /**
   * Every repository with a record of the collection, DIDs page by page.
   * @throws HttpError, with `status` 404 or 501 where the service does not know the method (a PDS)
   */
  async *reposByCollection(collection: string, options: ListOptions): AsyncGenerator<string[]> {
    const pages = this.#pages('com.atproto.sync.listReposByCollection', { collection }, options)
    for await (const page of pages) yield page.map(({ did }) => did)
  }

  /** Every repository with its head. */
  repos(options: ListOptions): AsyncGenerator<ListedRepo[]> {
    return this.#pages('com.atproto.sync.listRepos', {}, options)
  }

  /** Hosts that a relay reads, by name (`pds.example.org`, in a local network `localhost:2583`); those it banned left out. */
  async *hosts({ signal, mostHosts }: { signal: AbortSignal; mostHosts: number }): AsyncGenerator<string> {
    let cursor: string | undefined
    let seen = 0
    do {
      const query = { limit: String(PAGE), ...(cursor !== undefined && { cursor }) }
      const answer = (await this.#get('com.atproto.sync.listHosts', query, signal)) ?? {}
      const { hosts, cursor: next } = answer as { hosts?: unknown; cursor?: unknown }
      const page = Array.isArray(hosts) ? hosts.slice(0, PAGE) : []
      for (const host of page) {
        const { hostname, status } = (host ?? {}) as Record<string, unknown>
        if (typeof hostname !== 'string' || hostname.length > 300 || status === 'banned') continue
        if (++seen > mostHosts) return
        yield hostname
      }
      if (page.length === 0 || next === cursor) return
      cursor = typeof next === 'string' && next !== '' ? next : undefined
    } while (cursor !== undefined)
  }

  /** NSIDs of the collections in which the repository has records. */
  async collections(did: string, signal: AbortSignal): Promise<readonly string[]> {
    const answer = await this.#get('com.atproto.repo.describeRepo', { repo: did }, signal)
    const { collections } = (answer ?? {}) as { collections?: unknown }
    if (!Array.isArray(collections)) return []
    return collections.slice(0, 10_000).filter((name): name is string => typeof name === 'string')
  }

  async *#pages(
    method: string,
    parameters: Record<string, string>,
    { signal, mostRepos }: ListOptions,
  ): AsyncGenerator<ListedRepo[]> {
    let cursor: string | undefined
    let seen = 0
    let empty = 0
    do {
      const query: Record<string, string> = { ...parameters, limit: String(PAGE) }
      if (cursor !== undefined) query.cursor = cursor
      const answer = ((await this.#get(method, query, signal)) ?? {}) as { repos?: unknown; cursor?: unknown }
      const repos = readRepos(answer.repos)
      empty = repos.length === 0 ? empty + 1 : 0
      seen += repos.length
      if (repos.length > 0) yield repos
      const next = typeof answer.cursor === 'string' && answer.cursor !== '' ? answer.cursor : undefined
      if (next === cursor || empty >= MOST_EMPTY_PAGES || seen >= mostRepos) return
      cursor = next
    } while (cursor !== undefined)
  }

  #get(method: string, parameters: Record<string, string>, signal?: AbortSignal): Promise<unknown> {
    const query = new URLSearchParams(parameters).toString()
    return this.#http.json(`${this.#origin}/xrpc/${method}${query && `?${query}`}`, {
      maxBytes: PAGE_BYTES,
      total: 30_000,
      signal,
    })
  }
}

function readRepos(list: unknown): ListedRepo[] {
  const repos: ListedRepo[] = []
  // A page larger than was asked for is taken whole: its bytes are bounded, and what was cut off would never be asked for.
  for (const item of Array.isArray(list) ? list : []) {
    const { did, head, active, status } = (item ?? {}) as Record<string, unknown>
    if (typeof did !== 'string' || !isDid(did)) continue
    repos.push({
      did,
      ...(typeof head === 'string' && { head }),
      active: active !== false,
      ...(typeof status === 'string' && { status: status.slice(0, 100) }),
    })
  }
  return repos
}
