/** The tables, step by step from nothing or from whatever an earlier version made. */
import { nsid } from '@frost/lexicon'
import { sql } from 'kysely'
import { availabilityTables } from './availability-tables.ts'
import {
  consumerTables,
  labelersOfReaders,
  mailTables,
  moderationTables,
  ownLabels,
  readerTables,
  takedownsOfSeveral,
} from './private-tables.ts'
import { projectLinks } from './project-links.ts'
import { type Database, DELETED, INACTIVE, INVALID } from './schema.ts'

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
const bytesOf = (text: Text) => (text === TEXT.sqlite ? sql`blob` : sql`bytea`)
export type Bytes = ReturnType<typeof bytesOf>

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
  hostsThatAnswer,
  pinnedStatesProved,
  availabilityTables,
  labelersOfReaders,
  confirmedUntilNow,
  wordsAreTold,
  (db, text) => ownLabels(db, text, bytesOf(text)),
  clusteredLinks,
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
  const bytes = bytesOf(text)
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

/** Accounts whose host is gone for good are marked. */
async function hostsThatAnswer(db: Database, text: Text): Promise<void> {
  await db.schema
    .createTable('host')
    .addColumn('host', text, c => c.primaryKey().notNull())
    .addColumn('heard_at', text)
    .addColumn('silent_since', text)
    .addColumn('is_gone', 'integer', c => c.notNull())
    .execute()
}

/** States that somebody pins, endorsements among them, are proved after they were replaced. */
async function pinnedStatesProved(db: Database, text: Text): Promise<void> {
  const bytes = bytesOf(text)
  await db.schema.alterTable('former_state').addColumn('proof', bytes).execute()
  await db.schema
    .createIndex('former_state_proved')
    .on('former_state')
    .columns(['did', 'until'])
    .where(sql.ref('proof'), 'is not', null)
    .execute()
  await projectLinks(db, nsid('discussion.endorsement'))
}

/**
 * Who was away before it was asked who confirms that is taken to be away; they are found by their host, and labels by who said them.
 */
async function confirmedUntilNow(db: Database): Promise<void> {
  await sql`
    update repo set state = substr(state, 1, length(state) - 1) || ',"isConfirmed":true}'
    where active = 0 and status in ('deleted', 'deactivated') and state not like '%"isConfirmed"%'`.execute(
    db,
  )
  await db.schema
    .createIndex('repo_inactive')
    .on('repo')
    .column('host')
    .where(sql.ref('active'), '=', INACTIVE)
    .execute()
  await db.schema.createIndex('label_src').on('label').column('src').execute()
}

/** What becomes of issues, corrections and claims is told to who wrote them. */
async function wordsAreTold(db: Database): Promise<void> {
  for (const name of ['discussion.issueState', 'graph.acknowledgement', 'graph.citation', 'dataset.version'])
    await projectLinks(db, nsid(name))
}

/**
 * SQLite keeps links in the order of their records, instead of in the order of their coming and with an index by record beside: one
 * tree less is written for each, and 80 bytes a record. PostgreSQL has no such tables. What a record says twice it says once.
 */
async function clusteredLinks(db: Database, text: Text): Promise<void> {
  if (text !== TEXT.sqlite) {
    await sql`
      delete from link using link as same
      where link.ctid > same.ctid and link.uri = same.uri and link.kind = same.kind
        and link.subject = same.subject and link.sort_key = same.sort_key`.execute(db)
    return
  }
  await db.schema.alterTable('link').renameTo('former_link').execute()
  await db.schema
    .createTable('link')
    .addColumn('uri', text, c => c.notNull())
    .addColumn('did', text, c => c.notNull())
    .addColumn('kind', text, c => c.notNull())
    .addColumn('subject', text, c => c.notNull())
    .addColumn('sort_key', text, c => c.notNull())
    .addPrimaryKeyConstraint('link_key', ['uri', 'kind', 'subject', 'sort_key'])
    .modifyEnd(sql`without rowid`)
    .execute()
  await sql`
    insert into link (uri, did, kind, subject, sort_key)
    select distinct uri, did, kind, subject, sort_key from former_link order by uri`.execute(db)
  await db.schema.dropTable('former_link').execute()
  await db.schema
    .createIndex('link_subject')
    .on('link')
    .columns(['subject', 'kind', 'sort_key', 'uri'])
    .execute()
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
