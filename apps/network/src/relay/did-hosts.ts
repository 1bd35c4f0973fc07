import { DidResolver } from '@atproto/identity'

const TTL_MS = 60_000
const MAX_ENTRIES = 50_000

interface Entry {
  readonly host: string | undefined
  readonly time: number
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
    } catch {
      return undefined
    }
  }
}
