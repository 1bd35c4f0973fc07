import { setTimeout as delay } from 'node:timers/promises'

/** Points that a PDS counts for a write (`create` 3, `update` 2, `delete` 1). */
export const WRITE_POINTS = { create: 3, update: 2, delete: 1 } as const

/** Limits of the public network's PDSes, points in an hour and a day; a PDS of one's own may have others or none. */
export const PUBLIC_QUOTA = { hour: 5_000, day: 35_000 } as const

/** Longest wait that a server may ask for before the caller is told instead. */
const LONGEST_WAIT_MS = 65 * 60_000

/** How long writes of `points` take at least under the public network's quota, in hours. */
export function hoursUnderPublicQuota(points: number): number {
  const fullDays = Math.floor(points / PUBLIC_QUOTA.day)
  return fullDays * 24 + Math.max(0, (points - fullDays * PUBLIC_QUOTA.day) / PUBLIC_QUOTA.hour - 1)
}

/** Spends a PDS's quota without running into its limit: waits for the window's end where too little is left. */
export class Pace {
  readonly #onWait?: (milliseconds: number) => void
  readonly #signal?: AbortSignal
  #remaining = Number.POSITIVE_INFINITY
  #resetAt = 0

  /** @param onWait Told how long it waits, before it does. */
  constructor(onWait?: (milliseconds: number) => void, signal?: AbortSignal) {
    this.#onWait = onWait
    this.#signal = signal
  }

  /** Learns from the `RateLimit-*` headers of an answer (draft-ietf-httpapi-ratelimit-headers). */
  observe(headers: Headers): void {
    const remaining = Number(headers.get('ratelimit-remaining') ?? Number.NaN)
    const reset = Number(headers.get('ratelimit-reset') ?? Number.NaN)
    if (!Number.isFinite(remaining) || !Number.isFinite(reset)) return
    this.#remaining = remaining
    // PDSes give seconds since 1970, the draft seconds from now.
    this.#resetAt = reset > 1_000_000_000 ? reset * 1000 : Date.now() + reset * 1000
  }

  /** Waits where the window has fewer than `points` left. */
  async spend(points: number): Promise<void> {
    if (this.#remaining >= points || Date.now() >= this.#resetAt) return
    await this.#wait(this.#resetAt - Date.now() + 500)
    this.#remaining = Number.POSITIVE_INFINITY
  }

  /**
   * Waits as a refusal (429, 503) asks.
   * @returns False where it asks for longer than an hour, or for nothing: the caller should report it.
   */
  async afterRefusal(headers: Headers, attempt: number): Promise<boolean> {
    const wait = waitOf(headers) ?? Math.min(60_000, 1_000 * 2 ** attempt)
    if (wait > LONGEST_WAIT_MS || attempt >= 8) return false
    await this.#wait(wait)
    return true
  }

  async #wait(milliseconds: number): Promise<void> {
    if (milliseconds > 2_000) this.#onWait?.(milliseconds)
    await delay(milliseconds, undefined, { signal: this.#signal })
  }
}

/** Milliseconds that `Retry-After` (seconds or a date) or `RateLimit-Reset` asks to wait. */
export function waitOf(headers: Headers, now = Date.now()): number | undefined {
  const after = headers.get('retry-after')
  if (after !== null) {
    const milliseconds = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - now
    if (Number.isFinite(milliseconds)) return Math.max(0, milliseconds)
  }
  const reset = Number(headers.get('ratelimit-reset') ?? Number.NaN)
  if (!Number.isFinite(reset)) return undefined
  return Math.max(0, (reset > 1_000_000_000 ? reset * 1000 - now : reset * 1000) + 500)
}
