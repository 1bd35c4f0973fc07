import type { LexMap, TypedLexMap } from '@atproto/lex'
import { hashRkey, nsid } from '@frost/lexicon'
import { FrostError, UsageError } from './errors.ts'
import type { FoundRecord } from './lookup.ts'
import { subjectOf } from './publish.ts'
import type { Repository, Write, Written } from './repository.ts'
import { checked } from './validation.ts'

const ACKNOWLEDGEMENT = nsid('graph.acknowledgement')

export type Status = 'accepted' | 'disputed' | 'withdrawn'

/** The word of whoever is named in a claim. */
export interface Word {
  /** accepted: it is so; disputed: it is not; withdrawn: nothing is said any more. */
  readonly status: Status
  /** Which part of the claim: the DID that it names in a role, or the dataset that it relates to; absent for all of it. */
  readonly part?: string
  readonly note?: string
}

/** The write of a word about a claim: one record for each claim and part, so that who changes their mind changes that. */
export async function wordOn(
  repository: Repository,
  { uri, cid }: Pick<FoundRecord, 'uri' | 'cid'>,
  { status, part, note }: Word,
): Promise<Extract<Write, { record: TypedLexMap }>> {
  const rkey = part === undefined ? hashRkey(uri) : hashRkey(uri, part)
  const existing = await repository.get(ACKNOWLEDGEMENT, rkey)
  const record: TypedLexMap = {
    $type: ACKNOWLEDGEMENT,
    claim: { uri, cid },
    ...(part !== undefined && { part }),
    status,
    ...(note !== undefined && { note }),
    createdAt: new Date().toISOString(),
  }
  return {
    action: existing ? 'update' : 'create',
    collection: ACKNOWLEDGEMENT,
    rkey,
    record: checked(record).record,
  }
}

/** Claims that people confirm or dispute who are named in them. */
const CLAIMS: readonly string[] = ['dataset.entry', 'dataset.version', 'graph.citation'].map(name =>
  nsid(name),
)

/**
 * Confirms or disputes what somebody else's record says of oneself or one's datasets, or takes that word back.
 * @throws UsageError where the record is no such claim or names neither; FrostError `OwnClaim` for one's own record
 */
export async function acknowledge(
  repository: Repository,
  claim: Pick<FoundRecord, 'uri' | 'cid' | 'collection' | 'value'>,
  word: Word,
): Promise<Written & { readonly part?: string }> {
  if (!CLAIMS.includes(claim.collection))
    throw new UsageError(`${claim.uri} is a ${claim.collection}: give a dataset, a version or a citation`)
  if (claim.uri.startsWith(`at://${repository.did}/`))
    throw new FrostError('OwnClaim', `${claim.uri} is your own word: change the record instead`)
  const part = word.part ?? partOf(claim, repository.did)
  const { rkey, record } = await wordOn(repository, claim, { ...word, ...(part !== undefined && { part }) })
  const written = await repository.put(record, rkey)
  return { ...written, ...(part !== undefined && { part }) }
}

/** The part of a claim that names an account: its role, else its dataset; all of a citation. @throws UsageError for none */
function partOf({ uri, collection, value }: Pick<FoundRecord, 'uri' | 'collection' | 'value'>, did: string) {
  if (collection === nsid('graph.citation')) return undefined
  if (rolesOf(value, did).length > 0) return did
  const related = [...listOf(value.derivedFrom), ...listOf(value.relatedItems)].map(({ ref }) =>
    subjectOf(ref),
  )
  const own = related.find(one => one?.startsWith(`at://${did}/`))
  if (own !== undefined) return own
  throw new UsageError(
    `${uri} names neither you nor a dataset of yours: whoever is named confirms it (for a version of a dataset that names you, give the dataset)`,
  )
}

/** As what a record names an account: `publisher`, `creators` … */
export function rolesOf(value: LexMap | Readonly<Record<string, unknown>>, did: string): string[] {
  const { publisher, creators, contributors, contacts } = value
  const named = Object.entries({ publisher: [publisher], creators, contributors, contacts })
  return named.flatMap(([role, agents]) => (listOf(agents).some(agent => agent.did === did) ? [role] : []))
}

const listOf = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.filter(item => typeof item === 'object' && item !== null) : []
