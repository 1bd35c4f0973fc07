import type { KnownKey } from '@frost/index/consumers'
import type { MiddlewareHandler } from 'hono'
import type { Quotas } from './quotas.ts'

declare module 'hono' {
  interface ContextVariableMap {
    /** Of the API key that a request brought. */
    apiKey?: KnownKey
  }
}

/** Finds whose API key a request brings, and whether their month allows it. */
export function identifyKey(quotas: Quotas): MiddlewareHandler {
  return async (c, next) => {
    const text = c.req.header('x-api-key')
    if (text !== undefined) {
      const key = await quotas.keyOf(text)
      await quotas.check(key)
      c.set('apiKey', key)
    }
    await next()
  }
}
