import { PostgresAdapter } from 'kysely'
import type { Database } from './schema.ts'

/** Whether the database speaks PostgreSQL's dialect; SQLite's otherwise. */
export const isPostgres = (db: Database): boolean => db.getExecutor().adapter instanceof PostgresAdapter
