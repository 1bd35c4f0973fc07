import type { Fetcher, FetchRequest, FetchResponse } from '../guard/fetcher.ts'
import { ByteLru } from './byte-lru.ts'

const REMEMBERED_MS = 60_000
const MAX_REMEMBERED = 1_000
const GONE = Symbol('target is gone')

/**
 * Remembers where an object's URL redirects to, so that the next range of it is one request and not two. Targets are often
 * signed for some minutes: one that fails is forgotten and asked for again.
 */
export class Redirects {
  readonly #fetcher: Fetcher
  readonly #targets = new ByteLru<{ readonly url: URL; readonly until: number }>(MAX_REMEMBERED)

  constructor(fetcher: Fetcher) {
    this.#fetcher = fetcher
  }

  async fetch<T>(request: FetchRequest, use: (response: FetchResponse) => Promise<T>): Promise<T> {
    const key = request.url.href
    const target = this.#targets.get(key)
    if (target && target.until > performance.now()) {
      const { authorise, ...anonymous } = request
      const result = await this.#fetcher.fetch({ ...anonymous, url: target.url }, async response =>
        [400, 401, 403, 404, 410].includes(response.status) ? GONE : use(response),
      )
      if (result !== GONE) return result as T
      this.#targets.delete(key)
    }
    return this.#fetcher.fetch(request, response => {
      if (response.url.href !== key && response.status < 300)
        this.#targets.set(key, { url: response.url, until: performance.now() + REMEMBERED_MS }, 1)
      return use(response)
    })
  }
}
