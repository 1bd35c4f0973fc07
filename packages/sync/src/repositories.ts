/** Looks at those that are kept, for each one that comes. */
const LOOKS = 16

/**
 * What is kept in memory between messages, by DID. Beyond the limit whatever is idle is dropped, in turn; what is busy stays, whatever
 * its number, and costs whoever comes no more than a few looks.
 */
export class Repositories<T extends { readonly idle: boolean }> {
  readonly #most: number
  readonly #make: (did: string) => T
  readonly #kept = new Map<string, T>()
  /** Goes round: who was busy is looked at again when its turn comes. */
  #turn = this.#kept.entries()

  constructor(most: number, make: (did: string) => T) {
    this.#most = most
    this.#make = make
  }

  get size(): number {
    return this.#kept.size
  }

  /** To be used at once: once idle it may be dropped, and another one be made. */
  get(did: string): T {
    const known = this.#kept.get(did)
    if (known) return known
    for (let looks = 0; looks < LOOKS && this.#kept.size >= this.#most; looks++) this.#look()
    const made = this.#make(did)
    this.#kept.set(did, made)
    return made
  }

  #look(): void {
    const next = this.#turn.next()
    if (next.done) this.#turn = this.#kept.entries()
    else if (next.value[1].idle) this.#kept.delete(next.value[0])
  }
}
