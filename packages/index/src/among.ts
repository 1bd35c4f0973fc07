import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { isPostgres } from './dialect.ts'
import type { Database } from './schema.ts'

/**
 * Whether a column holds one of many texts. They are bound as one array, so that the statement is the same for any number of them: a
 * list of variables would be put together, read by the database and planned anew for each number.
 * @param column its name, after that of its table where several are asked
 */
export function among(db: Database, column: string, values: readonly string[]): RawBuilder<SqlBool> {
  const asked = sql.ref(column)
  return isPostgres(db)
    ? sql<SqlBool>`${asked} = any(${values})`
    : sql<SqlBool>`${asked} in (select value from json_each(${JSON.stringify(values)}))`
}
