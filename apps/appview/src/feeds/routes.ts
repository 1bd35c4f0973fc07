import { createHash } from 'node:crypto'
import { QueryError } from '@frost/index'
import type { FeedOf } from '@frost/index/queries/feed-items'
import { accountFeed, collectionFeed, datasetFeed, searchFeed } from '@frost/index/queries/feed-items'
import { frost } from '@frost/lexicon'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
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

/** Feeds under `/feeds/{dataset,actor,collection,search}.{atom,json}`; they answer 304 to who has the newest. */
export function feedRoutes(services: Services, origin: string): Hono {
  const app = new Hono()
  app.use(cors({ origin: '*' }))
  app.get('/:file', async c => {
    const [name = '', extension = ''] = c.req.param('file').split('.', 2)
    const make = Object.hasOwn(FEEDS, name) ? FEEDS[name] : undefined
    const format = Object.hasOwn(FORMATS, extension) ? FORMATS[extension as keyof typeof FORMATS] : undefined
    if (!make || !format)
      throw new XrpcError(
        404,
        'NotFound',
        `no such feed: there are ${Object.keys(FEEDS).join(', ')}, each as .atom and .json`,
      )
    const { search } = new URL(c.req.url)
    const { siteUrl } = services.config
    const { title, items } = await make(services, new URLSearchParams(search)).catch(error => {
      throw refusal(error)
    })
    const feed: Feed = {
      title: `${title} (FROST)`,
      self: `${origin}/feeds/${name}.${extension}${search}`,
      home: siteUrl ?? origin,
      entries: items.map(item => entryOf(item, origin, siteUrl)),
    }
    const text = format.write(feed)
    const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`
    const headers = { ETag: etag, 'Cache-Control': 'public, max-age=60' }
    if (c.req.header('if-none-match') === etag) return c.body(null, 304, headers)
    return c.body(text, 200, { ...headers, 'Content-Type': format.type })
  })
  return app
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
