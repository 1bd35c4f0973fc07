import { ReaderError } from '../../errors.ts'
import { cleanUrl } from '../../guard/clean-url.ts'
import type { FetchResponse } from '../../guard/fetcher.ts'
import type { ListOptions, ReadOptions } from '../../objects.ts'
import type { HttpStore } from '../http.ts'
import { storeErrorOf } from '../store-error.ts'

/** One page of a listing: full keys, and folders with their slash. */
export interface Page {
  readonly keys: readonly string[]
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
    for (const key of page.keys) {
      const name = key.startsWith(prefix) ? key.slice(prefix.length) : ''
      if (name !== '' && name !== '/') names.add(name)
    }
    next = page.next
    if (!next || names.size >= (options.most ?? Number.POSITIVE_INFINITY)) return [...names].sort()
  }
  throw new ReaderError('OverBudget', `${store.name}: more than ${names.size} names are in one folder`)
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
      if (response.status === 404) return { keys: [], next: undefined }
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
    keys: [...textsOf(xml, 'Key'), ...elementsOf(xml, 'CommonPrefixes').flatMap(e => textsOf(e, 'Prefix'))],
    next: textsOf(xml, 'IsTruncated')[0] === 'true' ? next : undefined,
  }
}

/** List Blobs of Azure. */
export function parseAzurePage(xml: string): Page {
  const entries = [...elementsOf(xml, 'Blob'), ...elementsOf(xml, 'BlobPrefix')]
  return { keys: entries.flatMap(e => textsOf(e, 'Name').slice(0, 1)), next: textsOf(xml, 'NextMarker')[0] }
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
