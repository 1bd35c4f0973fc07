import type { RepoMessage } from './frames.ts'
import type { ListedRepo, RelayStore } from './store.ts'

const TIMEOUT_MS = 10_000
const PARALLEL = 4
const MAX_PAGES = 10_000

/**
 * Learns what the firehose does not say: which repositories a host had before the relay came, and which collections a
 * repository has that the relay did not see from its first commit.
 */
export class Crawler {
  readonly #store: RelayStore
  readonly #log: (line: string) => void
  readonly #isHost: (did: string, hostname: string) => Promise<boolean>
  readonly #abort = new AbortController()
  readonly #listed = new Set<string>()
  readonly #queue = new Map<string, string>()
  readonly #running = new Set<Promise<void>>()

  /** @param isHost whether a DID's document names a host as its PDS: hosts may list what is not theirs */
  constructor(
    store: RelayStore,
    isHost: (did: string, hostname: string) => Promise<boolean>,
    log: (line: string) => void,
  ) {
    this.#store = store
    this.#isHost = isHost
    this.#log = log
  }

  /** Lists a host's repositories, once per run unless `again`. */
  crawl(hostname: string, url: string, again = false): void {
    if (this.#listed.has(hostname) && !again) return
    this.#listed.add(hostname)
    this.#run(async () => {
      try {
        await this.#list(hostname, url)
      } catch (error) {
        this.#listed.delete(hostname)
        throw error
      }
      for (const did of this.#store.undescribed(hostname)) this.#enqueue(did, url)
    })
  }

  /** Looks at a repository again where a stored message leaves its collections unknown. */
  noticed({ did, type }: RepoMessage, url: string): void {
    if (type !== '#commit' && type !== '#sync') return
    const repo = this.#store.repo(did)
    if (repo?.described === 0 && repo.active) this.#enqueue(did, url)
  }

  /** Resolves when there is nothing left to learn. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    this.#queue.clear()
    await this.idle()
  }

  #enqueue(did: string, url: string): void {
    this.#queue.set(did, url)
    if (this.#running.size < PARALLEL) this.#run(() => this.#drain())
  }

  async #drain(): Promise<void> {
    for (let [next] = this.#queue; next && !this.#abort.signal.aborted; [next] = this.#queue) {
      const [did, url] = next
      this.#queue.delete(did)
      await this.#describe(did, url).catch(error => this.#report(error))
    }
  }

  #run(work: () => Promise<void>): void {
    const running = work()
      .catch(error => this.#report(error))
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  #report(error: unknown): void {
    if (!this.#abort.signal.aborted)
      this.#log(`relay: ${error instanceof Error ? error.message : String(error)}`)
  }

  async #list(hostname: string, url: string): Promise<void> {
    let cursor: string | undefined
    for (let page = 0; page < MAX_PAGES; page++) {
      const query = new URLSearchParams({ limit: '1000', ...(cursor ? { cursor } : {}) })
      const body = await this.#get(`${url}/xrpc/com.atproto.sync.listRepos?${query}`)
      const repos = Array.isArray(body.repos) ? (body.repos as Record<string, unknown>[]) : []
      const news = repos.flatMap(repo => listedRepo(repo, hostname)).filter(repo => this.#isNews(repo))
      for (let first = 0; first < news.length; first += PARALLEL) {
        const some = news.slice(first, first + PARALLEL)
        const own = await Promise.all(some.map(({ did }) => this.#isHost(did, hostname)))
        this.#store.listed(some.filter((_, index) => own[index]))
      }
      if (typeof body.cursor !== 'string' || repos.length === 0 || body.cursor === cursor) return
      cursor = body.cursor
    }
  }

  #isNews({ did, rev }: ListedRepo): boolean {
    const known = this.#store.repo(did)?.rev
    return !known || (rev !== null && known < rev)
  }

  async #describe(did: string, url: string): Promise<void> {
    const before = this.#store.repo(did)
    if (!before) return
    const body = await this.#get(`${url}/xrpc/com.atproto.repo.describeRepo?repo=${encodeURIComponent(did)}`)
    const collections = Array.isArray(body.collections) ? body.collections : []
    const known = this.#store.describe(did, before.rev, collections.filter(isNsid).slice(0, 1_000))
    if (!known) this.#enqueue(did, url)
  }

  async #get(url: string): Promise<Record<string, unknown>> {
    const response = await fetch(url, {
      redirect: 'error',
      signal: AbortSignal.any([this.#abort.signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    if (!response.ok) throw new Error(`${url}: ${response.status}`)
    return (await response.json()) as Record<string, unknown>
  }
}

function isNsid(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 317 && value.includes('.')
}

function listedRepo(repo: Record<string, unknown>, host: string): ListedRepo[] {
  const { did, rev, head, active, status } = repo
  if (typeof did !== 'string' || typeof rev !== 'string' || typeof head !== 'string') return []
  const standing = typeof status === 'string' ? status : null
  return [{ did, host, rev, head, active: active === false ? 0 : 1, status: standing }]
}
