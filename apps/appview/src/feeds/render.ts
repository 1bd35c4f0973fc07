import { createHash } from 'node:crypto'
import { QueryError } from '@frost/index'
import type { FeedOf } from '@frost/index/queries/feed-items'
import { accountFeed, collectionFeed, datasetFeed, searchFeed } from '@frost/index/queries/feed-items'
import { frost } from '@frost/lexicon'
import { XrpcError } from '../xrpc/errors.ts'
import type { Services } from '../xrpc/method.ts'
import { entryOf } from './entry.ts'
import { atom, type Feed, jsonFeed } from './formats.ts'

const FORMATS = {
  atom: { type: 'application/atom+xml; charset=utf-8', write: atom },
  json: { type: 'application/feed+json; charset=utf-8', write: jsonFeed },
} as const

type Make = (services: Services, params: URLSearchParams) => Promise<FeedOf>

const FEEDS: Readonly<Record<string, Make>> = {
  dataset: async ({ index }, params) => datasetFeed(index.database, { uri: required(params, 'uri') }),
  actor: async ({ index }, params) => accountFeed(index.database, { actor: required(params, 'actor') }),
  collection: async ({ index }, params) => collectionFeed(index.database, { uri: required(params, 'uri') }),
  search: async ({ index }, params) => searchFeed(index.database, index.search, searchParams(params)),
}

/** A feed as it is sent. */
export interface Rendered {
  readonly text: string
  readonly type: string
  readonly etag: string
  /** Its own address. */
  readonly self: string
}

/** Where feeds are subscribed to. */
export const hubOf = (origin: string) => `${origin}/websub`

/** `Link` header of a feed: the hub and the feed's own address (https://www.w3.org/TR/websub/#discovery). */
export const linksOf = (origin: string, { self }: Pick<Rendered, 'self'>) =>
  `<${hubOf(origin)}>; rel="hub", <${self}>; rel="self"`

/**
 * Writes a feed.
 * @param file `dataset.atom`, …
 * @param search its parameters, from the question mark on
 * @throws XrpcError NotFound, InvalidRequest, and what the feed's own query refuses
 */
export async function renderFeed(
  services: Services,
  origin: string,
  file: string,
  search: string,
): Promise<Rendered> {
  const [name = '', extension = ''] = file.split('.', 2)
  const make = Object.hasOwn(FEEDS, name) ? FEEDS[name] : undefined
  const format = Object.hasOwn(FORMATS, extension) ? FORMATS[extension as keyof typeof FORMATS] : undefined
  if (!make || !format)
    throw new XrpcError(
      404,
      'NotFound',
      `no such feed: there are ${Object.keys(FEEDS).join(', ')}, each as .atom and .json`,
    )
  const { siteUrl } = services.config
  const { title, items } = await make(services, new URLSearchParams(search)).catch(error => {
    throw refusal(error)
  })
  const feed: Feed = {
    title: `${title} (FROST)`,
    self: `${origin}/feeds/${name}.${extension}${search}`,
    hub: hubOf(origin),
    home: siteUrl ?? origin,
    entries: items.map(item => entryOf(item, origin, siteUrl)),
  }
  const text = format.write(feed)
  const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`
  return { text, type: format.type, etag, self: feed.self }
}

/** What a caller can mend is told; anything else is ours. */
function refusal(error: unknown): unknown {
  if (error instanceof QueryError)
    return new XrpcError(error.name.endsWith('NotFound') ? 404 : 400, error.name, error.message)
  return error instanceof Error && /^Invalid/.test(error.name)
    ? new XrpcError(400, error.name, error.message)
    : error
}

function required(params: URLSearchParams, name: string): string {
  const value = params.get(name)
  if (!value)
    throw new QueryError('InvalidRequest', `${name} is missing: this feed is /feeds/….atom?${name}=…`)
  return value
}

function searchParams(params: URLSearchParams) {
  try {
    return frost.dataset.searchEntries.$params.fromURLSearchParams(params.toString())
  } catch (error) {
    throw new QueryError('InvalidRequest', (error as Error).message)
  }
}
