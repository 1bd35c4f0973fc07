import type { TypedLexMap } from '@atproto/lex'
import { nsid } from '@frost/lexicon'
import { UsageError } from './errors.ts'
import { resolveHandle } from './identity.ts'
import { putEntry } from './large-models.ts'
import type { FoundRecord } from './lookup.ts'
import { withDids } from './normalise.ts'
import type { Repository, Written } from './repository.ts'
import type { Settings } from './settings.ts'
import { slugOf } from './slug.ts'
import { checked } from './validation.ts'

/** What was written, and what a reader would like to be better. */
export interface Published extends Written {
  readonly rkey: string
  readonly warnings: readonly string[]
}

/** A key under which a new entry can be published: the slug of its title, numbered where it is taken. */
export async function freeSlug(repository: Repository, title: string): Promise<string> {
  const slug = slugOf(title)
  for (let number = 1; number <= 50; number++) {
    const candidate = number === 1 ? slug : `${slug}-${number}`
    if (!(await repository.get(nsid('dataset.entry'), candidate))) return candidate
  }
  throw new UsageError(`'${slug}' and its numbers are taken in your repository: choose a name with --slug`)
}

/**
 * Publishes a new entry. @throws UsageError where the record breaks its lexicon, FrostError `RecordChanged` where the
 * slug is taken: nothing is written then.
 */
export async function publishEntry(
  repository: Repository,
  entry: TypedLexMap,
  slug: string,
  settings: Settings,
): Promise<Published> {
  const whole = checked(await normalised(entry, settings)).record
  return { ...(await putEntry(repository, whole, slug, null)), rkey: slug }
}

/** Replaces an entry, where it is still in the state that was read. @throws FrostError `RecordChanged` where not. */
export async function replaceEntry(
  repository: Repository,
  current: Pick<FoundRecord, 'rkey' | 'cid'>,
  entry: TypedLexMap,
  settings: Settings,
): Promise<Published> {
  const whole = checked(await normalised(entry, settings)).record
  return { ...(await putEntry(repository, whole, current.rkey, current.cid)), rkey: current.rkey }
}

/** Records that belong to an entry alone and go with it. */
const COMPANIONS = ['dataset.version', 'dataset.head', 'dataset.model'] as const

/** What was deleted. */
export interface Unpublished {
  /** At-uris, the entry's last. */
  readonly deleted: readonly string[]
  /** Revision of the repository without them. */
  readonly rev?: string
}

/**
 * Deletes an entry and the versions, heads and models that describe it, companions first, so that an interruption leaves
 * nothing that describes a dataset which is gone.
 * @param onlyEntry Leaves the companions: others may have pinned them.
 */
export async function unpublishEntry(
  repository: Repository,
  entry: Pick<FoundRecord, 'uri' | 'rkey' | 'cid'>,
  { onlyEntry = false } = {},
): Promise<Unpublished> {
  const deleted: string[] = []
  if (!onlyEntry) {
    for (const collection of COMPANIONS.map(name => nsid(name))) {
      for await (const { rkey, uri, value } of repository.list(collection)) {
        if (subjectOf(value.dataset) !== entry.uri) continue
        await repository.delete(collection, rkey)
        deleted.push(uri)
      }
    }
  }
  const { rev } = await repository.delete(nsid('dataset.entry'), entry.rkey, entry.cid)
  return { deleted: [...deleted, entry.uri], ...(rev && { rev }) }
}

/** The at-uri in a field that holds one, as text or as a reference. */
export function subjectOf(field: unknown): string | undefined {
  if (typeof field === 'string') return field
  const uri = (field as { uri?: unknown } | null | undefined)?.uri
  return typeof uri === 'string' ? uri : undefined
}

/** A record ready to be written: handles in at-uris replaced by DIDs. */
export function normalised<T>(record: T, settings: Settings): Promise<T> {
  const known = new Map<string, Promise<string>>()
  return withDids(record, handle => {
    const did = known.get(handle) ?? resolveHandle(handle, settings)
    known.set(handle, did)
    return did
  })
}
