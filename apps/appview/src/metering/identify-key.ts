import type { KnownKey } from '@frost/index/consumers'
import type { MiddlewareHandler } from 'hono'
import type { Quotas } from './quotas.ts'

declare module 'hono' {
  interface ContextVariableMap {
    /** Of the API key that a request brought. */
    apiKey?: KnownKey
  }
}

/** Finds whose API key a request brings; who guesses at one is limited as a request without it. */
export function identifyKey(quotas: Quotas): MiddlewareHandler {
  return async (c, next) => {
    const text = c.req.header('x-api-key')
    if (text !== undefined) c.set('apiKey', await quotas.keyOf(text))
    await next()
  }
}

/** Refuses a key that is unknown, or whose month is used up. */
export function requireKey(quotas: Quotas): MiddlewareHandler {
  return async (c, next) => {
    if (c.req.header('x-api-key') !== undefined) await quotas.check(c.get('apiKey'))
    await next()
  }
}
