/**
 * How much of what takes long may be under way: one process is left to what is short, and one more to what is long of others than
 * whoever has the most.
 */
export class LongWork {
  readonly #most: number
  readonly #mostOfOne: number
  readonly #byClient = new Map<string, number>()
  #all = 0

  constructor(workers: number) {
    this.#most = Math.max(1, workers - 1)
    this.#mostOfOne = Math.max(1, this.#most - 1)
  }

  mayBegin(client: string): boolean {
    return this.#all < this.#most && (this.#byClient.get(client) ?? 0) < this.#mostOfOne
  }

  began(client: string): void {
    this.#all++
    this.#byClient.set(client, (this.#byClient.get(client) ?? 0) + 1)
  }

  ended(client: string): void {
    this.#all--
    const left = (this.#byClient.get(client) ?? 0) - 1
    if (left > 0) this.#byClient.set(client, left)
    else this.#byClient.delete(client)
  }
}
