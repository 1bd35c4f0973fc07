import type { LexMap, TypedLexMap } from '@atproto/lex'
import { definition, nsid, versionRkey } from '@frost/lexicon'
import { FrostError } from './errors.ts'
import { findRecord, type LookupOptions } from './lookup.ts'
import { referenceFrom } from './normalise.ts'
import { normalised, subjectOf } from './publish.ts'
import { parseReference } from './reference.ts'
import type { Repository, StoredRecord, Written } from './repository.ts'
import type { Settings } from './settings.ts'
import { splitTag } from './source-reference.ts'
import { checked } from './validation.ts'
import { versionOf } from './versions.ts'

export interface NoticeFields {
  readonly kind: string
  readonly text?: string
  /** Normalised reference to what is to be used now. */
  readonly replacedBy?: LexMap
  /** ISO 8601-2 (EDTF) text. */
  readonly effectiveAt?: string
}

/** What a notice is about: a dataset or one of its versions, or what another system names. */
export interface NoticeSubject {
  /** At-uri; of what is no record here, its identifier or address. */
  readonly id: string
  readonly subject: LexMap
  /** DID of the owner, of a record. */
  readonly owner?: string
}

/** What REF or REF@TAG stands for, as a notice names it: a version in the state that it has, a dataset as whatever it becomes. */
export async function noticeSubject(text: string, lookup: LookupOptions): Promise<NoticeSubject> {
  const { ref, tag } = splitTag(text)
  const { kind } = parseReference(ref)
  if (tag === undefined && kind !== 'record' && kind !== 'slug') {
    const subject = await referenceFrom(ref, lookup)
    return { id: String(subject.uri ?? `${subject.scheme}:${subject.value}`), subject }
  }
  const found = await findRecord(ref, lookup)
  const isEntry = found.collection === nsid('dataset.entry')
  const record: Pick<StoredRecord, 'uri' | 'cid'> = tag === undefined ? found : await versionOf(found, tag)
  const subject = {
    $type: definition('recordRef'),
    uri: record.uri,
    ...(tag === undefined && isEntry ? {} : { cid: record.cid }),
  }
  return { id: record.uri, subject, owner: found.owner.did }
}

/**
 * Says what users of something must know. Saying it again changes the one notice of that kind, or nothing; one that was resolved is
 * history, and another is written.
 */
export async function writeNotice(
  repository: Repository,
  { id, subject }: NoticeSubject,
  fields: NoticeFields,
  settings: Settings,
): Promise<Written & { readonly existed: boolean; readonly changed: boolean }> {
  const { kind, text, replacedBy, effectiveAt } = fields
  const existing = (await openNotices(repository, id)).find(({ value }) => value.kind === kind)
  const record: TypedLexMap = {
    ...(existing?.value ?? { $type: nsid('dataset.notice'), createdAt: new Date().toISOString() }),
    $type: nsid('dataset.notice'),
    subject,
    kind,
    ...(text !== undefined && { text }),
    ...(replacedBy && { replacedBy }),
    ...(effectiveAt !== undefined && { effectiveAt }),
  }
  const valid = checked(await normalised(record, settings)).record
  if (existing && isSame(existing.value, valid, subject))
    return { uri: existing.uri, cid: existing.cid, existed: true, changed: false }
  const rkey = existing?.rkey ?? versionRkey({ dataset: id, pin: kind, releasedAt: String(valid.createdAt) })
  const written = await repository.put(valid, rkey, existing?.cid ?? null)
  return { ...written, existed: existing !== undefined, changed: true }
}

/** Says that it is over. @returns the notices that were resolved. @throws FrostError `NotFound` where none was open */
export async function resolveNotice(
  repository: Repository,
  { id }: NoticeSubject,
  kind?: string,
): Promise<Written[]> {
  const open = (await openNotices(repository, id)).filter(
    ({ value }) => kind === undefined || value.kind === kind,
  )
  if (open.length === 0)
    throw new FrostError(
      'NotFound',
      `you have no open notice${kind ? ` of kind '${kind}'` : ''} about ${id}: there is nothing to resolve`,
    )
  const resolved: Written[] = []
  for (const { rkey, cid, value } of open) {
    const record = { ...value, resolvedAt: new Date().toISOString() }
    resolved.push(await repository.put(checked(record).record, rkey, cid))
  }
  return resolved
}

async function openNotices(repository: Repository, id: string): Promise<StoredRecord[]> {
  const found: StoredRecord[] = []
  for await (const notice of repository.list(nsid('dataset.notice'))) {
    const { scheme, value } = (notice.value.subject ?? {}) as { scheme?: unknown; value?: unknown }
    const about = subjectOf(notice.value.subject) ?? `${scheme}:${value}`
    if (about === id && notice.value.resolvedAt === undefined) found.push(notice)
  }
  return found
}

/** The state of a version that is named may be a later one: that alone is no other notice. */
function isSame(before: TypedLexMap, after: TypedLexMap, subject: LexMap): boolean {
  const text = (value: TypedLexMap) => JSON.stringify(sorted({ ...value, subject }))
  return text(before) === text(after)
}

function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(sorted)
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  )
}
