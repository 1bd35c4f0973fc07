import type { LexMap, TypedLexMap } from '@atproto/lex'
import { hashRkey, nsid } from '@frost/lexicon'
import { UsageError } from './errors.ts'
import { subjectOf } from './publish.ts'
import { recordReference } from './reference.ts'
import type { Repository, Written } from './repository.ts'
import { ownRecord } from './rewrite.ts'
import { slugOf } from './slug.ts'
import { checked } from './validation.ts'

export interface CollectionFields {
  readonly title: string
  /** Markdown. */
  readonly description?: string
  /** topic, course, project, recommended, reading-list. */
  readonly kind?: string
}

const COLLECTION = nsid('dataset.collection')
const ITEM = nsid('dataset.collectionItem')

/** Begins a list; its key is a slug of the title. */
export async function createCollection(
  repository: Repository,
  fields: CollectionFields,
): Promise<Written & { readonly rkey: string }> {
  const slug = slugOf(fields.title)
  for (let number = 1; number <= 50; number++) {
    const rkey = number === 1 ? slug : `${slug}-${number}`
    if (await repository.get(COLLECTION, rkey)) continue
    const record = withFields({ $type: COLLECTION, createdAt: new Date().toISOString() }, fields)
    return { ...(await repository.put(checked(record).record, rkey, null)), rkey }
  }
  throw new UsageError(`'${slug}' and its numbers are taken in your repository: choose another title`)
}

/** Changes what a list says of itself. */
export async function editCollection(
  repository: Repository,
  uri: string,
  fields: CollectionFields,
): Promise<Written> {
  const { value, rkey, cid } = await ownRecord(repository, uri)
  return repository.put(checked(withFields(value, fields)).record, rkey, cid)
}

/** Deletes a list, what is in it first. */
export async function deleteCollection(repository: Repository, uri: string): Promise<void> {
  const { rkey, cid } = await ownRecord(repository, uri)
  for await (const { rkey: item, value } of repository.list(ITEM))
    if (value.collection === uri) await repository.delete(ITEM, item)
  await repository.delete(COLLECTION, rkey, cid)
}

/** Puts a dataset into a list of one's own; adding twice is adding once, and changes the note. */
export async function addToCollection(
  repository: Repository,
  collection: string,
  subject: LexMap,
  note?: string,
): Promise<Written> {
  if (recordReference(collection).authority !== repository.did)
    throw new UsageError(`${collection} is somebody else's: only its curator adds to it`)
  const rkey = hashRkey(collection, idOf(subject))
  const existing = await repository.get(ITEM, rkey)
  const record = {
    $type: ITEM,
    collection,
    subject,
    ...(note && { note }),
    createdAt: existing?.value.createdAt ?? new Date().toISOString(),
  } as TypedLexMap
  return repository.put(checked(record).record, rkey, existing?.cid ?? null)
}

/** Takes a dataset out of a list, whichever client put it there. */
export async function removeFromCollection(
  repository: Repository,
  collection: string,
  id: string,
): Promise<void> {
  for await (const { rkey, value } of repository.list(ITEM)) {
    if (value.collection !== collection || idOf(value.subject as LexMap) !== id) continue
    await repository.delete(ITEM, rkey)
  }
}

/** What a reference names: an at-uri, an address, or an identifier with its scheme. */
function idOf(subject: LexMap): string {
  return subjectOf(subject) ?? `${subject.scheme}:${subject.value}`
}

function withFields(collection: TypedLexMap, { title, description, kind }: CollectionFields): TypedLexMap {
  const { description: _description, kind: _kind, ...kept } = collection
  return {
    ...kept,
    $type: COLLECTION,
    title,
    ...(description && { description }),
    ...(kind && { kind }),
  } as TypedLexMap
}
