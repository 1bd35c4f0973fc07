import type { Consumers, KnownKey } from '@frost/index/consumers'
import { XrpcError } from '../xrpc/errors.ts'

/** How long a key's plan, or that there is no such key, is believed. */
const BELIEVED_MILLISECONDS = 30_000
const MOST_KEYS = 10_000
const LONGEST_KEY = 128

interface Held {
  readonly known: KnownKey | undefined
  readonly until: number
}

interface Month {
  readonly name: string
  requests: number
  bytes: number
}

/** What API keys may still ask for. */
export class Quotas {
  readonly #consumers: Pick<Consumers, 'find' | 'ofMonth'>
  readonly #now: () => number
  readonly #keys = new Map<string, Held>()
  readonly #months = new Map<string, Month>()

  constructor(consumers: Pick<Consumers, 'find' | 'ofMonth'>, now: () => number = Date.now) {
    this.#consumers = consumers
    this.#now = now
  }

  /** Whose key it is; undefined where there is no such key. */
  async keyOf(key: string): Promise<KnownKey | undefined> {
    const now = this.#now()
    let held = this.#keys.get(key)
    if (!held || held.until <= now) {
      const known = key.length <= LONGEST_KEY ? await this.#consumers.find(key) : undefined
      held = { known, until: now + BELIEVED_MILLISECONDS }
      if (this.#keys.size >= MOST_KEYS) this.#keys.clear()
      this.#keys.set(key.slice(0, LONGEST_KEY + 1), held)
    }
    return held.known
  }

  /** @throws XrpcError 401 where the key is not known; 429 where the plan's month is used up */
  async check(key: KnownKey | undefined): Promise<void> {
    if (!key)
      throw new XrpcError(
        401,
        'InvalidKey',
        'X-API-Key is not known here, or was revoked: leave it out, or ask the operator',
      )
    const { id, plan } = key
    if (plan.requests_per_month === null && plan.bytes_per_month === null) return
    const month = await this.#monthOf(id)
    const isOver =
      (plan.requests_per_month !== null && month.requests >= plan.requests_per_month) ||
      (plan.bytes_per_month !== null && month.bytes >= plan.bytes_per_month)
    if (!isOver) return
    const seconds = Math.ceil((endOf(month.name) - this.#now()) / 1000)
    throw new XrpcError(
      429,
      'QuotaExceeded',
      `the plan '${plan.name}' is used up for ${month.name}: wait for the next month, or ask the operator for more`,
      { 'Retry-After': String(seconds) },
    )
  }

  /** Counts an answer against the month. */
  spend({ id }: KnownKey, bytes: number): void {
    const month = this.#months.get(id)
    if (!month) return
    month.requests += 1
    month.bytes += bytes
  }

  /** What is known of keys is asked for anew. */
  forget(): void {
    this.#keys.clear()
  }

  async #monthOf(id: string): Promise<Month> {
    const name = new Date(this.#now()).toISOString().slice(0, 7)
    const held = this.#months.get(id)
    if (held?.name === name) return held
    const { requests, bytes } = await this.#consumers.ofMonth(id, name)
    // Somebody else may have asked meanwhile, and counted.
    const again = this.#months.get(id)
    if (again?.name === name) return again
    const month = { name, requests, bytes }
    this.#months.set(id, month)
    return month
  }
}

function endOf(month: string): number {
  const [year, number] = month.split('-').map(Number) as [number, number]
  return Date.UTC(year, number, 1)
}
