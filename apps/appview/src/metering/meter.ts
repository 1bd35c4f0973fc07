import type { Consumers, UsageRow } from '@frost/index/consumers'

const FLUSH_MILLISECONDS = 10_000
/** Consumers that are counted apart between two writes: who signs with thousands of DIDs is counted as one. */
const MOST_COUNTED = 10_000

export const ANONYMOUS = 'anonymous'
const OTHERS = 'others'

/** Counts what every consumer asks for, in memory, and adds it to the tables every ten seconds. */
export class Meter {
  readonly #consumers: Pick<Consumers, 'addUsage'>
  readonly #onError: (error: unknown) => void
  readonly #timer: NodeJS.Timeout
  #counted = new Map<string, UsageRow>()
  #writing: Promise<void> = Promise.resolve()

  constructor(consumers: Pick<Consumers, 'addUsage'>, onError: (error: unknown) => void) {
    this.#consumers = consumers
    this.#onError = onError
    this.#timer = setInterval(() => void this.flush(), FLUSH_MILLISECONDS)
    this.#timer.unref()
  }

  /** @param consumer id of an API key, a DID, or {@link ANONYMOUS} */
  count(consumer: string, method: string, bytes: number, now = Date.now()): void {
    const day = dayOf(now)
    let key = `${consumer} ${day} ${method}`
    let row = this.#counted.get(key)
    if (!row) {
      const who = this.#counted.size < MOST_COUNTED ? consumer : OTHERS
      key = `${who} ${day} ${method}`
      row = this.#counted.get(key) ?? { consumer: who, day, method, requests: 0, bytes: 0 }
      this.#counted.set(key, row)
    }
    row.requests += 1
    row.bytes += bytes
  }

  /** Writes what was counted; what cannot be written is kept for the next time. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write()).catch(this.#onError)
    return this.#writing
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }

  async #write(): Promise<void> {
    const counted = this.#counted
    this.#counted = new Map()
    try {
      await this.#consumers.addUsage([...counted.values()])
    } catch (error) {
      for (const [key, row] of counted) {
        const held = this.#counted.get(key)
        if (held) {
          held.requests += row.requests
          held.bytes += row.bytes
        } else this.#counted.set(key, row)
      }
      throw error
    }
  }
}

let lastDay = { from: 0, name: '' }

/** `YYYY-MM-DD` in UTC. */
export function dayOf(now: number): string {
  const DAY_MILLISECONDS = 86_400_000
  if (now < lastDay.from || now >= lastDay.from + DAY_MILLISECONDS || lastDay.name === '') {
    const from = Math.floor(now / DAY_MILLISECONDS) * DAY_MILLISECONDS
    lastDay = { from, name: new Date(from).toISOString().slice(0, 10) }
  }
  return lastDay.name
}
