import { frost, nsid } from '@frost/lexicon'
import { type AppView, Refused } from '../appview.ts'
import type { Label } from '../labels/reading.ts'

export type Tombstone = frost.dataset.getTombstone.$OutputBody

/** A record that refers to what is gone. */
export interface Referrer {
  readonly uri: string
  readonly author: { readonly did: string; readonly handle?: string; readonly displayName?: string }
  readonly record: Readonly<Record<string, unknown>>
  readonly labels?: readonly Label[]
}

export interface TombstoneProps {
  readonly tombstone: Tombstone
  readonly referrers: readonly Referrer[]
  readonly hasMore: boolean
}

const MOST_REFERRERS = 25

/** What is known of the dataset, or of its version, that an address names; undefined where there is nothing to tell. */
export async function loadTombstone(appview: AppView, path: string): Promise<TombstoneProps | undefined> {
  const [, actor, rkey, version] = /^\/d\/([^/]+)\/([^/]+)(?:\/v\/([^/]+))?/.exec(path) ?? []
  if (!actor || !rkey) return undefined
  try {
    const [authority, key] = [actor, version ?? rkey].map(decodeURIComponent)
    const uri = `at://${authority}/${nsid(version ? 'dataset.version' : 'dataset.entry')}/${key}`
    const tombstone = (await appview.query(frost.dataset.getTombstone, { uri })) as Tombstone
    // What is taken down is not spoken of further.
    if (tombstone.state === 'taken-down') return { tombstone, referrers: [], hasMore: false }
    const { citations, cursor } = (await appview.query(frost.graph.listCitations, {
      subject: tombstone.uri,
      limit: MOST_REFERRERS,
    })) as unknown as {
      citations: (Omit<Referrer, 'record'> & Partial<Pick<Referrer, 'record'>>)[]
      cursor?: string
    }
    // What refers to it in several ways stands with its record once.
    const referrers = citations.filter((one): one is Referrer => one.record !== undefined)
    return { tombstone, referrers, hasMore: cursor !== undefined }
  } catch (error) {
    if (error instanceof Refused || error instanceof URIError) return undefined
    throw error
  }
}
