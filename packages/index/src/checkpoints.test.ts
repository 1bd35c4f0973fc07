import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SQLite from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Checkpoints } from './checkpoints.ts'

let folder: string
let path: string
let writer: SQLite.Database

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'frost-checkpoints-'))
  path = join(folder, 'some.sqlite')
  writer = new SQLite(path)
  writer.pragma('journal_mode = WAL')
  // The writer brings in nothing itself.
  writer.pragma('wal_autocheckpoint = 0')
  writer.exec('CREATE TABLE some (text)')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const write = (pages: number) => {
  const insert = writer.prepare('INSERT INTO some VALUES (zeroblob(4000))')
  writer.transaction(() => {
    for (let page = 0; page < pages; page++) insert.run()
  })()
}

const log = () => (writer.pragma('wal_checkpoint(NOOP)') as [{ log: number; checkpointed: number }])[0]

describe('Checkpoints', () => {
  it('bring a long log into the database, so that it begins anew', async () => {
    const checkpoints = new Checkpoints([{ path, pages: 50 }], () => undefined)
    write(100)
    const { log: long } = log()
    expect(long).toBeGreaterThan(100)
    await expect.poll(log).toMatchObject({ log: long, checkpointed: long })
    write(1)
    expect(log().log).toBeLessThan(50)
    expect(writer.prepare('SELECT count(*) FROM some').pluck().get()).toBe(101)
    writer.close()
    await checkpoints.close()
    // Whoever closes last leaves no log.
    expect(existsSync(`${path}-wal`)).toBe(false)
  })

  it('leave a short log alone, and end though they were told of no database that is there', async () => {
    const checkpoints = new Checkpoints([{ path, pages: 1000 }], () => undefined)
    write(100)
    await checkpoints.close()
    expect(log().checkpointed).toBe(0)
    writer.close()
    const errors: unknown[] = []
    const none = new Checkpoints([{ path: join(folder, 'none.sqlite'), pages: 1 }], error =>
      errors.push(error),
    )
    await expect.poll(() => errors).toHaveLength(1)
    await none.close()
  })
})
