import { ReaderError } from '@frost/reader'

const FIRST_MS = 30_000
const LONGEST_MS = 3_600_000
const MOST = 10_000

interface Mark {
  readonly error: ReaderError
  readonly times: number
  readonly until: number
}

/**
 * What ended a worker, and why: it is refused for a while, longer each time, so that asking again and again for a file that kills
 * costs nothing.
 */
export class Quarantine {
  readonly #marks = new Map<string, Mark>()
  readonly #now: () => number

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** @throws {ReaderError} what it was refused with, and for how long it will be */
  check(key: string): void {
    const mark = this.#marks.get(key)
    if (mark === undefined || mark.until <= this.#now()) return
    const retryAfter = Math.ceil((mark.until - this.#now()) / 1000)
    const { code, message, details } = mark.error
    throw new ReaderError(code, message, { ...details, retryAfter })
  }

  mark(key: string, error: ReaderError): void {
    const times = (this.#marks.get(key)?.times ?? 0) + 1
    this.#marks.delete(key)
    this.#marks.set(key, {
      error,
      times,
      until: this.#now() + Math.min(LONGEST_MS, FIRST_MS * 2 ** (times - 1)),
    })
    if (this.#marks.size > MOST) this.#marks.delete(this.#marks.keys().next().value!)
  }
}
