/** An index is one process's: two that write it would each undo what the other remembers. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openIndex } from '@frost/index'
import { openPostgres } from '@frost/index/engines/postgres'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppViewProcess } from '../sync/appview-process.ts'
import { databaseServer, ENGINES, place } from './engines.ts'

const cursor = (value: number) => ({ events: [], repos: [], cursors: new Map([['wss://relay.test', value]]) })

it.each(ENGINES)('refuses a second opening on %s until the first is closed', async engine => {
  await using there = await place(engine)
  const first = await there.open('index')
  await expect(there.open('index')).rejects.toThrow(
    `is taken by another appview (process ${process.pid}): stop it, or give this one another folder with FROST_DATA`,
  )
  await first.close()
  await (await there.open('index')).close()
})

describe('a database of PostgreSQL', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'frost-one-process-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('is held by one index, also after its connection broke', async () => {
    await using server = await databaseServer()
    const databaseUrl = await server.create('shared')
    const open = (name: string) => openIndex({ dataDir: join(folder, name), databaseUrl })
    const first = await open('first')
    await first.store.apply(cursor(1))
    await cutOthers(databaseUrl)
    await expect.poll(() => first.store.apply(cursor(2)).then(() => 'stored', String)).toBe('stored')
    await expect(open('second')).rejects.toThrow(
      'FROST_DATABASE_URL names a database that cannot be used: another AppView writes to it',
    )
    await first.close()
    const second = await open('second')
    expect(await second.store.cursors()).toEqual(cursor(2).cursors)
    await second.close()
  })

  it('regression: a connection that breaks between two statements of a transaction ends the transaction and nothing else', async () => {
    await using server = await databaseServer()
    const databaseUrl = await server.create('broken')
    const engine = await openPostgres(databaseUrl)
    const broken = engine.write(async tx => {
      await tx.selectFrom('meta').selectAll().execute()
      await cutOthers(databaseUrl)
      // What the server said is read while no statement is under way.
      for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
      await tx.selectFrom('meta').selectAll().execute()
    })
    await expect(broken).rejects.toThrow()
    await engine.write(tx => tx.selectFrom('meta').selectAll().execute())
    await engine.close()
  })
})

it('refuses a second AppView on the folder of one that runs, and lets it in when that is killed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'frost-second-start-'))
  const env = { FROST_UPSTREAMS: 'ws://localhost:1', FROST_PLC_URL: 'http://localhost:1' }
  const [first, second] = [
    new AppViewProcess('first', folder, env),
    new AppViewProcess('second', folder, env),
  ]
  try {
    await first.start()
    await expect(second.start()).rejects.toThrow(
      /ended with 1: appview: .* is taken by another appview \(process \d+\)/,
    )
    await second.stop()
    await first.kill()
    await second.start()
  } finally {
    await Promise.all([first.kill(), second.kill()])
    await rm(folder, { recursive: true, force: true })
  }
})

/** Ends every other connection to the database; resolves when the server has. */
async function cutOthers(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const others = 'from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()'
  try {
    await client.query(`select pg_terminate_backend(pid) ${others}`)
    await expect.poll(async () => (await client.query(`select 1 ${others}`)).rowCount).toBe(0)
  } finally {
    await client.end()
  }
}
