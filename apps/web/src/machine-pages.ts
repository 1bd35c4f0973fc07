import type { Context } from 'hono'
import { escapeXml } from './escape-xml.ts'
import { NotYetKnown, type Sitemaps } from './sitemaps/sitemaps.ts'

/** Pages that programs read. */

/** https://github.com/dewitt/opensearch: lets a browser offer FROST as a search engine. */
export function openSearch(c: Context, publicUrl: string) {
  return c.body(
    `<?xml version="1.0" encoding="UTF-8"?>
<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">
  <ShortName>FROST</ShortName>
  <Description>Search scientific datasets</Description>
  <InputEncoding>UTF-8</InputEncoding>
  <Url type="text/html" template="${escapeXml(publicUrl)}/search?q={searchTerms}"/>
</OpenSearchDescription>
`,
    200,
    { 'Content-Type': 'application/opensearchdescription+xml' },
  )
}

export function robots(c: Context, publicUrl: string) {
  return c.text(
    `User-agent: *\nDisallow: /search?*&\nDisallow: /publish\nSitemap: ${publicUrl}/sitemap.xml\n`,
  )
}

const XML = { 'Content-Type': 'application/xml', 'Cache-Control': 'public, max-age=3600' }

/** The index of the site's sitemaps. */
export const sitemapIndex = (c: Context, sitemaps: Sitemaps) => sitemap(c, sitemaps.index())

export const sitemapFile = (c: Context, sitemaps: Sitemaps) =>
  sitemap(c, sitemaps.file(c.req.param('file') ?? ''))

async function sitemap(c: Context, made: Promise<string | Uint8Array<ArrayBuffer> | undefined>) {
  try {
    const xml = await made
    return xml === undefined ? c.notFound() : c.body(xml, 200, XML)
  } catch (error) {
    if (!(error instanceof NotYetKnown)) throw error
    return c.text(`${error.message} Ask again later.\n`, 503, { 'Retry-After': `${error.retryAfterSeconds}` })
  }
}
