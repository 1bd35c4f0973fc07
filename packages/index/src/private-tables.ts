import type { Database, Text } from './schema.ts'

/**
 * What belongs to this AppView alone and not to the network, beside webhooks: nobody else is told of it, and no other AppView
 * knows it. Times are ISO 8601 text in UTC.
 */
export interface PrivateTables {
  /** What somebody has seen and wants to be told of. */
  reader: ReaderRow
  /** Whom somebody does not want to hear of. */
  mute: MuteRow
  /** Who is told by e-mail. */
  reader_mail: ReaderMailRow
  /** Links that were sent to confirm addresses, kept for a day. */
  mail_link: MailLinkRow
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
