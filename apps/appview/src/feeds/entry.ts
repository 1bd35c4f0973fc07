import type { FeedItem } from '@frost/index/queries/feed-items'
import { nsid } from '@frost/lexicon'

/** One entry of a feed, the same for every format. */
export interface FeedEntry {
  readonly id: string
  readonly link: string
  readonly title: string
  readonly summary?: string
  readonly author: string
  readonly authorLink: string
  readonly publishedAt: string
  readonly updatedAt: string
}

const LONGEST_SUMMARY = 2000

/** @param siteUrl where people read; without one entries link to what the AppView answers */
export function entryOf(item: FeedItem, origin: string, siteUrl: string | undefined): FeedEntry {
  const { record, dataset, author } = item
  const summary = SUMMARIES.map(field => record[field]).find(text => typeof text === 'string' && text !== '')
  const changes = (record.changes as { summary?: unknown } | undefined)?.summary
  const text = typeof changes === 'string' ? changes : (summary as string | undefined)
  return {
    // A record that is edited is the same entry with a later time.
    id: item.uri,
    link: linkTo(dataset?.uri ?? item.uri, origin, siteUrl),
    title: titleOf(item),
    ...(text !== undefined && { summary: text.slice(0, LONGEST_SUMMARY) }),
    author: author.name ?? author.handle,
    authorLink: siteUrl ? `${siteUrl}/p/${author.did}` : `at://${author.did}`,
    publishedAt: item.publishedAt,
    updatedAt: item.updatedAt,
  }
}

const SUMMARIES = ['text', 'rationale', 'description', 'relationNote']

const TITLES: Readonly<Record<string, (record: FeedItem['record'], of: string) => string>> = {
  [nsid('dataset.entry')]: record => String(record.title),
  [nsid('dataset.version')]: (record, of) => `${of} ${record.version}`,
  [nsid('dataset.head')]: (_, of) => `New data: ${of}`,
  [nsid('dataset.notice')]: (record, of) => `Notice (${record.kind}): ${of}`,
  [nsid('dataset.mirror')]: (_, of) => `Mirror of ${of}`,
  [nsid('dataset.collection')]: record => `Collection: ${record.title}`,
  [nsid('graph.citation')]: (_, of) => `Cited: ${of}`,
  [nsid('discussion.correction')]: (_, of) => `Correction proposed: ${of}`,
  [nsid('discussion.endorsement')]: (record, of) => `Endorsed (${record.kind}): ${of}`,
}

function titleOf({ collection, record, dataset, uri }: FeedItem): string {
  return TITLES[collection]?.(record, dataset?.title ?? 'a dataset') ?? uri
}

/** The page of a dataset, or of whatever it is. */
function linkTo(uri: string, origin: string, siteUrl: string | undefined): string {
  const [, , did, collection, rkey] = uri.split('/')
  if (siteUrl && collection === nsid('dataset.entry')) return `${siteUrl}/d/${did}/${rkey}`
  if (siteUrl) return `${siteUrl}/at/${did}/${collection}/${rkey}`
  return `${origin}/xrpc/${nsid('dataset.getEntry')}?uri=${encodeURIComponent(uri)}`
}
