/** Entries are forgotten once there are so many, those of the past. */
const MANY_HOSTS = 1000

/**
 * When each host may be asked again that others lead to, so that many names that lead to one host do not make it hurry. In memory:
 * of hosts that records name the database keeps the pace.
 */
export class Turns {
  /** `free`: it may be asked from then on. `end`: until then others were told to come. */
  readonly #hosts = new Map<string, { readonly free: number; readonly end: number }>()
  readonly #pace: number

  /** @param pace milliseconds between two requests, of hosts that ask for less */
  constructor(pace: number) {
    this.#pace = pace
  }

  /** The host is asked, or wants to be left alone, for so many milliseconds. */
  book(host: string, wait: number, now = Date.now()): void {
    const { free = 0, end = 0 } = this.#hosts.get(host) ?? {}
    const next = Math.max(free, now + Math.max(this.#pace, wait))
    this.#hosts.set(host, { free: next, end: Math.max(end, next) })
    if (this.#hosts.size <= MANY_HOSTS) return
    for (const [name, { end: last }] of this.#hosts) if (last <= now) this.#hosts.delete(name)
  }

  /** Takes the host's turn. @returns 0, or in how many milliseconds to come back, after all who were told so before */
  take(host: string, delay: number, now = Date.now()): number {
    const { free, end } = this.#hosts.get(host) ?? { free: 0, end: 0 }
    if (now >= free) {
      this.book(host, delay, now)
      return 0
    }
    this.#hosts.set(host, { free, end: end + Math.max(this.#pace, delay) })
    return end - now
  }
}
