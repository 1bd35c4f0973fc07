import { sql } from 'kysely'
import type { AvailabilityTables } from './availability-tables.ts'
import type { Bytes, Text } from './migrate.ts'
import type { Database } from './schema.ts'

/**
 * What belongs to this AppView alone and not to the network, beside webhooks: nobody else is told of it, and no other AppView
 * knows it. Times are ISO 8601 text in UTC.
 */
export interface PrivateTables extends AvailabilityTables {
  /** What somebody has seen and wants to be told of. */
  reader: ReaderRow
  /** Whom somebody does not want to hear of. */
  mute: MuteRow
  /** Who is told by e-mail. */
  reader_mail: ReaderMailRow
  /** Links that were sent to confirm addresses, kept for a day. */
  mail_link: MailLinkRow
  /** What the operator, or a labeler in whom they trust, takes out of all answers. */
  takedown: TakedownRow
  /** What people reported. */
  report: ReportRow
  /** What labelers say. */
  label: LabelRow
  /** What this AppView says itself as a labeler. */
  own_label: OwnLabelRow
  /** Whose labels people want to see. */
  reader_labeler: ReaderLabelerRow
  /** How far labelers are read. */
  labeler: { did: string; cursor: number }
  /** What consumers may ask for. */
  plan: PlanRow
  api_key: ApiKeyRow
  /** What consumers asked for, by day and method. */
  usage: UsageRow
}

export interface ReaderRow {
  did: string
  /** Notifications up to this time are seen. */
  seen_at: string
  /** Reasons of which there are to be no notifications, as a JSON array. */
  quiet_reasons: string
}

export interface MuteRow {
  did: string
  /** DID of who is muted. */
  subject: string
  created_at: string
}

export interface ReaderMailRow {
  did: string
  address: string
  /** soon | daily | weekly | never */
  frequency: string
  /** unconfirmed | confirmed | failing */
  state: string
  /** Opens nothing but the end of the e-mails: it stands in each of them. */
  token: string
  /** When to look next for something to tell. */
  due_at: string
  /** What happened up to this time is told. */
  told_until: string
  /** Refusals one after another. */
  failures: number
}

export interface MailLinkRow {
  token: string
  did: string
  address: string
  sent_at: string
}

export interface TakedownRow {
  /** DID or at-uri. */
  subject: string
  reason: string | null
  /** DID of the operator or labeler. */
  by: string
  created_at: string
}

export interface ReportRow {
  id: number
  subject: string
  cid: string | null
  reason_type: string
  reason: string | null
  reporter: string
  created_at: string
  resolved_at: string | null
  resolved_by: string | null
  note: string | null
}

export interface LabelRow {
  src: string
  /** at-uri or DID. */
  uri: string
  val: string
  /** Empty where it is about every state. */
  cid: string
  cts: string
  exp: string | null
}

export interface OwnLabelRow {
  seq: number
  src: string
  /** at-uri or DID. */
  uri: string
  val: string
  /** Empty where it is about every state. */
  cid: string
  /** 1 where it takes back. */
  neg: number
  cts: string
  exp: string | null
  sig: Uint8Array
  /** did:key that signed it. */
  key: string
}

export interface ReaderLabelerRow {
  did: string
  /** In the order that they chose. */
  place: number
  /** DID; empty in the one row that says that they have chosen. */
  labeler: string
  /** What is to become of its labels, as a JSON array. */
  labels: string
}

export interface PlanRow {
  name: string
  /** Null for no limit. */
  requests_per_window: number | null
  requests_per_month: number | null
  bytes_per_month: number | null
}

export interface ApiKeyRow {
  id: string
  /** SHA-256 of the key, which is kept nowhere. */
  hash: string
  name: string
  plan: string
  created_at: string
  revoked_at: string | null
}

export interface UsageRow {
  /** Id of an API key, a DID, or `anonymous`. */
  consumer: string
  /** `YYYY-MM-DD` in UTC. */
  day: string
  method: string
  requests: number
  bytes: number
}

export async function consumerTables(db: Database, text: Text): Promise<void> {
  await db.schema
    .createTable('plan')
    .addColumn('name', text, c => c.primaryKey().notNull())
    .addColumn('requests_per_window', 'bigint')
    .addColumn('requests_per_month', 'bigint')
    .addColumn('bytes_per_month', 'bigint')
    .execute()
  await db.schema
    .createTable('api_key')
    .addColumn('id', text, c => c.primaryKey().notNull())
    .addColumn('hash', text, c => c.notNull().unique())
    .addColumn('name', text, c => c.notNull())
    .addColumn('plan', text, c => c.notNull())
    .addColumn('created_at', text, c => c.notNull())
    .addColumn('revoked_at', text)
    .execute()
  await db.schema
    .createTable('usage')
    .addColumn('consumer', text, c => c.notNull())
    .addColumn('day', text, c => c.notNull())
    .addColumn('method', text, c => c.notNull())
    .addColumn('requests', 'bigint', c => c.notNull())
    .addColumn('bytes', 'bigint', c => c.notNull())
    .addPrimaryKeyConstraint('usage_key', ['consumer', 'day', 'method'])
    .execute()
  await db.schema.createIndex('usage_day').on('usage').column('day').execute()
}

export async function moderationTables(db: Database, text: Text): Promise<void> {
  await db.schema
    .createTable('takedown')
    .addColumn('subject', text, c => c.primaryKey().notNull())
    .addColumn('reason', text)
    .addColumn('by', text, c => c.notNull())
    .addColumn('created_at', text, c => c.notNull())
    .execute()
  await db.schema
    .createTable('report')
    .addColumn('id', 'bigint', c => c.primaryKey().notNull())
    .addColumn('subject', text, c => c.notNull())
    .addColumn('cid', text)
    .addColumn('reason_type', text, c => c.notNull())
    .addColumn('reason', text)
    .addColumn('reporter', text, c => c.notNull())
    .addColumn('created_at', text, c => c.notNull())
    .addColumn('resolved_at', text)
    .addColumn('resolved_by', text)
    .addColumn('note', text)
    .execute()
  await db.schema.createIndex('report_reporter').on('report').columns(['reporter', 'created_at']).execute()
  await db.schema
    .createTable('label')
    .addColumn('src', text, c => c.notNull())
    .addColumn('uri', text, c => c.notNull())
    .addColumn('val', text, c => c.notNull())
    .addColumn('cid', text, c => c.notNull())
    .addColumn('cts', text, c => c.notNull())
    .addColumn('exp', text)
    .addPrimaryKeyConstraint('label_key', ['uri', 'src', 'val', 'cid'])
    .execute()
  await db.schema.createIndex('label_exp').on('label').column('exp').execute()
  await db.schema
    .createTable('labeler')
    .addColumn('did', text, c => c.primaryKey().notNull())
    .addColumn('cursor', 'bigint', c => c.notNull())
    .execute()
}

export async function labelersOfReaders(db: Database, text: Text): Promise<void> {
  await db.schema
    .createTable('reader_labeler')
    .addColumn('did', text, c => c.notNull())
    .addColumn('place', 'integer', c => c.notNull())
    .addColumn('labeler', text, c => c.notNull())
    .addColumn('labels', text, c => c.notNull())
    .addPrimaryKeyConstraint('reader_labeler_key', ['did', 'labeler'])
    .execute()
  await db.schema.createIndex('reader_labeler_all').on('reader_labeler').column('labeler').execute()
}

/** This AppView's own labels: the newest word on each subject and value, in the order in which they were said. */
export async function ownLabels(db: Database, text: Text, bytes: Bytes): Promise<void> {
  await db.schema
    .createTable('own_label')
    .addColumn('seq', 'bigint', c => c.primaryKey().notNull())
    .addColumn('src', text, c => c.notNull())
    .addColumn('uri', text, c => c.notNull())
    .addColumn('val', text, c => c.notNull())
    .addColumn('cid', text, c => c.notNull())
    .addColumn('neg', 'integer', c => c.notNull())
    .addColumn('cts', text, c => c.notNull())
    .addColumn('exp', text)
    .addColumn('sig', bytes, c => c.notNull())
    .addColumn('key', text, c => c.notNull())
    .execute()
  await db.schema
    .createIndex('own_label_uri')
    .on('own_label')
    .columns(['uri', 'src', 'val', 'cid'])
    .unique()
    .execute()
}

/** Several may want the same thing down: it is shown again once none of them does. */
export async function takedownsOfSeveral(db: Database, text: Text): Promise<void> {
  await db.schema.alterTable('takedown').renameTo('takedown_of_one').execute()
  await db.schema
    .createTable('takedown')
    .addColumn('subject', text, c => c.notNull())
    .addColumn('reason', text)
    .addColumn('by', text, c => c.notNull())
    .addColumn('created_at', text, c => c.notNull())
    .addPrimaryKeyConstraint('takedown_key', ['subject', 'by'])
    .execute()
  await sql`
    insert into takedown (subject, reason, "by", created_at)
    select subject, reason, "by", created_at from takedown_of_one`.execute(db)
  await db.schema.dropTable('takedown_of_one').execute()
}

export async function mailTables(db: Database, text: Text): Promise<void> {
  await db.schema
    .createTable('reader_mail')
    .addColumn('did', text, c => c.primaryKey().notNull())
    .addColumn('address', text, c => c.notNull())
    .addColumn('frequency', text, c => c.notNull())
    .addColumn('state', text, c => c.notNull())
    .addColumn('token', text, c => c.notNull())
    .addColumn('due_at', text, c => c.notNull())
    .addColumn('told_until', text, c => c.notNull())
    .addColumn('failures', 'integer', c => c.notNull())
    .execute()
  await db.schema.createIndex('reader_mail_token').on('reader_mail').column('token').execute()
  await db.schema.createIndex('reader_mail_due').on('reader_mail').columns(['state', 'due_at']).execute()
  await db.schema
    .createTable('mail_link')
    .addColumn('token', text, c => c.primaryKey().notNull())
    .addColumn('did', text, c => c.notNull())
    .addColumn('address', text, c => c.notNull())
    .addColumn('sent_at', text, c => c.notNull())
    .execute()
}

export async function readerTables(db: Database, text: Text): Promise<void> {
  await db.schema
    .createTable('reader')
    .addColumn('did', text, c => c.primaryKey().notNull())
    .addColumn('seen_at', text, c => c.notNull())
    .addColumn('quiet_reasons', text, c => c.notNull())
    .execute()
  await db.schema
    .createTable('mute')
    .addColumn('did', text, c => c.notNull())
    .addColumn('subject', text, c => c.notNull())
    .addColumn('created_at', text, c => c.notNull())
    .addPrimaryKeyConstraint('mute_key', ['did', 'subject'])
    .execute()
}
