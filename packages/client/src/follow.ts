import type { LexMap, TypedLexMap } from '@atproto/lex'
import { definition, hashRkey, nsid } from '@frost/lexicon'
import { UsageError } from './errors.ts'
import { resolveIdentity } from './identity.ts'
import { findRecord, type LookupOptions } from './lookup.ts'
import { parseReference, type Reference } from './reference.ts'
import type { Repository, Written } from './repository.ts'
import { checked } from './validation.ts'

/** Whom or what a follow is about. */
export interface FollowSubject {
  /** DID, at-uri, or the query of a saved search. */
  readonly id: string
  readonly subject: LexMap
}

/** The account or dataset that REF stands for. */
export async function followSubject(ref: string, lookup: LookupOptions): Promise<FollowSubject> {
  const reference: Reference = parseReference(ref)
  if (reference.kind === 'account') {
    const { did } = await resolveIdentity(reference.authority, lookup.settings)
    return { id: did, subject: { $type: definition('actorSubject'), did } }
  }
  const { uri } = await findRecord(ref, lookup)
  return { id: uri, subject: { $type: definition('recordSubject'), uri } }
}

/**
 * A search as something to follow: its new results reach the timeline.
 * @param query parameters of `dataset.searchEntries`, such as `q=sea+ice&format=zarr`
 * @throws UsageError where it has none
 */
export function searchSubject(query: string, title?: string): FollowSubject {
  const params = new URLSearchParams(query.replace(/^\?/, ''))
  if (params.size === 0 || [...params.values()].every(value => value === ''))
    throw new UsageError(`the search '${query}' has no parameters: write them as q=sea+ice&format=zarr`)
  // The same search in another order is the same.
  params.sort()
  const id = params.toString()
  return { id, subject: { $type: definition('savedQuery'), query: id, ...(title && { title }) } }
}

/** Follows a subject. The key derives from it, so that following twice is one record. */
export async function follow(
  repository: Repository,
  { id, subject }: FollowSubject,
): Promise<Written & { existed: boolean }> {
  const rkey = hashRkey(id)
  const existing = await repository.get(nsid('graph.follow'), rkey)
  if (existing) return { uri: existing.uri, cid: existing.cid, existed: true }
  const record: TypedLexMap = { $type: nsid('graph.follow'), subject, createdAt: new Date().toISOString() }
  return { ...(await repository.put(checked(record).record, rkey, null)), existed: false }
}

/** Deletes every follow of a subject, whichever client wrote it. @returns The at-uris deleted. */
export async function unfollow(repository: Repository, { id }: FollowSubject): Promise<string[]> {
  const deleted: string[] = []
  for await (const { rkey, uri, value } of repository.list(nsid('graph.follow'))) {
    const { did, uri: followed, query } = (value.subject ?? {}) as Record<string, unknown>
    if (did !== id && followed !== id && query !== id) continue
    await repository.delete(nsid('graph.follow'), rkey)
    deleted.push(uri)
  }
  return deleted
}
