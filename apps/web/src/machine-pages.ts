import type { Context } from 'hono'
import type { Sitemaps } from './sitemaps.ts'

/** Pages that programs read. */

const escapeXml = (text: string) => text.replace(/[<>&"']/g, character => `&#${character.charCodeAt(0)};`)

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
export const sitemapIndex = async (c: Context, sitemaps: Sitemaps) => c.body(await sitemaps.index(), 200, XML)

export async function sitemapFile(c: Context, sitemaps: Sitemaps) {
  const file = await sitemaps.file(c.req.param('file') ?? '')
  return file === undefined ? c.notFound() : c.body(file, 200, XML)
}
