import type { MiddlewareHandler } from 'hono'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import type {} from './metering/identify-key.ts'
import { XrpcError } from './xrpc/errors.ts'

const WINDOW_SECONDS = 300

/**
 * Counts requests of each client in windows of five minutes and says what is left in the `RateLimit-*` headers of the
 * IETF draft that PDSes use.
 * @param points requests a client may make in one window; 0 sets no limit
 * @param clientOf names the client of a request (an address)
 */
export function rateLimit(points: number, clientOf: (env: unknown) => string): MiddlewareHandler {
  // Who brings an API key is limited by its plan, which may say more: the counting itself refuses nothing.
  const limiter = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: WINDOW_SECONDS })
  return async (c, next) => {
    const key = c.get('apiKey')
    const most = key ? key.plan.requests_per_window : points || null
    if (most === null) return next()
    const client = key ? `key ${key.id}` : clientOf(c.env)
    const spent = await limiter.consume(client).catch((refused: RateLimiterRes) => refused)
    const seconds = Math.ceil(spent.msBeforeNext / 1000)
    const headers: Record<string, string> = {
      'RateLimit-Limit': String(most),
      'RateLimit-Remaining': String(Math.max(0, most - spent.consumedPoints)),
      'RateLimit-Reset': String(Math.floor(Date.now() / 1000) + seconds),
      'RateLimit-Policy': `${most};w=${WINDOW_SECONDS}`,
    }
    if (spent.consumedPoints > most) {
      throw new XrpcError(
        429,
        'RateLimitExceeded',
        `over ${most} requests in five minutes: wait ${seconds} s`,
        {
          ...headers,
          'Retry-After': String(seconds),
        },
      )
    }
    for (const [name, value] of Object.entries(headers)) c.header(name, value)
    await next()
  }
}
