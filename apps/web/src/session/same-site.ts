import type { MiddlewareHandler } from 'hono'

/**
 * Refuses whatever changes something and was not sent by a page of this site itself: by Fetch Metadata, which every current browser
 * sends, else by Origin. https://owasp.org/www-community/attacks/csrf
 */
export function sameSiteOnly(publicUrl: string): MiddlewareHandler {
  const own = new URL(publicUrl).origin
  return async (c, next) => {
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next()
    const site = c.req.header('sec-fetch-site')
    const origin = c.req.header('origin')
    const isOwn =
      site === undefined
        ? origin === own || (origin !== undefined && URL.parse(origin)?.host === c.req.header('host'))
        : site === 'same-origin'
    if (isOwn) return next()
    return c.text(
      'This was not sent by a page of this site, so nothing was done. Go back and try again.',
      403,
    )
  }
}
