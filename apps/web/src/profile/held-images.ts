import { NoTurn } from './turns.ts'

export interface Image {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly type: string
}

const MOST_HELD_BYTES = 32_000_000
const MOST_FAILURES = 2_000
const FAILURE_MILLISECONDS = 300_000

/** Images by their addresses, fetched once for all who ask at a time; the oldest go where they grow too many. */
export class HeldImages {
  readonly #held = new Map<string, Image>()
  readonly #begun = new Map<string, Promise<Image | undefined>>()
  /** When it failed, so that a server that is away is not asked for every visitor. */
  readonly #failed = new Map<string, number>()
  readonly #patience: number
  #bytes = 0

  /** @param patience milliseconds for which an image that could not be had is not asked for again */
  constructor(patience = FAILURE_MILLISECONDS) {
    this.#patience = patience
  }

  async get(address: string, fetch: () => Promise<Image | undefined>): Promise<Image | undefined> {
    const known = this.#held.get(address) ?? this.#begun.get(address)
    if (known) return known
    if (Date.now() - (this.#failed.get(address) ?? Number.NEGATIVE_INFINITY) < this.#patience)
      return undefined
    const image = this.#fetch(address, fetch).finally(() => this.#begun.delete(address))
    this.#begun.set(address, image)
    return image
  }

  async #fetch(address: string, fetch: () => Promise<Image | undefined>): Promise<Image | undefined> {
    try {
      const found = await fetch()
      if (found) this.#hold(address, found)
      else this.#fail(address)
      return found
    } catch (error) {
      // What had no turn was not asked for.
      if (!(error instanceof NoTurn)) this.#fail(address)
      return undefined
    }
  }

  #hold(address: string, image: Image): void {
    if (this.#held.has(address)) return
    this.#failed.delete(address)
    this.#held.set(address, image)
    this.#bytes += image.bytes.length
    for (const [oldest, { bytes }] of this.#held) {
      if (this.#bytes <= MOST_HELD_BYTES) return
      this.#held.delete(oldest)
      this.#bytes -= bytes.length
    }
  }

  #fail(address: string): void {
    this.#failed.delete(address)
    this.#failed.set(address, Date.now())
    if (this.#failed.size > MOST_FAILURES) this.#failed.delete(this.#failed.keys().next().value!)
  }
}
