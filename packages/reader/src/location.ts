import { fileURLToPath } from 'node:url'
import { ReaderError } from './errors.ts'
import { cleanUrl } from './guard/clean-url.ts'
import { createFetcher, type Fetcher } from './guard/fetcher.ts'
import type { GuardSettings } from './guard/settings.ts'
import { azureObjects } from './objects/buckets/azure.ts'
import { s3Objects } from './objects/buckets/s3.ts'
import { cancellable } from './objects/cancellable.ts'
import { credentialsFor, type Environment } from './objects/credentials.ts'
import { httpObjects } from './objects/http.ts'
import { localObjects } from './objects/local.ts'
import { encodePath, joinPath } from './objects/paths.ts'
import { type BucketPlace, type Place, parseLocation } from './objects/place.ts'
import type { Objects } from './objects.ts'

export interface LocationOptions {
  /** Whether files of this machine may be read: the command line says so, a server never. */
  readonly allowLocal?: boolean
  /** Ends all reads of these objects. */
  readonly signal?: AbortSignal
  /** Connections, already guarded; otherwise made (and shared) by the `guard` settings. */
  readonly fetcher?: Fetcher
  readonly guard?: GuardSettings
  /** Where credentials and endpoints come from: `process.env` on the command line, nothing when absent. */
  readonly env?: Environment
  /** Of the object store, where it is not the cloud's own. Credentials are sent to it only where `env` names it too. */
  readonly endpoint?: string
  readonly region?: string
  /** The bucket's owner lets the reader pay. */
  readonly requesterPays?: boolean
  /** The reader agrees to pay. */
  readonly payRequests?: boolean
  /** The largest object or range that is read into memory, in bytes. */
  readonly maxBytes?: number
  /** The largest object that is read whole for a range of it, from a server which knows no ranges. */
  readonly maxRangeless?: number
}

/**
 * Where a dataset lies, as objects: `http(s)://`, `s3://`, `gs://`, `az://CONTAINER@ACCOUNT/…`, `abfs(s)://`, URLs of these
 * clouds, and files where they are allowed. Nothing is read yet.
 * @throws {ReaderError} `InvalidSelection` for what is no location, `Forbidden` for a file where none may be read and for
 *   a bucket whose reader pays without having said so
 */
export function openObjects(location: string, options: LocationOptions = {}): Objects {
  const place = parseLocation(location)
  const objects = place.kind === 'file' ? openFile(place.path, options) : openRemote(place, options)
  return options.signal ? cancellable(objects, options.signal) : objects
}

function openFile(path: string, { allowLocal }: LocationOptions): Objects {
  if (!allowLocal)
    throw new ReaderError(
      'Forbidden',
      `'${path}' is no URL: only http(s), s3, gs and az locations are read here`,
    )
  return localObjects(path.startsWith('file:') ? fileURLToPath(path) : path)
}

function openRemote(place: Exclude<Place, { kind: 'file' }>, options: LocationOptions): Objects {
  const { maxBytes, maxRangeless } = options
  const fetcher = options.fetcher ?? sharedFetcher(options.guard ?? {})
  const shared = { fetcher, maxBytes, maxRangeless }
  if (place.kind === 'http') return openUrl(place.url, shared)
  const access = credentialsFor(place, options)
  const name = nameOf(place)
  if (place.kind === 'azure')
    return azureObjects({
      ...shared,
      name,
      endpoint: access.endpoint!,
      container: place.bucket,
      key: place.key,
      signature: access.signature,
    })
  return s3Objects({ ...shared, ...access, name, bucket: place.bucket, key: place.key })
}

function openUrl(base: URL, shared: { readonly fetcher: Fetcher }): Objects {
  return httpObjects({
    ...shared,
    name: cleanUrl(base),
    urlOf(path) {
      const url = new URL(base)
      if (path !== '') url.pathname = joinPath(url.pathname, encodePath(path))
      return url
    },
  })
}

function nameOf({ bucket, key, name }: BucketPlace): string {
  return name ?? `${bucket}/${key}`
}

const fetchers = new Map<string, Fetcher>()

/** One pool of connections for each way of guarding them; idle connections close by themselves. */
function sharedFetcher(settings: GuardSettings): Fetcher {
  if (settings.lookup) return createFetcher(settings)
  const key = JSON.stringify(settings)
  let fetcher = fetchers.get(key)
  if (!fetcher) {
    fetcher = createFetcher(settings)
    fetchers.set(key, fetcher)
  }
  return fetcher
}
