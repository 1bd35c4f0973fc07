import type { LexMap, TypedLexMap } from '@atproto/lex'
import { hashRkey, newTid, nsid } from '@frost/lexicon'
import { FrostError, UsageError } from './errors.ts'
import { resolveIdentity } from './identity.ts'
import { type FoundRecord, findRecord, type LookupOptions } from './lookup.ts'
import { referenceFrom } from './normalise.ts'
import { normalised, subjectOf } from './publish.ts'
import type { Repository, StoredRecord, Written } from './repository.ts'
import type { Settings } from './settings.ts'
import { splitTag } from './source-reference.ts'
import { checked } from './validation.ts'
import { versionOf } from './versions.ts'

/** What a discussion is about: a dataset, one of its versions, or what somebody wrote. */
export type Subject = Pick<FoundRecord, 'uri' | 'cid' | 'collection' | 'value'>

const COMMENT = nsid('discussion.comment')
const ISSUE = nsid('discussion.issue')
const CORRECTION = nsid('discussion.correction')

/** What REF or REF@TAG stands for. */
export async function discussed(text: string, lookup: LookupOptions): Promise<Subject> {
  const { ref, tag } = splitTag(text)
  const found = await findRecord(ref, lookup)
  if (tag === undefined) return found
  return { ...(await versionOf(found, tag)), collection: nsid('dataset.version') }
}

/**
 * Comments on something. What answers a comment, an issue or a correction stands in its thread.
 * @param rkey A key of its own, where it may be sent twice.
 */
export async function comment(
  repository: Repository,
  on: Subject,
  text: string,
  settings: Settings,
  rkey = newTid(),
): Promise<Written> {
  const record: TypedLexMap = {
    $type: COMMENT,
    ...threadOf(on),
    text,
    ...(await mentionsIn(text, settings)),
    createdAt: new Date().toISOString(),
  }
  return write(repository, record, rkey, settings)
}

/** The dataset or other record that the comment is about, and its place in the thread. */
function threadOf({ uri, cid, collection, value }: Subject): LexMap {
  const here = { uri, cid }
  if (collection === ISSUE) return { subject: String(value.subject), root: here, parent: here }
  if (collection === CORRECTION) return { subject: subjectOf(value.target) ?? uri, root: here, parent: here }
  if (collection !== COMMENT) return { subject: uri }
  return { subject: String(value.subject), root: (value.root ?? here) as LexMap, parent: here }
}

/** The accounts that a text names by @handle, as a record tells them. */
export async function mentionsIn(text: string, settings: Settings): Promise<LexMap> {
  const facets = await facetsIn(text, async handle => (await resolveIdentity(handle, settings)).did)
  return facets.length > 0 ? { facets } : {}
}

/** An account and the bytes of a text, in UTF-8, that name it. */
export interface Mention extends LexMap {
  byteStart: number
  byteEnd: number
  did: string
}

/**
 * The accounts that a text names by @handle; a name that leads to nobody is text like any other.
 * @param didOf throws where a handle is nobody's
 */
export async function facetsIn(text: string, didOf: (handle: string) => Promise<string>): Promise<Mention[]> {
  const MOST_MENTIONS = 16
  const named = [...text.matchAll(/(?<![\w@.])@((?:[a-z0-9-]{1,63}\.)+[a-z]{2,63})(?![\w-])/gi)]
  const facets = await Promise.all(
    named.slice(0, MOST_MENTIONS).map(async ({ index, 0: mention, 1: handle }) => {
      const did = await didOf(handle!).catch(() => undefined)
      const byteStart = Buffer.byteLength(text.slice(0, index))
      return did && { byteStart, byteEnd: byteStart + Buffer.byteLength(mention), did }
    }),
  )
  return facets.filter(facet => typeof facet === 'object')
}

export interface IssueFields {
  readonly title: string
  readonly text?: string
  readonly labels?: readonly string[]
}

/** Reports a problem or asks a question about a dataset or version. */
export async function openIssue(
  repository: Repository,
  on: Subject,
  { title, text, labels }: IssueFields,
  settings: Settings,
  rkey = newTid(),
): Promise<Written> {
  const record: TypedLexMap = {
    $type: ISSUE,
    subject: on.uri,
    title,
    ...(text !== undefined && { text }),
    ...(labels && labels.length > 0 && { labels: labels.map(term => ({ term })) }),
    createdAt: new Date().toISOString(),
  }
  return write(repository, record, rkey, settings)
}

/** Puts labels on an issue of one's own, or takes them off. @throws FrostError `NotYours` */
export async function labelIssue(
  repository: Repository,
  issue: Subject & Pick<FoundRecord, 'rkey'>,
  { add = [], remove = [] }: { readonly add?: readonly string[]; readonly remove?: readonly string[] },
  settings: Settings,
): Promise<Written> {
  if (!issue.uri.startsWith(`at://${repository.did}/`))
    throw new FrostError('NotYours', `${issue.uri} is not your issue: only who reported it labels it`)
  const held = (Array.isArray(issue.value.labels) ? issue.value.labels : []) as { term?: unknown }[]
  const kept = held.filter(({ term }) => !remove.includes(String(term)))
  const fresh = add.filter(term => !kept.some(label => label.term === term)).map(term => ({ term }))
  const { labels: _, ...rest } = issue.value
  const labels = [...kept, ...fresh] as LexMap[]
  const record = { ...rest, ...(labels.length > 0 && { labels }) } as TypedLexMap
  return write(repository, record, issue.rkey, settings, issue.cid)
}

export const ISSUE_STATES = ['open', 'closed', 'fixed', 'wont-fix', 'duplicate'] as const

export interface IssueStateFields {
  readonly state: string
  readonly reason?: string
  /** The version that settles it. */
  readonly fixedIn?: Pick<StoredRecord, 'uri' | 'cid'>
}

/** Closes an issue or opens it again. The word of its reporter and of the dataset's owner counts; others may say it too. */
export async function setIssueState(
  repository: Repository,
  issue: Subject,
  { state, reason, fixedIn }: IssueStateFields,
  settings: Settings,
): Promise<Written> {
  if (issue.collection !== ISSUE)
    throw new UsageError(`${issue.uri} is a ${issue.collection}, not an issue: give the at-uri of an issue`)
  const record: TypedLexMap = {
    $type: nsid('discussion.issueState'),
    issue: issue.uri,
    state,
    ...(reason !== undefined && { reason }),
    ...(fixedIn && { fixedIn: { uri: fixedIn.uri, cid: fixedIn.cid } }),
    createdAt: new Date().toISOString(),
  }
  return write(repository, record, newTid(), settings)
}

export const ENDORSEMENTS = ['useful', 'reproduced', 'quality-checked', 'used-in-teaching'] as const

/** Says something good of a dataset or version; saying it again changes the one record, or nothing. */
export async function endorse(
  repository: Repository,
  on: Subject,
  { kind, evidence }: { readonly kind: string; readonly evidence?: string },
  lookup: LookupOptions,
): Promise<Written & { readonly existed: boolean }> {
  const rkey = hashRkey(on.uri, kind)
  const existing = await repository.get(nsid('discussion.endorsement'), rkey)
  const isSame = existing && (existing.value.subject as { cid?: string }).cid === on.cid
  if (isSame && evidence === undefined) return { uri: existing.uri, cid: existing.cid, existed: true }
  const record: TypedLexMap = {
    $type: nsid('discussion.endorsement'),
    subject: { uri: on.uri, cid: on.cid },
    kind,
    ...(evidence === undefined
      ? existing?.value.evidence !== undefined && { evidence: existing.value.evidence }
      : { evidence: [{ ref: await referenceFrom(evidence, lookup) }] }),
    createdAt: existing?.value.createdAt ?? new Date().toISOString(),
  }
  const written = await write(repository, record, rkey, lookup.settings, existing?.cid ?? null)
  return { ...written, existed: existing !== undefined }
}

/** Takes endorsements of a dataset or version back. @returns the at-uris deleted */
export async function unendorse(repository: Repository, on: Subject, kind?: string): Promise<string[]> {
  const deleted: string[] = []
  for await (const { rkey, uri, value } of repository.list(nsid('discussion.endorsement'))) {
    if (subjectOf(value.subject) !== on.uri || (kind !== undefined && value.kind !== kind)) continue
    await repository.delete(nsid('discussion.endorsement'), rkey)
    deleted.push(uri)
  }
  return deleted
}

async function write(
  repository: Repository,
  record: TypedLexMap,
  rkey: string,
  settings: Settings,
  expected: string | null = null,
): Promise<Written> {
  return repository.put(checked(await normalised(record, settings)).record, rkey, expected)
}
