import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import SQLite from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { type Engine, inOrder } from '../engine.ts'
import { migrate, type Tables } from '../schema.ts'

/**
 * SQLite in one file. WAL lets reads go on beside the one writer. `synchronous = NORMAL` may lose the last transactions in a
 * power cut, never their order: cursor and effects go together, so the firehose gives them again. `kill -9` loses nothing.
 */
export async function openSqlite(path: string): Promise<Engine> {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
  const writer = connect(path)
  await migrate(writer, 'sqlite')
  // A database in memory belongs to its one connection.
  const reader = path === ':memory:' ? writer : connect(path)
  const queue = inOrder()
  return {
    kind: 'sqlite',
    reader,
    write: run => queue(() => writer.transaction().execute(run)),
    async close() {
      await queue(async () => {})
      if (reader !== writer) await reader.destroy()
      await writer.destroy()
    },
  }
}

function connect(path: string): Kysely<Tables> {
  const database = new SQLite(path)
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = NORMAL')
  database.pragma('busy_timeout = 10000')
  database.pragma('cache_size = -65536')
  database.pragma('mmap_size = 1073741824')
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database }) })
}
