import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Engine } from './engine.ts'

/** Bytes on disk. */
export interface Storage {
  readonly database: number
  readonly search: number
}

/** What the index takes on disk now. */
export async function storageOf(engine: Engine, dataDir: string): Promise<Storage> {
  const [database, search] = await Promise.all([
    databaseBytes(engine, dataDir),
    bytesBelow(join(dataDir, 'search')),
  ])
  return { database, search }
}

async function databaseBytes({ kind, reader }: Engine, dataDir: string): Promise<number> {
  if (kind === 'postgres') {
    const { rows } = await sql<{ bytes: string }>`
      select pg_database_size(current_database()) as bytes`.execute(reader)
    return Number(rows[0]?.bytes ?? 0)
  }
  const files = ['index.sqlite', 'index.sqlite-wal'].map(name => bytesOf(join(dataDir, name)))
  return (await Promise.all(files)).reduce((sum, bytes) => sum + bytes, 0)
}

async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])
  let sum = 0
  for (const entry of entries) if (entry.isFile()) sum += await bytesOf(join(entry.parentPath, entry.name))
  return sum
}

/** A file may be gone before it is looked at. */
const bytesOf = (path: string) =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )
