import { addressOf, placeKey, type RawDistribution, type Watched } from '@frost/index/availability'
import { withoutEnd } from '@frost/lexicon'

/** Objects that say that a store of a format is there, where its address is a folder. */
const LANDMARKS: ReadonlyMap<unknown, readonly string[]> = new Map(
  Object.entries({
    zarr: ['zarr.json', '.zmetadata', '.zgroup', '.zarray'],
    'zarr-v3': ['zarr.json'],
    'ome-zarr': ['zarr.json', '.zattrs', '.zgroup'],
    icechunk: ['repo', 'refs/branch.main/ref.json'],
    iceberg: ['metadata/version-hint.text'],
  }),
)

const LONGEST_URL = 2000

/**
 * How a place is looked at: URLs of which one must answer. Buckets are asked over https, stores by an object that every such store has.
 * @returns undefined for a distribution without an address; without URLs, and with the reason, where it is not looked at
 */
export function placeOf(distribution: RawDistribution): Watched | undefined {
  const address = addressOf(distribution)
  const place = placeKey(distribution)
  if (address === undefined || place === undefined) return undefined
  const unchecked = (reason: string): Watched => ({ place, address, host: '', urls: [], reason })
  if (distribution.requesterPays === true) return unchecked('its owner lets the reader pay for requests')
  const base = baseOf(distribution)
  if (typeof base === 'string') return unchecked(base)
  const urls = candidates(base, distribution).filter(url => url.length <= LONGEST_URL)
  return urls.length === 0
    ? unchecked('its address is too long')
    : { place, address, host: base.url.host, urls }
}

interface Base {
  readonly url: URL
  /** Of a bucket: lists what lies below the address. */
  readonly listing?: string
}

/** Where it lies over http(s), or why that is not known. */
function baseOf({ uri, endpoint, region }: RawDistribution): Base | string {
  const location = String(uri).trim()
  const [, scheme = '', authority = '', path = ''] =
    /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/is.exec(location) ?? []
  const key = withoutSlashes(path)
  switch (scheme.toLowerCase()) {
    case 'http':
    case 'https': {
      const url = URL.parse(location)
      return url ? { url: withoutHash(url) } : 'its address cannot be read'
    }
    case 's3':
    case 's3a':
      return bucket(s3Origin(authority, endpoint, region), key)
    case 'gs':
    case 'gcs':
      return bucket(URL.parse(`https://storage.googleapis.com/${encodeURIComponent(authority)}/`), key)
    case 'az':
    case 'abfs':
    case 'abfss': {
      const [container = '', account] = authority.split('@')
      if (!account) return 'its address does not say the storage account'
      const name = account.replace(/\.(?:blob|dfs)\.core\.windows\.net$/, '')
      const url = URL.parse(`https://${name}.blob.core.windows.net/${container}/${encodePath(key)}`)
      return url ? { url } : 'its address cannot be read'
    }
    default:
      return scheme ? `${scheme.toLowerCase().slice(0, 32)}: is not asked` : 'its address is no URL'
  }
}

function s3Origin(name: string, endpoint: unknown, region: unknown): URL | null {
  if (!/^[a-z0-9][a-z0-9._-]{1,220}$/i.test(name)) return null
  if (typeof endpoint === 'string' && endpoint !== '' && !/amazonaws\.com\/?$/.test(endpoint)) {
    const url = URL.parse(/^https?:\/\//i.test(endpoint) ? endpoint : `https://${endpoint}`)
    return url && URL.parse(`${url.origin}/${name}/`)
  }
  const where = typeof region === 'string' && /^[a-z]{2}(-[a-z]+)+-\d$/.test(region) ? `s3.${region}` : 's3'
  // Dots in a bucket's name do not fit Amazon's certificates.
  return name.includes('.')
    ? URL.parse(`https://${where}.amazonaws.com/${name}/`)
    : URL.parse(`https://${name}.${where}.amazonaws.com/`)
}

function bucket(origin: URL | null, key: string): Base | string {
  if (origin === null) return 'its address names no bucket'
  const query = new URLSearchParams({ 'list-type': '2', 'max-keys': '1', prefix: key ? `${key}/` : '' })
  return { url: new URL(encodePath(key), origin), listing: `${origin.href}?${query}` }
}

/** Whether a URL asks a bucket for a listing, which answers even where nothing lies. */
export function isListing(url: string): boolean {
  return new URL(url).searchParams.get('list-type') === '2'
}

function candidates({ url, listing }: Base, { format, path }: RawDistribution): string[] {
  const landmarks = LANDMARKS.get(format)
  // A query names one thing, below which nothing lies.
  if (url.search !== '') return [url.href]
  const below = (name: string) => {
    const target = new URL(url)
    target.pathname = [
      withoutEnd(url.pathname, '/'),
      ...(typeof path === 'string' && path ? [encodePath(path)] : []),
      name,
    ].join('/')
    return target.href
  }
  if (landmarks) return landmarks.map(below)
  if (listing === undefined) return [url.href]
  // Of a whole bucket a listing alone: to the bucket's own URL it answers however empty it is.
  return url.pathname.endsWith('/') ? [listing] : [url.href, listing]
}

function encodePath(path: string): string {
  return withoutSlashes(path)
    .split('/')
    .map(part => encodeURIComponent(decoded(part)))
    .join('/')
}

function withoutSlashes(path: string): string {
  return withoutEnd(path.replace(/^\/+/, ''), '/')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function withoutHash(url: URL): URL {
  url.hash = ''
  return url
}
