import type { Hono } from 'hono'
import type { SiteEnv } from '../session/viewer.ts'
import type { Thumbnails } from './thumbnails.ts'

export function thumbnailRoutes(app: Hono<SiteEnv>, thumbnails: Thumbnails): void {
  app.get('/thumbnail/:did/:rkey', async c => {
    const { did, rkey } = c.req.param()
    const isNamed = /^did:(plc|web):[\w.:%-]{1,260}$/.test(did) && /^[\w.:~-]{1,512}$/.test(rkey)
    const image = isNamed ? await thumbnails.of(did, rkey) : undefined
    if (!image) return c.notFound()
    return c.body(image.bytes, 200, {
      'Content-Type': image.type,
      'Cache-Control': 'public, max-age=86400',
    })
  })
}
