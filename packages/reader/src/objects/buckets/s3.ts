import type { Fetcher } from '../../guard/fetcher.ts'
import type { Objects } from '../../objects.ts'
import { encodePath, joinPath } from '../paths.ts'
import type { StoreError } from '../store-error.ts'
import { bucketObjects, queryOf } from './bucket.ts'
import { parseS3Page } from './listing.ts'
import { type SigningCredentials, signRequest } from './sigv4.ts'

export interface S3Options {
  readonly fetcher: Fetcher
  readonly name: string
  readonly bucket: string
  readonly key: string
  /** Base of path-style URLs (`ENDPOINT/BUCKET/KEY`); Amazon's own when absent. */
  readonly endpoint?: URL
  /** Guessed or found out when absent. */
  readonly region?: string
  readonly credentials?: SigningCredentials
  /** Sent and signed with each request. */
  readonly headers?: Readonly<Record<string, string>>
  readonly maxBytes?: number
  readonly maxRangeless?: number
}

/** A bucket of Amazon S3, or of what speaks like it (MinIO, Ceph, R2, Google's XML API). */
export function s3Objects(options: S3Options): Objects {
  const { bucket, credentials, endpoint, headers, key } = options
  let region = options.region ?? (endpoint ? undefined : regionInName(bucket))
  const base = () => (endpoint ? joinPath(endpoint.href, bucket) : amazonBase(bucket, region))
  return bucketObjects({
    ...options,
    // They go where the credentials go, by `authorise`.
    headers: undefined,
    urlOf: path => new URL(joinPath(base(), encodePath(joinPath(key, path)))),
    authorise:
      credentials &&
      ((url, method) =>
        signRequest(method, url, headers ?? {}, {
          credentials,
          region: region ?? 'us-east-1',
          now: Date.now(),
        })),
    relocate({ region: found }: StoreError) {
      if (!found || found === region) return false
      region = found
      return true
    },
    listing: prefix => ({
      urlOf(next) {
        const query = queryOf({ 'continuation-token': next, delimiter: '/', 'list-type': '2', prefix })
        return new URL(`${base()}?${query}`)
      },
      parse: parseS3Page,
    }),
  })
}

/** Dots in a bucket's name do not fit Amazon's certificates, so such a bucket stands in the path. */
function amazonBase(bucket: string, region: string | undefined): string {
  const domain = region?.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  const service = region ? `s3.${region}.${domain}` : `s3.${domain}`
  return bucket.includes('.') ? `https://${service}/${bucket}` : `https://${bucket}.${service}`
}

/** Many buckets of open data name their region; where it is not true, S3 says the right one. */
function regionInName(bucket: string): string | undefined {
  return /(?:^|[.-])((?:af|ap|ca|eu|il|me|mx|sa|us)-(?:[a-z]+-)?(?:north|south|east|west|central|northeast|southeast|northwest|southwest)-\d)(?:$|[.-])/.exec(
    bucket,
  )?.[1]
}
