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
