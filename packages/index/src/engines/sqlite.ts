import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import SQLite from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { boundLog, TRUTH_PAGES } from '../checkpoints.ts'
import { type Engine, inOrder, type Put, replacing } from '../engine.ts'
import { migrate } from '../migrate.ts'
import type { Tables } from '../schema.ts'
import { keepingStatements } from './kept-statements.ts'

/**
 * SQLite in one file. WAL lets reads go on beside the one writer. `synchronous = NORMAL` may lose the last transactions in a
 * power cut, never their order: cursor and effects go together, so the firehose gives them again. `kill -9` loses nothing.
 */
export async function openSqlite(path: string): Promise<Engine> {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
  const database = open(path)
  const writer = builderOf(database)
  await migrate(writer, 'sqlite')
  // A database in memory belongs to its one connection.
  const reader = path === ':memory:' ? writer : builderOf(open(path))
  const queue = inOrder()
  const put = putOf(database)
  return {
    kind: 'sqlite',
    reader,
    write: run => queue(() => writer.transaction().execute(tx => run(tx, put))),
    async close() {
      await queue(async () => {})
      if (reader !== writer) await reader.destroy()
      await writer.destroy()
    },
  }
}

function open(path: string): SQLite.Database {
  const database = new SQLite(path)
  // Of a new database: records of 1 to 3 kB leave a quarter of smaller pages empty.
  database.pragma('page_size = 16384')
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = NORMAL')
  database.pragma('busy_timeout = 10000')
  database.pragma('cache_size = -65536')
  database.pragma('mmap_size = 1073741824')
  boundLog(database, TRUTH_PAGES)
  return database
}

const builderOf = (database: SQLite.Database): Kysely<Tables> =>
  new Kysely<Tables>({ dialect: new SqliteDialect({ database: keepingStatements(database) }) })

/** The transaction that is open on the connection is the one that the rows belong to. */
function putOf(database: SQLite.Database): Put {
  const statements = new Map<string, SQLite.Statement>()
  return async (table, rows, key) => {
    if (rows.length === 0) return
    const columns = Object.keys(rows[0]!)
    const text =
      `insert into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})` +
      replacing(columns, key)
    let statement = statements.get(text)
    if (!statement) {
      statement = database.prepare(text)
      statements.set(text, statement)
    }
    const values: unknown[] = new Array(columns.length)
    for (const row of rows as readonly Readonly<Record<string, unknown>>[]) {
      for (let i = 0; i < columns.length; i++) values[i] = row[columns[i]!]
      statement.run(values)
    }
  }
}
