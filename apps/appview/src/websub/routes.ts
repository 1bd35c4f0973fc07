import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { invalidRequest, XrpcError } from '../xrpc/errors.ts'
import type { WebSubHub } from './hub.ts'

const MOST_BYTES = 16_384

/** The hub: who wants a feed asks here, and is asked back. */
export function webSubRoutes(hub: WebSubHub): Hono {
  const app = new Hono()
  app.post(
    '/',
    bodyLimit({
      maxSize: MOST_BYTES,
      onError: () => {
        throw new XrpcError(413, 'InvalidRequest', `a subscription request has at most ${MOST_BYTES} bytes`)
      },
    }),
    async c => {
      const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
      if (type !== 'application/x-www-form-urlencoded')
        throw invalidRequest('a subscription request is a form: send application/x-www-form-urlencoded')
      await hub.request(new URLSearchParams(await c.req.text()))
      return c.body(null, 202)
    },
  )
  return app
}
