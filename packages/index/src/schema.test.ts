import SQLite from 'better-sqlite3'
import { Kysely, SqliteDialect, sql } from 'kysely'
import { afterEach, expect, it } from 'vitest'
import { migrate } from './migrate.ts'
import { accountsLike } from './queries/account-names.ts'
import { type Database, DELETED, INACTIVE, INVALID, type Tables } from './schema.ts'

const opened: Database[] = []
afterEach(() => Promise.all(opened.splice(0).map(db => db.destroy())))

async function empty(): Promise<Database> {
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: new SQLite(':memory:') }) })
  opened.push(db)
  await migrate(db, 'sqlite')
  return db
}

/** Which index the engine takes for a query. */
async function plan(db: Database, query: { compile(): { sql: string; parameters: readonly unknown[] } }) {
  const { sql: text, parameters } = query.compile()
  const parts = text.split('?')
  const asked = parts.reduce(
    (all, part, place) =>
      place === 0 ? sql`${sql.raw(part)}` : sql`${all}${parameters[place - 1]}${sql.raw(part)}`,
    sql``,
  )
  const { rows } = await sql<{ detail: string }>`explain query plan ${asked}`.execute(db)
  return rows.map(({ detail }) => detail).join('; ')
}

it('a database that is up to date is left as it is', async () => {
  const db = await empty()
  const tables = () => sql<{ sql: string }>`select sql from sqlite_schema order by name`.execute(db)
  const before = await tables()
  await migrate(db, 'sqlite')
  expect((await tables()).rows).toEqual(before.rows)
})

it('a database of a later version is refused, and says what to do', async () => {
  const db = await empty()
  await db.updateTable('meta').set({ value: '999' }).where('key', '=', 'schema').execute()
  await expect(migrate(db, 'sqlite')).rejects.toThrow(/later version \(its schema is 999,.*another folder/)
})

it('whoever was away before anybody asked who confirms it is taken to be away', async () => {
  const db = await empty()
  const stateOf = (name: string, active: boolean, status?: string) => ({
    did: `did:web:${name}`,
    host: 'https://a.example',
    active,
    ...(status && { status }),
    sync: 'synchronized' as const,
  })
  const before = [
    stateOf('active', true),
    stateOf('deactivated', false, 'deactivated'),
    stateOf('deleted', false, 'deleted'),
    stateOf('suspended', false, 'suspended'),
  ]
  const none = { handle: null, rev: null, commit_cid: null, data_cid: null, deleted_at: null }
  const rows = before.map(state => ({
    ...none,
    ...state,
    active: state.active ? 1 : 0,
    status: state.status ?? null,
    state: JSON.stringify(state),
  }))
  await db.insertInto('repo').values(rows).execute()
  await db.schema.dropIndex('repo_inactive').execute()
  await db.schema.dropIndex('label_src').execute()
  await db.schema.dropTable('own_label').execute()
  await db.updateTable('meta').set({ value: '21' }).where('key', '=', 'schema').execute()
  await migrate(db, 'sqlite')
  const after = await db.selectFrom('repo').select('state').orderBy('did').execute()
  const isConfirmed = true
  expect(after.map(({ state }) => JSON.parse(state))).toEqual([
    before[0],
    { ...before[1], isConfirmed },
    { ...before[2], isConfirmed },
    before[3],
  ])
  const away = db.selectFrom('repo').selectAll().where('host', '=', 'https://a.example')
  expect(await plan(db, away.where('active', '=', INACTIVE))).toContain('repo_inactive')
})

it('links of an earlier version are kept, what was said twice once', async () => {
  const db = await empty()
  await db.schema.dropTable('link').execute()
  await sql`create table link (uri text not null, did text not null, kind text not null, subject text not null, sort_key text not null)`.execute(
    db,
  )
  await sql`create index link_subject on link (subject, kind, sort_key, uri)`.execute(db)
  await sql`create index link_uri on link (uri)`.execute(db)
  const link = (uri: string, subject: string) => ({
    uri,
    did: 'did:web:a',
    kind: 'follow',
    subject,
    sort_key: '1',
  })
  const [one, other] = [link('at://b', 'x'), link('at://a', 'y')]
  await db.insertInto('link').values([one, other, one]).execute()
  await db.updateTable('meta').set({ value: '24' }).where('key', '=', 'schema').execute()
  await migrate(db, 'sqlite')
  expect(await db.selectFrom('link').selectAll().orderBy('uri').execute()).toEqual([other, one])
  const ofRecord = db.selectFrom('link').select('subject').where('uri', '=', 'at://a')
  expect(await plan(db, ofRecord)).toContain('PRIMARY KEY (uri=?)')
  const ofSubject = db.selectFrom('link').select('uri').where('subject', '=', 'x')
  expect(await plan(db, ofSubject)).toContain('COVERING INDEX link_subject')
})

it('what became of a deleted record, and which records are invalid, is found by an index', async () => {
  const db = await empty()
  const log = db.selectFrom('update_log').select('time').where('uri', '=', 'at://a/b/c')
  expect(await plan(db, log.where('action', '=', DELETED).orderBy('seq', 'desc'))).toContain('update_deleted')
  const invalid = db.selectFrom('record').select('collection').where('valid', '=', INVALID)
  expect(await plan(db, invalid.groupBy('collection'))).toContain('record_invalid')
})

it('a list of an account’s records is read in its order, not sorted', async () => {
  const db = await empty()
  const list = db
    .selectFrom('record')
    .select('uri')
    .where('did', '=', 'did:web:a')
    .where('collection', '=', 'org.example.thing')
    .where('visible', '=', 1)
    .orderBy('sort_at', 'desc')
    .orderBy('rkey', 'desc')
    .limit(26)
  const found = await plan(db, list)
  expect(found).toContain('record_list')
  expect(found).not.toContain('TEMP B-TREE')
})

it('people are looked for by ranges of indexes, whatever is typed', async () => {
  const db = await empty()
  const asked: string[] = []
  const logged = db.withPlugin({
    transformQuery({ node }) {
      asked.push(db.getExecutor().compileQuery(node, { queryId: 'x' } as never).sql)
      return node
    },
    transformResult: async ({ result }) => result,
  })
  await accountsLike(logged, 'ada lov*', 3)
  await accountsLike(logged, 'ada', 3)
  expect(asked).toHaveLength(2)
  for (const text of asked) {
    const { rows } = await sql<{
      detail: string
    }>`explain query plan ${sql.raw(text.replaceAll('?', "'x'"))}`.execute(db)
    const said = rows.map(({ detail }) => detail).join('; ')
    expect(said).toContain('repo_handle (handle')
    expect(said).toContain('link_subject (subject')
  }
})
