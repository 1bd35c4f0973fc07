import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import { tryGetContext } from 'hono/context-storage'

/**
 * The address of whoever asked: the peer's own, or what a reverse proxy on the same machine says of it. Limits of the services
 * behind the site count by it.
 */
export function visitorAddress(c: Context): string | undefined {
  const peer = (c.env as Partial<HttpBindings> | undefined)?.incoming?.socket.remoteAddress
  if (peer !== undefined && !/^(127\.|::1$|::ffff:127\.)/.test(peer)) return peer
  return c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim().slice(0, 64) || peer
}

/** Of whoever the page that is being made is for; undefined where nobody asked for what is being done. */
export function currentVisitorAddress(): string | undefined {
  const c = tryGetContext()
  return c && visitorAddress(c)
}
