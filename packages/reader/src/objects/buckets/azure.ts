import type { Fetcher } from '../../guard/fetcher.ts'
import type { Objects } from '../../objects.ts'
import { encodePath, joinPath } from '../paths.ts'
import { bucketObjects, queryOf } from './bucket.ts'
import { parseAzurePage } from './listing.ts'

export interface AzureOptions {
  readonly fetcher: Fetcher
  readonly name: string
  /** Of the account: `https://ACCOUNT.blob.core.windows.net`. */
  readonly endpoint: URL
  readonly container: string
  /** Name of the blob, or of what lies above the blobs. */
  readonly key: string
  /** A shared access signature: the query that grants access. */
  readonly signature?: string
  readonly maxBytes?: number
  readonly maxRangeless?: number
}

/** From this version on Azure answers with Accept-Ranges and does not cut ranges. */
const VERSION = '2021-12-02'

/** A container of Azure Blob Storage. */
export function azureObjects(options: AzureOptions): Objects {
  const { container, endpoint, key, signature } = options
  const base = joinPath(endpoint.href, container)
  const query = signature?.replace(/^\?/, '')
  return bucketObjects({
    ...options,
    headers: { 'x-ms-version': VERSION },
    suffixRanges: false,
    urlOf: path => new URL(joinPath(base, encodePath(joinPath(key, path))) + (query ? `?${query}` : '')),
    listing: prefix => ({
      urlOf(next) {
        const list = { comp: 'list', delimiter: '/', marker: next, prefix, restype: 'container' }
        return new URL(`${base}?${queryOf(list)}${query ? `&${query}` : ''}`)
      },
      parse: parseAzurePage,
    }),
  })
}
