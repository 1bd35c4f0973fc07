import { DidResolver } from '@atproto/identity'

const TTL_MS = 60_000
const MAX_ENTRIES = 50_000

interface Entry {
  readonly host: string | undefined
  readonly time: number
}

/** The directory of `did:plc` does not answer: who hosts a DID is not known now. */
export class DirectoryAway extends Error {
  override readonly name = 'DirectoryAway'
}

/** Which host a DID's document names as its PDS. */
export class DidHosts {
  readonly #resolver: DidResolver
  readonly #cache = new Map<string, Entry>()

  constructor(plcUrl: string) {
    // The directory of the box is plain http, which the resolver's own fetch refuses.
    this.#resolver = new DidResolver({ plcUrl, timeout: 5_000, fetch: globalThis.fetch })
  }

  /**
   * Host of a DID's PDS (`localhost:4185`), undefined where the DID has none or is not to be resolved.
   * @param fresh ask the directory even if the answer is known
   * @param expected ask again before answering anything else than this
   * @throws DirectoryAway where that cannot be told now
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
    try {
      const { pds } = await this.#resolver.resolveAtprotoData(did, true)
      return new URL(pds).host
    } catch (error) {
      if (did.startsWith('did:plc:') && isAway(error))
        throw new DirectoryAway(`the directory does not tell who hosts ${did}`, { cause: error })
      return undefined
    }
  }
}

/** Whether it is not an answer: no connection, nothing in time, or a failure of the service. */
function isAway(error: unknown): boolean {
  const { name, status } = error as { name?: string; status?: number }
  if (status !== undefined) return status >= 500 || status === 429
  return name === 'TimeoutError' || (error instanceof TypeError && error.message === 'fetch failed')
}
