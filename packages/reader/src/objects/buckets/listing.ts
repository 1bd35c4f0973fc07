import { ReaderError } from '../../errors.ts'
import { cleanUrl } from '../../guard/clean-url.ts'
import type { FetchResponse } from '../../guard/fetcher.ts'
import type { FolderPage, ListOptions, ReadOptions } from '../../objects.ts'
import type { HttpStore } from '../http.ts'
import { storeErrorOf } from '../store-error.ts'

/** What a listing says of one key; of folders, which end with a slash, nothing more. */
export interface Listed {
  readonly key: string
  /** Bytes. */
  readonly size?: number
  /** ISO 8601 time. */
  readonly modified?: string
}

/** One page of a listing. */
export interface Page {
  readonly entries: readonly Listed[]
  /** Where the next page starts. */
  readonly next: string | undefined
}

export interface Listing {
  /** The URL of the page that starts there; of the first when undefined. */
  urlOf(next: string | undefined): URL
  parse(xml: string): Page
}

const MAX_PAGES = 100
const MAX_PAGE_BYTES = 8 * 1024 * 1024

/**
 * All names directly below a prefix, sorted; where `most` of them are enough, those of the first pages.
 * @throws {ReaderError} `Forbidden` where the store does not let one list, `OverBudget` beyond 100 pages
 */
export async function listBelow(
  store: HttpStore,
  prefix: string,
  listing: Listing,
  options: ListOptions,
): Promise<readonly string[]> {
  const names = new Set<string>()
  let next: string | undefined
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const page = await fetchPage(store, listing, next, options)
    for (const { key } of page.entries) {
      const name = nameBelow(prefix, key)
      if (name !== undefined) names.add(name)
    }
    next = page.next
    if (!next || names.size >= (options.most ?? Number.POSITIVE_INFINITY)) return [...names].sort()
  }
  throw new ReaderError('OverBudget', `${store.name}: more than ${names.size} names are in one folder`)
}

/**
 * One page of what lies directly below a prefix, in the store's own order and size (1,000 names, mostly).
 * @throws {ReaderError} `Forbidden` where the store does not let one list
 */
export async function pageBelow(
  store: HttpStore,
  prefix: string,
  listing: Listing,
  { cursor, ...options }: ReadOptions & { readonly cursor?: string },
): Promise<FolderPage> {
  const { entries, next } = await fetchPage(store, listing, cursor, options)
  const found = entries.flatMap(({ key, ...facts }) => {
    const name = nameBelow(prefix, key)
    return name === undefined ? [] : [{ name, ...facts }]
  })
  return { entries: found, ...(next !== undefined && { next }) }
}

function nameBelow(prefix: string, key: string): string | undefined {
  const name = key.startsWith(prefix) ? key.slice(prefix.length) : ''
  return name === '' || name === '/' ? undefined : name
}

async function fetchPage(
  store: HttpStore,
  listing: Listing,
  next: string | undefined,
  { signal, meter }: ReadOptions,
): Promise<Page> {
  for (let moved = 0; ; moved++) {
    const url = listing.urlOf(next)
    const { headers, authorise } = store
    const page = await store.fetcher.fetch({ url, headers, authorise, signal, meter }, async response => {
      if (response.status === 200) return listing.parse(await textOf(response, url))
      if (response.status === 404) return { entries: [], next: undefined }
      const error = await storeErrorOf(response)
      if (moved < 2 && store.relocate?.(error)) return undefined
      const why = `${response.status}${error.code ? ` ${error.code}` : ''}`
      if ([401, 403, 409].includes(response.status))
        throw new ReaderError('Forbidden', `${store.name}: the store does not let one list it (${why})`)
      throw new ReaderError('Unavailable', `${cleanUrl(url)}: the store answers a listing with ${why}`)
    })
    if (page) return page
  }
}

async function textOf(response: FetchResponse, url: URL): Promise<string> {
  const excess = () => new ReaderError('Unavailable', `${cleanUrl(url)}: a page of a listing is too long`)
  return new TextDecoder().decode(await response.read({ max: MAX_PAGE_BYTES, excess }))
}

/** ListObjectsV2 of S3, which Google Cloud Storage's XML API speaks as well. */
export function parseS3Page(xml: string): Page {
  const next = textsOf(xml, 'NextContinuationToken')[0]
  return {
    entries: [
      ...elementsOf(xml, 'Contents').flatMap(e =>
        listed(textsOf(e, 'Key'), textsOf(e, 'Size'), textsOf(e, 'LastModified')),
      ),
      ...elementsOf(xml, 'CommonPrefixes').flatMap(e => listed(textsOf(e, 'Prefix'))),
    ],
    next: textsOf(xml, 'IsTruncated')[0] === 'true' ? next : undefined,
  }
}

/** List Blobs of Azure. */
export function parseAzurePage(xml: string): Page {
  return {
    entries: [
      ...elementsOf(xml, 'Blob').flatMap(e =>
        listed(textsOf(e, 'Name'), textsOf(e, 'Content-Length'), textsOf(e, 'Last-Modified')),
      ),
      ...elementsOf(xml, 'BlobPrefix').flatMap(e => listed(textsOf(e, 'Name'))),
    ],
    next: textsOf(xml, 'NextMarker')[0] || undefined,
  }
}

function listed([key]: string[], [bytes]: string[] = [], [time]: string[] = []): Listed[] {
  if (key === undefined) return []
  const size = bytes && /^\d{1,15}$/.test(bytes) ? Number(bytes) : undefined
  const at = time ? Date.parse(time) : Number.NaN
  return [
    {
      key,
      ...(size !== undefined && { size }),
      ...(!Number.isNaN(at) && { modified: new Date(at).toISOString() }),
    },
  ]
}

function elementsOf(xml: string, name: string): string[] {
  return between(xml, `<${name}>`, `</${name}>`)
}

/** Texts of elements without attributes and children, which is all that listings have. */
function textsOf(xml: string, name: string): string[] {
  return between(xml, `<${name}>`, `</${name}>`).map(unescapeXml)
}

function between(text: string, open: string, close: string): string[] {
  const found: string[] = []
  for (let from = 0; ; ) {
    const start = text.indexOf(open, from)
    const end = start < 0 ? -1 : text.indexOf(close, start)
    if (end < 0) return found
    found.push(text.slice(start + open.length, end))
    from = end + close.length
  }
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescapeXml(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w{2,4}));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return ENTITIES[name] ?? whole
    const code = hex !== undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
