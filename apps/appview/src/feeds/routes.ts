import { Hono } from 'hono'
import { cors } from 'hono/cors'
import type { Services } from '../xrpc/method.ts'
import { linksOf, renderFeed } from './render.ts'

/** Feeds under `/feeds/{dataset,actor,collection,search}.{atom,json}`; they answer 304 to who has the newest. */
export function feedRoutes(services: Services, origin: string): Hono {
  const app = new Hono()
  app.use(cors({ origin: '*', exposeHeaders: ['Link', 'ETag'] }))
  app.get('/:file', async c => {
    const { search } = new URL(c.req.url)
    const feed = await renderFeed(services, origin, c.req.param('file'), search)
    const { text, type, etag } = feed
    const headers = { ETag: etag, 'Cache-Control': 'public, max-age=60', Link: linksOf(origin, feed) }
    if (c.req.header('if-none-match') === etag) return c.body(null, 304, headers)
    return c.body(text, 200, { ...headers, 'Content-Type': type })
  })
  return app
}
