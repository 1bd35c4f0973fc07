import type { IncomingMessage } from 'node:http'

/**
 * The address that counts for limits: the peer's own. Behind a reverse proxy on the same machine that is the proxy's,
 * so its `X-Forwarded-For` is believed then, and only then.
 */
export function clientAddress(request: IncomingMessage | undefined): string {
  const peer = request?.socket.remoteAddress ?? 'local'
  if (!/^(127\.|::1$|::ffff:127\.|local$)/.test(peer)) return peer
  const forwarded = request?.headers['x-forwarded-for']
  return (
    String(forwarded ?? '')
      .split(',')
      .at(-1)
      ?.trim() || peer
  )
}
