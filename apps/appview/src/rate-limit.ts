import type { MiddlewareHandler } from 'hono'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import { XrpcError } from './xrpc/errors.ts'

const WINDOW_SECONDS = 300

/**
 * Counts requests of each client in windows of five minutes and says what is left in the `RateLimit-*` headers of the
 * IETF draft that PDSes use.
 * @param points requests a client may make in one window; 0 sets no limit
 * @param clientOf names the client of a request (an address)
 */
export function rateLimit(points: number, clientOf: (env: unknown) => string): MiddlewareHandler {
  if (points === 0) return (_, next) => next()
  const limiter = new RateLimiterMemory({ points, duration: WINDOW_SECONDS })
  return async (c, next) => {
    const client = clientOf(c.env)
    const spent = await limiter.consume(client).catch((refused: RateLimiterRes) => refused)
    const seconds = Math.ceil(spent.msBeforeNext / 1000)
    const headers: Record<string, string> = {
      'RateLimit-Limit': String(points),
      'RateLimit-Remaining': String(Math.max(0, points - spent.consumedPoints)),
      'RateLimit-Reset': String(Math.floor(Date.now() / 1000) + seconds),
      'RateLimit-Policy': `${points};w=${WINDOW_SECONDS}`,
    }
    if (spent.consumedPoints > points) {
      throw new XrpcError(
        429,
        'RateLimitExceeded',
        `over ${points} requests in five minutes: wait ${seconds} s`,
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
