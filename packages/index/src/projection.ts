import { nsid } from '@frost/lexicon'
import { boundedKey, identifierKey, ownerOf, referenceKey } from './reference-key.ts'

/** The rows of a record in the tables that answer questions about other things. All are removed by the record's uri. */
export interface Rows {
  readonly links: readonly Link[]
  readonly edges: readonly Edge[]
  readonly identifiers: readonly Identifier[]
}

/** The record is of this kind for the subject: a version of a dataset, a follow of a person. */
export interface Link {
  readonly kind: string
  readonly subject: string
  readonly sortKey: string
}

/** A claim that one thing relates to another. */
export interface Edge {
  readonly from: string
  readonly to: string
  readonly relation: string
  readonly assertedBy: 'downstream-owner' | 'upstream-owner' | 'third-party'
  readonly role?: string
  readonly cid?: string
  readonly pin?: string
}

export interface Identifier {
  readonly scheme: string
  readonly value: string
}

export interface StoredRecord {
  readonly uri: string
  readonly did: string
  /** What lists are ordered by: createdAt, capped at first sight. */
  readonly sortAt: string
  /** When it became news: see {@link heardAt}. */
  readonly heardAt: string
  readonly value: Fields
}

/** createdAt (or the time that the record type has in its place), capped at first sight, so that nobody stays on top. */
export function sortTime({ createdAt, releasedAt, updatedAt }: Fields, firstSeen: string): string {
  const said = [createdAt, releasedAt, updatedAt].find(time => typeof time === 'string')
  const parsed = Date.parse(String(said))
  if (!Number.isFinite(parsed)) return firstSeen
  const EARLIEST = Date.UTC(1, 0, 1)
  return new Date(Math.max(EARLIEST, Math.min(parsed, Date.parse(firstSeen)))).toISOString()
}

const LATE_MILLISECONDS = 86_400_000

/**
 * When a record became news to those who listen here: when it arrived, so that nothing slips in below what was seen already; but
 * what tells of an older time than the day before, a repository that is read for the first time, is news of that time.
 */
export function heardAt(sortAt: string, arrivedAt: string): string {
  return Date.parse(arrivedAt) - Date.parse(sortAt) <= LATE_MILLISECONDS ? arrivedAt : sortAt
}

/** A valid record's fields; unions are open, so inner shapes are looked at before they are used. */
export type Fields = Readonly<Record<string, unknown>>

/**
 * How one record type is made queryable: a pure function from the record to its rows. Inserting writes them, deleting removes
 * what stands under the record's uri, so that insert ≡ insert, delete, insert.
 */
export interface Projection {
  readonly collection: string
  rows(record: StoredRecord): Rows
}

/** Makes the projection of a record type; what it leaves out is empty. */
export function projection(name: string, rows: (record: StoredRecord) => Partial<Rows>): Projection {
  return {
    collection: nsid(name),
    rows: record => ({ links: [], edges: [], identifiers: [], ...rows(record) }),
  }
}

/** One link to what a field holds: an at-uri, a strongRef or a reference. */
export function linkTo(kind: string, field: unknown, sortKey: string): Link[] {
  const subject = typeof field === 'string' ? boundedKey(field) : referenceKey(field)
  return subject ? [{ kind, subject, sortKey }] : []
}

/** The objects of an array field. */
export function items(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'object' && item !== null) : []
}

export const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

export type Reason =
  | 'comment'
  | 'issue'
  | 'correction'
  | 'citation'
  | 'derived'
  | 'follow'
  | 'endorsement'
  | 'mention'
  | 'issue-state'
  | 'correction-state'
  | 'acknowledgement'

/** The record concerns these accounts, each for the first reason named; nobody is told of what they did themselves. */
export function telling(
  { did, heardAt }: Pick<StoredRecord, 'did' | 'heardAt'>,
  told: readonly (readonly [Reason, string | undefined])[],
): Link[] {
  const reasons = new Map<string, Reason>()
  for (const [reason, account] of told)
    if (account?.startsWith('did:') && account !== did && !reasons.has(account)) reasons.set(account, reason)
  return [...reasons].map(([account, reason]) => ({
    kind: 'told',
    subject: boundedKey(account),
    sortKey: `${heardAt} ${reason}`,
  }))
}

/**
 * The record says what becomes of issues or corrections: told to who wrote them, and news to who takes part in them.
 * @param besides whom it concerns for other reasons
 */
export function settling(
  record: Pick<StoredRecord, 'did' | 'heardAt'>,
  reason: 'issue-state' | 'correction-state',
  threads: readonly unknown[],
  besides: readonly (readonly [Reason, string | undefined])[] = [],
): Link[] {
  const authors = threads.map(thread => [reason, ownerOf(text(thread) ?? '')] as const)
  return [...news('settled', threads, record.heardAt), ...telling(record, [...authors, ...besides])]
}

/** The record is news of these subjects for their followers, or for those who take part in them. */
export function news(
  kind: 'release' | 'activity' | 'settled',
  subjects: readonly unknown[],
  sortKey: string,
): Link[] {
  const keys = subjects.flatMap(subject => linkTo(kind, subject, sortKey))
  return keys.filter(({ subject }, place) => keys.findIndex(key => key.subject === subject) === place)
}

/** The edges that an owner writes into an entry or a version: derivations and related works. */
export function ownerEdges(from: string, value: Fields): Edge[] {
  const derivations = items(value.derivedFrom).flatMap(item =>
    edgeTo(from, item.ref, 'is-derived-from', 'downstream-owner', text(item.role)),
  )
  const related = items(value.relatedItems).flatMap(item =>
    edgeTo(from, item.ref, text(item.relation) ?? 'other', 'downstream-owner'),
  )
  return [...derivations, ...related]
}

export function edgeTo(
  from: string,
  ref: unknown,
  relation: string,
  assertedBy: Edge['assertedBy'],
  role?: string,
): Edge[] {
  const to = referenceKey(ref)
  if (!to || to === from) return []
  const { cid, pin } = ref as { cid?: unknown; pin?: unknown }
  return [
    {
      from,
      to,
      relation: boundedKey(relation),
      assertedBy,
      ...(role && { role: boundedKey(role) }),
      ...(typeof cid === 'string' && { cid: boundedKey(cid) }),
      ...(typeof pin === 'object' && pin !== null && { pin: JSON.stringify(pin) }),
    },
  ]
}

/** On whose behalf somebody asserts an edge. */
export function asserterRole(asserter: string, downstream: string, upstream: string): Edge['assertedBy'] {
  if (ownerOf(downstream) === asserter) return 'downstream-owner'
  return ownerOf(upstream) === asserter ? 'upstream-owner' : 'third-party'
}

/** Identifiers that name the thing itself, not an article about it. */
export function ownIdentifiers(value: Fields): Identifier[] {
  return items(value.identifiers).flatMap(({ scheme, value: id, covers }) => {
    if (typeof scheme !== 'string' || typeof id !== 'string' || covers === 'article') return []
    const key = boundedKey(identifierKey(scheme, id))
    return [{ scheme: key.slice(0, key.indexOf(':')), value: key }]
  })
}
