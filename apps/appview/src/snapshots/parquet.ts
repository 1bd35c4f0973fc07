import type { Database } from '@frost/index/schema'
import { accountsTold } from '@frost/index/snapshot/changed'
import { type Row, type SnapshotTable, tablesOf } from '@frost/index/snapshot/tables'
import { parquetBytes } from '@frost/reader/writers/parquet'

/** The files of the edition for analysis: one a table. */
export async function* parquetFiles(
  db: Database,
  after?: number,
): AsyncGenerator<{ readonly name: string; readonly bytes: AsyncIterable<Uint8Array> }> {
  const since = after === undefined ? undefined : { seq: after, told: await accountsTold(db, after) }
  for (const table of tablesOf(since)) {
    const columns = Object.entries(table.columns).map(([name, type]) => ({ name, type }))
    const batches = batchesOf(table, table.rows(db, since))
    yield { name: `${table.name}.parquet`, bytes: parquetBytes({ columns, batches }) }
  }
}

async function* batchesOf({ columns }: SnapshotTable, pages: AsyncIterable<readonly Row[]>) {
  let start = 0
  for await (const page of pages) {
    const values = new Map(Object.keys(columns).map(name => [name, page.map(row => row[name] ?? null)]))
    yield { start, rows: page.length, columns: values }
    start += page.length
    // Reading SQLite and packing hold the thread: others come in between.
    await new Promise(resolve => setImmediate(resolve))
  }
}
