import type { LexMap, TypedLexMap } from '@atproto/lex'
import { definition, frost, hashRkey, nsid } from '@frost/lexicon'
import type { AppView } from './appview.ts'
import { FrostError, UsageError } from './errors.ts'
import type { FoundRecord, LookupOptions } from './lookup.ts'
import { referenceFrom } from './normalise.ts'
import { normalised } from './publish.ts'
import type { Repository, Written } from './repository.ts'
import { checked } from './validation.ts'

const CITATION = nsid('graph.citation')

export type CitationView = frost.graph.defs.CitationView

export interface CitationsAsked {
  /** `received`: who cites it, as is usual; `made`: what it cites. */
  readonly direction?: 'received' | 'made'
  readonly assertedBy?: readonly string[]
  readonly limit?: number
  readonly cursor?: string
}

/** Who is said to cite a dataset, or any work with a DOI or an address; newest first, a page at a time. */
export async function citationsOf(
  appview: Pick<AppView, 'call'>,
  subject: string,
  asked: CitationsAsked = {},
): Promise<{ readonly citations: readonly CitationView[]; readonly cursor?: string }> {
  const { assertedBy, ...rest } = asked
  return appview.call(frost.graph.listCitations.main, {
    subject,
    ...rest,
    ...(assertedBy && { assertedBy: [...assertedBy] }),
  })
}

/** Relations from what cites to what is cited, as people choose among them; any other of DataCite's can be written too. */
export const CITING_RELATIONS = [
  'cites',
  'references',
  'is-derived-from',
  'is-supplement-to',
  'describes',
  'documents',
  'reviews',
  'compiles',
] as const

const KNOWN_RELATION = /^[a-z]+(-[a-z]+)*$/

export interface CitationFields {
  /** What cites: a DOI, an address, handle/slug or at-uri. */
  readonly citing: string
  readonly relation?: string
  /** Where that can be seen. */
  readonly evidence?: string
  /** Which relation is meant, where it is `other`. */
  readonly note?: string
}

/**
 * Says that something cites a dataset, whoever owns either. The key derives from both and the relation, so that saying it again
 * changes the one record, or nothing.
 * @throws UsageError where a relation or reference is none, or both ends are one thing
 */
export async function claimCitation(
  repository: Repository,
  cited: Pick<FoundRecord, 'uri' | 'cid'>,
  { citing, relation = 'cites', evidence, note }: CitationFields,
  lookup: LookupOptions,
): Promise<Written & { readonly existed: boolean }> {
  if (!KNOWN_RELATION.test(relation))
    throw new UsageError(
      `the relation is '${relation.slice(0, 60)}': give one of ${CITING_RELATIONS.join(', ')}`,
    )
  if (relation === 'other' && note === undefined)
    throw new UsageError("the relation is 'other': say in a note which one is meant")
  const from = await referenceFrom(citing, lookup)
  if (from.uri === cited.uri) throw new UsageError('that is the dataset itself: name what cites it')
  const rkey = hashRkey(nameOf(from), cited.uri, relation)
  const existing = await repository.get(CITATION, rkey)
  if (existing && evidence === undefined && note === undefined)
    return { uri: existing.uri, cid: existing.cid, existed: true }
  const record: TypedLexMap = {
    $type: CITATION,
    citing: from,
    cited: { $type: definition('recordRef'), uri: cited.uri, cid: cited.cid },
    relation,
    ...(note !== undefined && { relationNote: note }),
    ...(evidence !== undefined && { evidence: [{ ref: await referenceFrom(evidence, lookup) }] }),
    createdAt: String(existing?.value.createdAt ?? new Date().toISOString()),
  }
  const { record: valid } = checked(await normalised(record, lookup.settings))
  return { ...(await repository.put(valid, rkey, existing?.cid ?? null)), existed: existing !== undefined }
}

/** Takes back a citation that one has claimed. @throws FrostError `NotYours`, UsageError for what is no citation */
export async function retractCitation(repository: Repository, uri: string): Promise<void> {
  const [, , owner, collection, rkey = ''] = uri.split('/')
  if (collection !== CITATION)
    throw new UsageError(
      `'${uri}' is a ${collection || 'text'}, not a citation: give the at-uri of a citation`,
    )
  if (owner !== repository.did)
    throw new FrostError(
      'NotYours',
      `${uri} is not yours: only who said it takes it back; you may dispute it`,
    )
  await repository.delete(CITATION, rkey)
}

const nameOf = (reference: LexMap): string =>
  typeof reference.uri === 'string' ? reference.uri : `${reference.scheme}:${reference.value}`
