import type { LexMap, TypedLexMap } from '@atproto/lex'
import { mentionsIn } from './discussion.ts'
import { FrostError } from './errors.ts'
import { recordReference } from './reference.ts'
import type { Repository, StoredRecord, Written } from './repository.ts'
import type { Settings } from './settings.ts'
import { checked } from './validation.ts'

/** Other words for what one has said. */
export interface OtherWords {
  readonly text?: string
  readonly title?: string
  readonly labels?: readonly string[]
}

/** Changes a comment or an issue of one's own. @throws FrostError `NotYours`, `NotFound`, `RecordChanged` */
export async function rewrite(
  repository: Repository,
  uri: string,
  { text, title, labels }: OtherWords,
  settings: Settings,
): Promise<Written> {
  const { value, rkey, cid } = await ownRecord(repository, uri)
  const { facets, labels: held, ...kept } = value
  // Facets name bytes of a text.
  const named = text === undefined ? facets && { facets } : await mentionsIn(text, settings)
  const terms = labels === undefined ? held : labels.map((term): LexMap => ({ term }))
  const record = {
    ...kept,
    ...(text !== undefined && { text }),
    ...(title !== undefined && { title }),
    ...(Array.isArray(terms) && terms.length > 0 && { labels: terms }),
    ...named,
  } as TypedLexMap
  return repository.put(checked(record).record, rkey, cid)
}

/** Takes back what one has said. @throws FrostError `NotYours` */
export async function takeBack(repository: Repository, uri: string): Promise<void> {
  const { collection, rkey } = ownKey(repository, uri)
  await repository.delete(collection, rkey)
}

/** A record of one's own. @throws FrostError `NotYours`, `NotFound` */
export async function ownRecord(repository: Repository, uri: string): Promise<StoredRecord> {
  const { collection, rkey } = ownKey(repository, uri)
  const record = await repository.get(collection, rkey)
  if (record) return record
  throw new FrostError('NotFound', `${uri} is not in your repository: it was taken back`)
}

function ownKey({ did }: Repository, uri: string): { collection: string; rkey: string } {
  const { authority, collection, rkey } = recordReference(uri)
  if (authority === did) return { collection, rkey }
  throw new FrostError('NotYours', `${uri} is somebody else's: only who wrote it can change it`)
}
