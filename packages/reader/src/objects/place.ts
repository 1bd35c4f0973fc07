import { ReaderError } from '../errors.ts'
import { cleanUrl } from '../guard/clean-url.ts'
import { withoutEnd } from '../text-end.ts'

/** What a location says by itself, before the environment is asked for anything. */
export type Place =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'http'; readonly url: URL }
  | BucketPlace

export interface BucketPlace {
  readonly kind: 's3' | 'google' | 'azure'
  readonly bucket: string
  /** Without a slash at its end; empty for the whole bucket. */
  readonly key: string
  /** For messages. */
  readonly name: string
  readonly region?: string
  /** Of Azure. */
  readonly account?: string
  /** A shared access signature that the location carries (Azure). */
  readonly signature?: string
  /** Given as a URL of https: public, so no credentials are sent. */
  readonly asUrl?: boolean
}

const BUCKET = /^[a-z0-9](?:[a-z0-9._-]{1,220}[a-z0-9])$/i
const CONTAINER = /^(?:\$root|\$web|[a-z0-9](?:[a-z0-9-]{1,61}[a-z0-9]))$/

/** @throws {ReaderError} `InvalidSelection` */
export function parseLocation(location: string): Place {
  const parts = /^([a-z][a-z0-9+.-]+):(.*)$/is.exec(location)
  const scheme = parts?.[1]?.toLowerCase()
  switch (scheme) {
    case undefined:
      return { kind: 'file', path: location }
    case 'file':
      return { kind: 'file', path: location }
    case 'http':
    case 'https':
      return parseUrl(location)
    case 's3':
    case 's3a':
    case 'gs':
    case 'gcs': {
      const { authority, key } = split(location, parts![2]!)
      if (!BUCKET.test(authority)) throw invalid(location, `'${authority}' is not the name of a bucket`)
      const google = scheme.startsWith('g')
      const name = `${google ? 'gs' : 's3'}://${authority}${key && `/${key}`}`
      return { kind: google ? 'google' : 's3', bucket: authority, key, name }
    }
    case 'az':
    case 'abfs':
    case 'abfss':
      return parseAzure(location, parts![2]!)
    default:
      throw invalid(location, `'${scheme}:' is not read; http, https, s3, gs, az, abfs and file are`)
  }
}

function parseAzure(location: string, rest: string): Place {
  const { authority, key } = split(location, rest)
  const [bucket = '', host] = authority.split('@')
  if (!CONTAINER.test(bucket)) throw invalid(location, `'${bucket}' is not the name of a container`)
  const account = host?.replace(/\.(?:blob|dfs)\.core\.windows\.net$/, '')
  if (account !== undefined && !/^[a-z0-9]{3,24}$/.test(account))
    throw invalid(location, `'${account}' is not the name of an account`)
  return { kind: 'azure', bucket, key, account, name: `az://${authority}${key && `/${key}`}` }
}

function split(location: string, rest: string) {
  const parts = /^\/\/([^/]+)(?:\/(.*))?$/s.exec(rest)
  if (!parts) throw invalid(location, 'it names no bucket')
  return { authority: parts[1]!, key: withoutEnd(parts[2] ?? '', '/') }
}

/** URLs of the clouds' own hosts are buckets, which can be listed; all others are web servers. */
function parseUrl(location: string): Place {
  const url = URL.parse(location)
  if (!url) throw invalid(location, 'it is not a URL')
  url.hash = ''
  return (!url.username && !url.password && bucketOfUrl(url)) || { kind: 'http', url }
}

function bucketOfUrl(url: URL): BucketPlace | undefined {
  if (url.protocol !== 'https:' || url.port !== '') return undefined
  const path = decodedPath(url)
  if (path === undefined) return undefined
  const common = { name: cleanUrl(url), asUrl: true }
  const [first = '', ...others] = path.split('/')
  const inPath = { bucket: first, key: others.join('/') }
  const azure = /^([a-z0-9]{3,24})\.blob\.core\.windows\.net$/.exec(url.hostname)
  if (azure && CONTAINER.test(first)) {
    const signature = url.search === '' ? undefined : url.search
    return { kind: 'azure', ...inPath, account: azure[1], signature, ...common }
  }
  if (url.search !== '') return undefined
  if (url.hostname === 'storage.googleapis.com' && BUCKET.test(first))
    return { kind: 'google', ...inPath, ...common }
  const amazon =
    /^(?:([a-z0-9._-]+)\.)?s3[.-](?:dualstack\.)?(?:([a-z]{2}(?:-[a-z]+)+-\d)\.)?amazonaws\.com(?:\.cn)?$/.exec(
      url.hostname,
    )
  if (!amazon) return undefined
  const [, bucket, region] = amazon
  if (bucket) return { kind: 's3', bucket, key: path, region, ...common }
  return BUCKET.test(first) ? { kind: 's3', ...inPath, region, ...common } : undefined
}

/** Without slashes around it; undefined where it cannot be written as a key and back. */
function decodedPath(url: URL): string | undefined {
  if (/%2f/i.test(url.pathname)) return undefined
  try {
    return withoutEnd(decodeURIComponent(url.pathname).replace(/^\//, ''), '/')
  } catch {
    return undefined
  }
}

function invalid(location: string, why: string): ReaderError {
  return new ReaderError('InvalidSelection', `'${location.slice(0, 200)}' is no location: ${why}`)
}
