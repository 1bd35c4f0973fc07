import { element, xmlDocument } from '@frost/catalogs/citation/xml'
import type { FeedEntry } from './entry.ts'

export interface Feed {
  readonly title: string
  /** The feed's own address. */
  readonly self: string
  /** Where it is subscribed to, by WebSub. */
  readonly hub: string
  /** The page that it is the feed of. */
  readonly home: string
  readonly entries: readonly FeedEntry[]
}

/** Of a feed without entries: nothing was updated yet. */
const NEVER = '1970-01-01T00:00:00.000Z'

const updatedAt = ({ entries }: Feed) =>
  entries.reduce((latest, { updatedAt: time }) => (time > latest ? time : latest), NEVER)

/** Atom (RFC 4287). */
export function atom(feed: Feed): string {
  const { title, self, hub, home, entries } = feed
  return xmlDocument(
    element(
      'feed',
      { xmlns: 'http://www.w3.org/2005/Atom' },
      element('id', {}, self),
      element('title', {}, title),
      element('updated', {}, updatedAt(feed)),
      element('link', { rel: 'self', type: 'application/atom+xml', href: self }),
      element('link', { rel: 'hub', href: hub }),
      element('link', { rel: 'alternate', href: home }),
      ...entries.map(entry =>
        element(
          'entry',
          {},
          element('id', {}, entry.id),
          element('title', {}, entry.title),
          element('updated', {}, entry.updatedAt),
          element('published', {}, entry.publishedAt),
          element('author', {}, element('name', {}, entry.author), element('uri', {}, entry.authorLink)),
          element('link', { rel: 'alternate', href: entry.link }),
          entry.summary === undefined ? undefined : element('summary', { type: 'text' }, entry.summary),
        ),
      ),
    ),
  )
}

/** JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/). */
export function jsonFeed({ title, self, hub, home, entries }: Feed): string {
  return JSON.stringify({
    version: 'https://jsonfeed.org/version/1.1',
    title,
    home_page_url: home,
    feed_url: self,
    hubs: [{ type: 'WebSub', url: hub }],
    items: entries.map(entry => ({
      id: entry.id,
      url: entry.link,
      title: entry.title,
      content_text: entry.summary ?? entry.title,
      date_published: entry.publishedAt,
      date_modified: entry.updatedAt,
      authors: [{ name: entry.author, url: entry.authorLink }],
    })),
  })
}
