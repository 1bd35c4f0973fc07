import { setTimeout as delay } from 'node:timers/promises'
import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { type Engine, inOrder, type Put, replacing } from '../engine.ts'
import { migrate } from '../migrate.ts'
import type { Tables } from '../schema.ts'

/** Key of the advisory lock that the writing connection holds for as long as it lives: two AppViews would undo each other's work. */
const WRITER_LOCK = 0x46524f53
/** How long the connection of a process that was killed may take to be noticed, in milliseconds. */
const LOCK_PATIENCE_MS = 5_000

/** bigint columns hold seqs and counts, which stay far below 2^53. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

/**
 * PostgreSQL. One process writes, its transactions following one another; any number may read.
 * @param url `postgres://user:password@host:port/database`
 * @throws Error if the database cannot be reached, or another process writes to it
 */
export async function openPostgres(url: string): Promise<Engine> {
  const pool = new pg.Pool({ connectionString: url, max: 8 })
  const writerPool = new pg.Pool({
    connectionString: url,
    max: 1,
    // It is held also while nothing is written.
    idleTimeoutMillis: 0,
    onConnect: claim,
  })
  // A connection that breaks is replaced at the next use. Who uses it hears of it by the next statement; that must not end the process.
  for (const one of [pool, writerPool]) {
    one.on('error', () => {})
    one.on('connect', client => void client.on('error', () => {}))
  }
  const reader = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  const writer = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: writerPool }) })
  const queue = inOrder()
  const close = async () => {
    await queue(async () => {})
    await writer.destroy()
    await reader.destroy()
  }
  try {
    await migrate(writer, 'postgres')
  } catch (error) {
    await close()
    throw new Error(`FROST_DATABASE_URL names a database that cannot be used: ${(error as Error).message}`, {
      cause: error,
    })
  }
  return {
    kind: 'postgres',
    reader,
    write: run => queue(() => writer.transaction().execute(tx => run(tx, putOf(tx)))),
    close,
  }
}

/**
 * Makes a connection the one that writes, until it ends.
 * @throws Error where another one is
 */
async function claim(client: pg.ClientBase): Promise<void> {
  const deadline = Date.now() + LOCK_PATIENCE_MS
  for (;;) {
    const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [
      WRITER_LOCK,
    ])
    if (rows[0]?.held) return
    if (Date.now() > deadline)
      throw new Error('another AppView writes to it: stop that one, or give this one a database of its own')
    await delay(100)
  }
}

/** Columns that are not text. */
const types: Readonly<Record<string, string>> = {
  active: 'integer',
  valid: 'integer',
  visible: 'integer',
  is_gone: 'integer',
  edited: 'integer',
  count: 'bigint',
  place: 'bigint',
  cursor: 'bigint',
  seq: 'bigint',
  commit_block: 'bytea',
  nodes: 'bytea',
  proof: 'bytea',
}

/** One array a column, whatever the number of rows. */
function putOf(tx: Kysely<Tables>): Put {
  return async (table, rows, key) => {
    if (rows.length === 0) return
    const columns = Object.keys(rows[0]!)
    const arrays = columns.map(column => {
      const values = rows.map(row => (row as unknown as Record<string, unknown>)[column])
      return sql`${values}::${sql.raw(types[column] ?? 'text')}[]`
    })
    const into = sql.raw(`insert into ${table} (${columns.join(', ')}) select * from unnest(`)
    await sql`${into}${sql.join(arrays)})${sql.raw(replacing(columns, key))}`.execute(tx)
  }
}
