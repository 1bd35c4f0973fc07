import { nsid } from '@frost/lexicon'
import { type Kysely, sql } from 'kysely'
import {
  consumerTables,
  mailTables,
  moderationTables,
  type PrivateTables,
  readerTables,
  takedownsOfSeveral,
} from './private-tables.ts'
import { projectLinks } from './project-links.ts'

/**
 * The tables of the truth, the same on every engine. Times are ISO 8601 text in UTC, so that they sort as text; flags are 0
 * and 1; `bigint` columns come back as numbers (seqs stay far below 2^53).
 */
export interface Tables extends PrivateTables {
  /** One row a repository that is tracked: the state of sync and the account's standing. */
  repo: RepoRow
  /** What proves the records of a repository: its signed head and the edge of its tree. */
  repo_head: RepoHeadRow
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

/** Makes the tables that are missing. Forward only: later versions add steps after these. */
export async function migrate(db: Database, kind: 'sqlite' | 'postgres'): Promise<void> {
  const text = TEXT[kind]
  await db.schema
    .createTable('meta')
    .ifNotExists()
    .addColumn('key', text, c => c.primaryKey().notNull())
    .addColumn('value', text, c => c.notNull())
    .execute()
  const done = await db.selectFrom('meta').select('value').where('key', '=', 'schema').executeTakeFirst()
  const from = Number(done?.value ?? 0)
  if (from > steps.length)
    throw new Error(
      `the database is of a later version (its schema is ${from}, this version knows ${steps.length}): use that version, or another folder or database`,
    )
  for (const [place, step] of steps.entries()) {
    if (place < from) continue
    await db.transaction().execute(async tx => {
      await step(tx, text)
      await tx
        .insertInto('meta')
        .values({ key: 'schema', value: String(place + 1) })
        .onConflict(c => c.column('key').doUpdateSet({ value: String(place + 1) }))
        .execute()
    })
  }
}

/** Text compares byte by byte on every engine, so that orders and keysets agree. */
const TEXT = { sqlite: sql`text`, postgres: sql`text collate "C"` }
export type Text = (typeof TEXT)[keyof typeof TEXT]

/** Conditions of partial indexes: a query uses one only if it says the same in its text, not in a variable. */
export const DELETED = sql.lit('delete')
export const INVALID = sql.lit(0)

const steps: readonly ((db: Database, text: Text) => Promise<void>)[] = [
  firstTables,
  updatesByRecord,
  formerStates,
  versionsSayMore,
  webhooks,
  leanerIndexes,
  discussionAndNews,
  readerTables,
  moreNews,
  mailTables,
  webSub,
  signedHeads,
  moderationTables,
  consumerTables,
  offersTogether,
  takedownsOfSeveral,
  namesByWord,
]

async function firstTables(db: Database, text: Text): Promise<void> {
  await db.schema
    .createTable('repo')
    .addColumn('did', text, c => c.primaryKey().notNull())
    .addColumn('host', text, c => c.notNull())
    .addColumn('handle', text)
    .addColumn('active', 'integer', c => c.notNull())
    .addColumn('status', text)
    .addColumn('rev', text)
    .addColumn('commit_cid', text)
    .addColumn('data_cid', text)
    .addColumn('sync', text, c => c.notNull())
    .addColumn('deleted_at', text)
    .addColumn('state', text, c => c.notNull())
    .execute()
  await db.schema.createIndex('repo_handle').on('repo').column('handle').execute()
  await db.schema.createIndex('repo_sync').on('repo').column('sync').execute()
  await db.schema
    .createTable('upstream')
    .addColumn('url', text, c => c.primaryKey().notNull())
    .addColumn('cursor', 'bigint', c => c.notNull())
    .execute()
  await db.schema
    .createTable('record')
    .addColumn('uri', text, c => c.primaryKey().notNull())
    .addColumn('did', text, c => c.notNull())
    .addColumn('collection', text, c => c.notNull())
    .addColumn('rkey', text, c => c.notNull())
    .addColumn('cid', text, c => c.notNull())
    .addColumn('json', text, c => c.notNull())
    .addColumn('first_seen', text, c => c.notNull())
    .addColumn('indexed_at', text, c => c.notNull())
    .addColumn('sort_at', text, c => c.notNull())
    .addColumn('valid', 'integer', c => c.notNull())
    .addColumn('issues', text)
    .addColumn('visible', 'integer', c => c.notNull())
    .addColumn('edited', 'integer', c => c.notNull())
    .execute()
  await db.schema
    .createIndex('record_list')
    .on('record')
    .columns(['did', 'collection', 'visible', 'sort_at', 'uri'])
    .execute()
  await db.schema.createIndex('record_invalid').on('record').columns(['valid', 'collection']).execute()
  await db.schema
    .createTable('link')
    .addColumn('uri', text, c => c.notNull())
    .addColumn('did', text, c => c.notNull())
    .addColumn('kind', text, c => c.notNull())
    .addColumn('subject', text, c => c.notNull())
    .addColumn('sort_key', text, c => c.notNull())
    .execute()
  await db.schema
    .createIndex('link_subject')
    .on('link')
    .columns(['subject', 'kind', 'sort_key', 'uri'])
    .execute()
  await db.schema.createIndex('link_uri').on('link').column('uri').execute()
  await db.schema
    .createTable('edge')
    .addColumn('uri', text, c => c.notNull())
    .addColumn('asserter', text, c => c.notNull())
    .addColumn('asserted_by', text, c => c.notNull())
    .addColumn('from_key', text, c => c.notNull())
    .addColumn('to_key', text, c => c.notNull())
    .addColumn('relation', text, c => c.notNull())
    .addColumn('role', text)
    .addColumn('cid', text)
    .addColumn('pin', text)
    .execute()
  await db.schema.createIndex('edge_uri').on('edge').column('uri').execute()
  await db.schema.createIndex('edge_from').on('edge').columns(['from_key', 'relation']).execute()
  await db.schema.createIndex('edge_to').on('edge').columns(['to_key', 'relation']).execute()
  await db.schema
    .createTable('identifier')
    .addColumn('uri', text, c => c.notNull())
    .addColumn('scheme', text, c => c.notNull())
    .addColumn('value', text, c => c.notNull())
    .execute()
  await db.schema.createIndex('identifier_value').on('identifier').columns(['value', 'scheme']).execute()
  await db.schema.createIndex('identifier_uri').on('identifier').column('uri').execute()
  await db.schema
    .createTable('tally')
    .addColumn('collection', text, c => c.primaryKey().notNull())
    .addColumn('count', 'bigint', c => c.notNull())
    .addColumn('digest', text, c => c.notNull())
    .execute()
  await db.schema
    .createTable('update_log')
    // In SQLite only `integer` is the row's own number.
    .addColumn('seq', text === TEXT.sqlite ? 'integer' : 'bigint', c => c.primaryKey())
    .addColumn('time', text, c => c.notNull())
    .addColumn('kind', text, c => c.notNull())
    .addColumn('action', text, c => c.notNull())
    .addColumn('did', text, c => c.notNull())
    .addColumn('uri', text)
    .addColumn('collection', text)
    .addColumn('cid', text)
    .addColumn('touches', text, c => c.notNull())
    .execute()
}

/** What became of a record that is no longer held. */
async function updatesByRecord(db: Database): Promise<void> {
  await db.schema.createIndex('update_uri').on('update_log').columns(['uri', 'seq']).execute()
}

async function formerStates(db: Database, text: Text): Promise<void> {
  await db.schema
    .createTable('former_state')
    .addColumn('uri', text, c => c.notNull())
    .addColumn('place', 'bigint', c => c.notNull())
    .addColumn('cid', text, c => c.notNull())
    .addColumn('did', text, c => c.notNull())
    .addColumn('json', text, c => c.notNull())
    .addColumn('since', text, c => c.notNull())
    .addColumn('until', text, c => c.notNull())
    .addPrimaryKeyConstraint('former_state_place', ['uri', 'place'])
    .execute()
  await db.schema.createIndex('former_state_cid').on('former_state').columns(['uri', 'cid']).execute()
}

/** Versions are ordered by time whatever its zone, and say which state they describe and what they adopt. */
async function versionsSayMore(db: Database): Promise<void> {
  await projectLinks(db, nsid('dataset.version'))
}

async function webSub(db: Database, text: Text): Promise<void> {
  await db.schema
    .createTable('websub')
    .addColumn('topic', text, c => c.notNull())
    .addColumn('callback', text, c => c.notNull())
    .addColumn('secret', text)
    .addColumn('until', text, c => c.notNull())
    .addColumn('etag', text, c => c.notNull())
    .addColumn('attempts', 'integer', c => c.notNull())
    .addColumn('first_attempt_at', text)
    .addColumn('next_attempt_at', text)
    .addPrimaryKeyConstraint('websub_key', ['topic', 'callback'])
    .execute()
}

/** An index holds what is asked of it and no more: each row of it costs a record's bytes and a page that a batch rewrites. */
async function leanerIndexes(db: Database): Promise<void> {
  await db.schema.dropIndex('update_uri').execute()
  await db.schema
    .createIndex('update_deleted')
    .on('update_log')
    .columns(['uri', 'seq'])
    .where(sql.ref('action'), '=', DELETED)
    .execute()
  await db.schema.dropIndex('record_list').execute()
  await db.schema
    .createIndex('record_list')
    .on('record')
    .columns(['did', 'collection', 'visible', 'sort_at', 'rkey'])
    .execute()
  await db.schema.dropIndex('record_invalid').execute()
  await db.schema
    .createIndex('record_invalid')
    .on('record')
    .column('collection')
    .where(sql.ref('valid'), '=', INVALID)
    .execute()
}

/** Discussions know their threads and states, people what concerns them, followers what is new; records their place in the log. */
async function discussionAndNews(db: Database): Promise<void> {
  await db.schema.alterTable('record').addColumn('seq', 'bigint').execute()
  await sql`
    update record set seq = told.seq
    from (select uri, max(seq) as seq from update_log where uri is not null group by uri) as told
    where told.uri = record.uri`.execute(db)
  for (const name of [
    'dataset.entry',
    'dataset.version',
    'dataset.head',
    'dataset.mirror',
    'dataset.notice',
    'dataset.offer',
    'graph.acknowledgement',
    'graph.citation',
    'graph.follow',
    'discussion.comment',
    'discussion.correction',
    'discussion.endorsement',
    'discussion.issue',
    'discussion.issueState',
  ])
    await projectLinks(db, nsid(name))
}

/** Comments, and what comes into a collection, are news to followers; notices of owners are so as releases are. */
async function moreNews(db: Database): Promise<void> {
  for (const name of ['discussion.comment', 'dataset.collectionItem', 'dataset.notice'])
    await projectLinks(db, nsid(name))
}

/** Repositories that were taken in before have no head here until their next write, or until they are fetched again. */
async function signedHeads(db: Database, text: Text): Promise<void> {
  const bytes = text === TEXT.sqlite ? sql`blob` : sql`bytea`
  await db.schema
    .createTable('repo_head')
    .addColumn('did', text, c => c.primaryKey().notNull())
    .addColumn('commit_block', bytes, c => c.notNull())
    .addColumn('nodes', bytes, c => c.notNull())
    .execute()
}

/** All offers can be listed. */
async function offersTogether(db: Database): Promise<void> {
  await projectLinks(db, nsid('dataset.offer'))
}

/** People are found by the words of their names. */
async function namesByWord(db: Database): Promise<void> {
  await projectLinks(db, nsid('actor.profile'))
}

/** Where people want updates sent, and what could not be. */
async function webhooks(db: Database, text: Text): Promise<void> {
  await db.schema
    .createTable('webhook')
    .addColumn('id', text, c => c.primaryKey().notNull())
    .addColumn('did', text, c => c.notNull())
    .addColumn('url', text, c => c.notNull())
    .addColumn('filter', text, c => c.notNull())
    .addColumn('secret', text, c => c.notNull())
    .addColumn('old_secret', text)
    .addColumn('old_secret_until', text)
    .addColumn('created_at', text, c => c.notNull())
    .addColumn('state', text, c => c.notNull())
    .addColumn('seq', 'bigint', c => c.notNull())
    .addColumn('last_error', text)
    .execute()
  await db.schema.createIndex('webhook_did').on('webhook').columns(['did', 'id']).execute()
  await db.schema
    .createTable('webhook_delivery')
    .addColumn('webhook', text, c => c.notNull())
    .addColumn('seq', 'bigint', c => c.notNull())
    .addColumn('lane', text, c => c.notNull())
    .addColumn('state', text, c => c.notNull())
    .addColumn('attempts', 'integer', c => c.notNull())
    .addColumn('first_attempt_at', text, c => c.notNull())
    .addColumn('next_attempt_at', text, c => c.notNull())
    .addColumn('error', text, c => c.notNull())
    .addPrimaryKeyConstraint('webhook_delivery_key', ['webhook', 'seq'])
    .execute()
}
