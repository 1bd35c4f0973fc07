import { nsid, rkeyOf } from '@frost/lexicon'
import { ownerOf } from './parts.ts'

/** Where a record of any kind is shown: paths of the site, by DID, which lead on to the handle. */

export const datasetPath = (uri: string): string => `/d/${ownerOf(uri)}/${encodeURIComponent(rkeyOf(uri))}`

export const collectionPath = (uri: string): string => `/c/${ownerOf(uri)}/${encodeURIComponent(rkeyOf(uri))}`

type Fields = Readonly<Record<string, unknown>>

/**
 * @param dataset at-uri of the dataset it is about, where it is about one
 * @returns undefined where the site has no page for it
 */
export function placeOf(uri: string, record: Fields | undefined, dataset?: string): string | undefined {
  const path = dataset && datasetPath(dataset)
  const below = (place: string) => (path === undefined ? undefined : `${path}${place}`)
  const own = keyOf(uri)
  switch (uri.split('/')[3]) {
    case nsid('dataset.entry'):
      return datasetPath(uri)
    case nsid('dataset.version'):
      return below(`/v/${encodeURIComponent(rkeyOf(uri))}`)
    case nsid('dataset.collection'):
      return collectionPath(uri)
    case nsid('dataset.collectionItem'):
      return typeof record?.collection === 'string' ? collectionPath(record.collection) : undefined
    case nsid('discussion.issue'):
      return below(`/issues/${own}`)
    case nsid('discussion.correction'):
      return below(`/corrections/${own}`)
    case nsid('discussion.comment'):
      return below(`${threadOf(record)}#c-${rkeyOf(uri)}`)
    case nsid('discussion.issueState'):
      return typeof record?.issue === 'string' ? below(`/issues/${keyOf(record.issue)}`) : path
    case nsid('graph.acknowledgement'):
      return below(claimOf(record))
    case nsid('graph.follow'):
      return path ?? `/p/${ownerOf(uri)}`
    default:
      return path
  }
}

const keyOf = (uri: string) => `${ownerOf(uri)}/${encodeURIComponent(rkeyOf(uri))}`

/** The page, below that of its dataset, on which what somebody confirms or disputes stands. */
function claimOf(word: Fields | undefined): string {
  const { uri } = (word?.claim ?? {}) as { uri?: unknown }
  if (typeof uri !== 'string') return ''
  const collection = uri.split('/')[3]
  if (collection === nsid('discussion.correction')) return `/corrections/${keyOf(uri)}`
  return collection === nsid('graph.citation') ? '/citations' : ''
}

/** The page, below that of its dataset, on which a comment stands. */
function threadOf(comment: Fields | undefined): string {
  const { uri: root } = (comment?.root ?? {}) as { uri?: unknown }
  if (typeof root !== 'string') return '/discussion'
  const own = keyOf(root)
  const collection = root.split('/')[3]
  if (collection === nsid('discussion.issue')) return `/issues/${own}`
  return collection === nsid('discussion.correction') ? `/corrections/${own}` : '/discussion'
}
