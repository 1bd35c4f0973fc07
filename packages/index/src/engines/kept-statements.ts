import type SQLite from 'better-sqlite3'
import type { SqliteDatabase } from 'kysely'

const MOST_STATEMENTS = 256

/**
 * A connection whose statements stay prepared, the last used 256 of them: to prepare one and to run it for the first time, when
 * SQLite plans it again with the values bound, costs three times as much as to run it. A kept statement cannot be run while an
 * earlier run of it is still read row by row: queries here are answered whole, never streamed.
 */
export function keepingStatements(
  database: Pick<SQLite.Database, 'prepare' | 'close'>,
  most: number = MOST_STATEMENTS,
): SqliteDatabase {
  const kept = new Map<string, SQLite.Statement>()
  return {
    prepare(text) {
      const statement = kept.get(text) ?? database.prepare(text)
      // The order of the map is the order of use.
      kept.delete(text)
      kept.set(text, statement)
      if (kept.size > most) kept.delete(kept.keys().next().value!)
      return statement as ReturnType<SqliteDatabase['prepare']>
    },
    close: () => void database.close(),
  }
}
