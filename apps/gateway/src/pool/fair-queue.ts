/**
 * What waits, in order for each client, and one client after the other: who asks for much waits for himself. Bounded as a whole and
 * for each client.
 */
export class FairQueue<T> {
  readonly #most: number
  readonly #mostOfOne: number
  readonly #waiting = new Map<string, T[]>()
  #length = 0

  constructor(most: number) {
    this.#most = most
    this.#mostOfOne = Math.max(1, Math.ceil(most / 2))
  }

  get length(): number {
    return this.#length
  }

  /** False where there is no room. */
  add(client: string, item: T): boolean {
    const own = this.#waiting.get(client) ?? []
    if (this.#length >= this.#most || own.length >= this.#mostOfOne) return false
    own.push(item)
    this.#waiting.set(client, own)
    this.#length++
    return true
  }

  /** The next item that may go; its client then comes last. */
  take(mayGo: (item: T) => boolean): T | undefined {
    for (const [client, own] of this.#waiting) {
      const at = own.findIndex(mayGo)
      if (at < 0) continue
      const [item] = own.splice(at, 1)
      this.#length--
      this.#waiting.delete(client)
      if (own.length > 0) this.#waiting.set(client, own)
      return item
    }
    return undefined
  }

  /** False where it does not wait any more. */
  remove(client: string, item: T): boolean {
    const own = this.#waiting.get(client) ?? []
    const at = own.indexOf(item)
    if (at < 0) return false
    own.splice(at, 1)
    this.#length--
    if (own.length === 0) this.#waiting.delete(client)
    return true
  }
}
