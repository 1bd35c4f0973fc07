import { escapeXml } from '../escape-xml.ts'

/** One address of a sitemap or of an index of sitemaps. @param time ISO 8601, of which the day is told */
export function element(name: 'sitemap' | 'url', address: string, time: string | undefined): string {
  const lastmod = time ? `<lastmod>${time.slice(0, 10)}</lastmod>` : ''
  return `  <${name}><loc>${escapeXml(address)}</loc>${lastmod}</${name}>`
}

export function document(root: 'sitemapindex' | 'urlset', entries: readonly string[]): string {
  const namespace = 'http://www.sitemaps.org/schemas/sitemap/0.9'
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${namespace}">\n${entries.join('\n')}\n</${root}>\n`
}
