import { setTimeout as delay } from 'node:timers/promises'
import { DidResolver } from '@atproto/identity'

const TTL_MS = 60_000
const MAX_ENTRIES = 50_000
/** Longest wait before a directory that does not answer is asked again, in milliseconds. */
const MAX_WAIT_MS = 2_000

interface Entry {
  readonly host: string | undefined
  readonly time: number
}

export interface DidHostsOptions {
  readonly plcUrl: string
  /** Aborted when nobody wants to know any more. */
  readonly signal: AbortSignal
  readonly log: (line: string) => void
}

/** Which host a DID's document names as its PDS. */
export class DidHosts {
  readonly #options: DidHostsOptions
  readonly #resolver: DidResolver
  readonly #cache = new Map<string, Entry>()

  constructor(options: DidHostsOptions) {
    const { plcUrl } = options
    this.#options = options
    // The directory of the box is plain http, which the resolver's own fetch refuses.
    this.#resolver = new DidResolver({ plcUrl, timeout: 5_000, fetch: globalThis.fetch })
  }

  /**
   * Host of a DID's PDS (`localhost:4185`), undefined where the DID has none or is not to be resolved. A directory that does not
   * answer is waited for: what is refused meanwhile would never come again.
   * @param fresh ask the directory even if the answer is known
   * @param expected ask again before answering anything else than this
   * @throws AbortError at the end
   */
  async hostOf(did: string, { fresh = false, expected }: { fresh?: boolean; expected?: string } = {}) {
    const known = this.#cache.get(did)
    if (!fresh && known && known.host === expected && Date.now() - known.time < TTL_MS) return known.host
    const host = await this.#resolve(did)
    if (this.#cache.size >= MAX_ENTRIES) this.#cache.clear()
    this.#cache.set(did, { host, time: Date.now() })
    return host
  }

  async #resolve(did: string): Promise<string | undefined> {
    const { signal, log } = this.#options
    for (let wait = 100; ; wait = Math.min(2 * wait, MAX_WAIT_MS)) {
      try {
        const { pds } = await this.#resolver.resolveAtprotoData(did, true)
        return new URL(pds).host
      } catch (error) {
        if (!did.startsWith('did:plc:') || !isAway(error)) return undefined
      }
      log(`relay: the directory does not tell who hosts ${did}: asked again in ${wait} ms`)
      await delay(wait, undefined, { signal })
    }
  }
}

/** Whether it is not an answer: no connection, nothing in time, or a failure of the service. */
function isAway(error: unknown): boolean {
  const { name, status } = error as { name?: string; status?: number }
  if (status !== undefined) return status >= 500 || status === 429
  return name === 'TimeoutError' || (error instanceof TypeError && error.message === 'fetch failed')
}
