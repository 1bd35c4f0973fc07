import type { HttpBindings } from '@hono/node-server'

/**
 * The address that counts for limits: the peer's own. Behind a reverse proxy on the same machine that is the proxy's,
 * so its `X-Forwarded-For` is believed then, and only then.
 */
export function clientAddress(request: Request, env: unknown): string {
  const peer = (env as Partial<HttpBindings>)?.incoming?.socket.remoteAddress ?? 'local'
  if (!/^(127\.|::1$|::ffff:127\.|local$)/.test(peer)) return peer
  return request.headers.get('x-forwarded-for')?.split(',').at(-1)?.trim().slice(0, 64) || peer
}
