import { frost } from '@frost/lexicon'
import type { Context } from 'hono'
import type { AppView, EntryView } from './appview.ts'
import { entryPath } from './dataset-facts.ts'

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

const ENTRIES_A_SITEMAP = 1000

/** https://www.sitemaps.org: the newest datasets; `?cursor=` goes on where a page ended. */
export async function sitemap(c: Context, publicUrl: string, appview: AppView) {
  const entries: EntryView[] = []
  let cursor: string | undefined
  do {
    const page = (await appview.query(frost.dataset.searchEntries, {
      sort: 'newest',
      limit: 100,
      ...(cursor && { cursor }),
    })) as unknown as { entries: EntryView[]; cursor?: string }
    entries.push(...page.entries)
    cursor = page.cursor
  } while (cursor && entries.length < ENTRIES_A_SITEMAP)
  const urls = entries.map(
    ({ author, uri, indexedAt }) =>
      `  <url><loc>${escapeXml(publicUrl + entryPath(author, uri))}</loc><lastmod>${indexedAt.slice(0, 10)}</lastmod></url>`,
  )
  return c.body(
    `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${urls.join('\n')}\n</urlset>\n`,
    200,
    { 'Content-Type': 'application/xml' },
  )
}
