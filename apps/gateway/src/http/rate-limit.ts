import type { MiddlewareHandler } from 'hono'
import { clientAddress } from './client-address.ts'
import { Refusal } from './refusal.ts'

const WINDOW_SECONDS = 300
/** Of clients that are told apart in one window; the others share what one may. */
const MOST_CLIENTS = 100_000

/**
 * Counts requests of each client in windows of five minutes and says what is left in the `RateLimit-*` headers of the
 * IETF draft that PDSes use.
 * @param most requests a client may make in one window; 0 sets no limit
 */
export function rateLimit(most: number, now: () => number = Date.now): MiddlewareHandler {
  if (most === 0) return (_, next) => next()
  let window = 0
  let spent = new Map<string, number>()
  return async (c, next) => {
    const seconds = Math.floor(now() / 1000)
    if (Math.floor(seconds / WINDOW_SECONDS) !== window) {
      window = Math.floor(seconds / WINDOW_SECONDS)
      spent = new Map()
    }
    const asked = clientAddress(c.req.raw, c.env)
    const client = spent.has(asked) || spent.size < MOST_CLIENTS ? asked : 'others'
    const count = (spent.get(client) ?? 0) + 1
    spent.set(client, count)
    const reset = (window + 1) * WINDOW_SECONDS
    const headers: Readonly<Record<string, string>> = {
      'RateLimit-Limit': String(most),
      'RateLimit-Remaining': String(Math.max(0, most - count)),
      'RateLimit-Reset': String(reset),
      'RateLimit-Policy': `${most};w=${WINDOW_SECONDS}`,
    }
    for (const [name, value] of Object.entries(headers)) c.header(name, value)
    if (count > most) {
      const wait = reset - seconds
      throw new Refusal(
        429,
        'RateLimitExceeded',
        `over ${most} requests in five minutes: wait ${wait} s`,
        { retryAfter: wait },
        { ...headers, 'Retry-After': String(wait) },
      )
    }
    await next()
  }
}
