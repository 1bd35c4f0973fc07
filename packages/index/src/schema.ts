import { type Kysely, sql } from 'kysely'
import type { PrivateTables } from './private-tables.ts'

/**
 * The tables of the truth, the same on every engine. Times are ISO 8601 text in UTC, so that they sort as text; flags are 0
 * and 1; `bigint` columns come back as numbers (seqs stay far below 2^53).
 */
export interface Tables extends PrivateTables {
  /** One row a repository that is tracked: the state of sync and the account's standing. */
  repo: RepoRow
  /** What proves the records of a repository: its signed head and the edge of its tree. */
  repo_head: RepoHeadRow
  /** Which hosts of accounts answer. */
  host: HostRow
  /** Per upstream: the highest contiguous finished seq. */
  upstream: { url: string; cursor: number }
  /** Every record held, word for word. */
  record: RecordRow
  /** What a visible record says about another one: versions, follows, comments, items … */
  link: LinkRow
  /** Who says that something was made from, or relates to, something. */
  edge: EdgeRow
  /** Identifiers, buckets and pages of visible entries and versions, normalised. */
  identifier: { uri: string; scheme: string; value: string }
  /** What entries, versions, models and heads said before. */
  former_state: FormerStateRow
  /** Valid records of active accounts per collection, and the digest over them. */
  tally: { collection: string; count: number; digest: string }
  /** Everything that happened, in order. */
  update_log: UpdateRow
  /** Where people want updates sent; of this AppView alone, not of the network. */
  webhook: WebhookRow
  /** Updates that a webhook did not take: to be tried again, or given up. */
  webhook_delivery: DeliveryRow
  /** Who is sent which feed; of this AppView alone too. */
  websub: WebSubRow
  /** Small facts of the database itself. */
  meta: { key: string; value: string }
}

export interface RepoRow {
  did: string
  host: string
  handle: string | null
  active: number
  status: string | null
  rev: string | null
  commit_cid: string | null
  data_cid: string | null
  sync: string
  /** Since when the account is said to be deleted: due to be purged after the grace. */
  deleted_at: string | null
  /** The rest of the repository state as sync keeps it (JSON). */
  state: string
}

export interface RepoHeadRow {
  did: string
  /** The signed commit block. */
  commit_block: Uint8Array
  /** Nodes by which its tree enters and leaves the range of FROST's records: each after its length (32 bits, big-endian). */
  nodes: Uint8Array
}

export interface HostRow {
  host: string
  heard_at: string | null
  silent_since: string | null
  is_gone: number
}

export interface RecordRow {
  uri: string
  did: string
  collection: string
  rkey: string
  cid: string
  /** The record as JSON text, as the owner wrote it. */
  json: string
  /** When it was first taken in, and when it last changed here. */
  first_seen: string
  indexed_at: string
  /** createdAt, capped at first sight: what lists are ordered by. */
  sort_at: string
  /** 1 if the record holds against its lexicon. */
  valid: number
  /** Why not, as JSON text. */
  issues: string | null
  /** 1 if valid and the account is active: only then anything says that it exists. */
  visible: number
  edited: number
  /** Of the update that told of it last; null for what was taken in by a version that did not keep it. */
  seq: number | null
}

export interface LinkRow {
  uri: string
  did: string
  kind: string
  /** DID, at-uri or other key of what it is about. */
  subject: string
  /** Order within the subject: a time, or a curator's number. */
  sort_key: string
}

export interface EdgeRow {
  /** The record that asserts it. */
  uri: string
  asserter: string
  /** downstream-owner | upstream-owner | third-party */
  asserted_by: string
  from_key: string
  to_key: string
  relation: string
  role: string | null
  cid: string | null
  pin: string | null
}

export interface FormerStateRow {
  uri: string
  /** Counts the states of the record as they came. */
  place: number
  cid: string
  did: string
  json: string
  /** When it was taken in, and when another took its place. */
  since: string
  until: string
  /** Of a state that somebody pinned: the signed commit and the nodes on the way to it, each after its length. */
  proof: Uint8Array | null
}

export interface UpdateRow {
  seq: number
  time: string
  /** record | account | identity */
  kind: string
  /** create | update | delete for records; active | hidden | purged for accounts; changed for identities */
  action: string
  /** Empty where there is a uri, which says it. */
  did: string
  uri: string | null
  /** Null: the uri says it, if there is one. */
  collection: string | null
  cid: string | null
  /** Keys whose answers changed by it, as a JSON array; the uri itself is the empty text. */
  touches: string
}

export interface WebhookRow {
  id: string
  /** Whose it is. */
  did: string
  url: string
  /** Filters as JSON text. */
  filter: string
  secret: string
  /** The secret before, which signs too until a time. */
  old_secret: string | null
  old_secret_until: string | null
  created_at: string
  /** active | failing | disabled */
  state: string
  /** Everything up to this seq was delivered, or is a row of `webhook_delivery`. */
  seq: number
  last_error: string | null
}

export interface DeliveryRow {
  webhook: string
  seq: number
  /** Updates of one lane (a dataset) are delivered one after another. */
  lane: string
  /** waiting | dead */
  state: string
  attempts: number
  first_attempt_at: string
  next_attempt_at: string
  error: string
}

export interface WebSubRow {
  /** The feed's own address, and where it is sent. */
  topic: string
  callback: string
  /** Key of the signatures, where the subscriber has given one. */
  secret: string | null
  /** When the subscription ends by itself. */
  until: string
  /** Which state of the feed was sent last, or was there when the subscription began. */
  etag: string
  /** Of a state that was not taken: how often it was tried, and when the first time was and the next will be. */
  attempts: number
  first_attempt_at: string | null
  next_attempt_at: string | null
}

export type Database = Kysely<Tables>

/** Conditions of partial indexes: a query uses one only if it says the same in its text, not in a variable. */
export const DELETED = sql.lit('delete')
export const INVALID = sql.lit(0)
export const INACTIVE = sql.lit(0)
