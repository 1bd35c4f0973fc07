import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Index, openIndex } from '@frost/index'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LIFETIME, Snapshots } from './snapshots.ts'

describe('snapshots', () => {
  let index: Index
  let folder: string
  let now = Date.UTC(2026, 0, 1)
  const open = async () => {
    const snapshots = new Snapshots(
      index,
      join(folder, 'snapshots'),
      error => expect.unreachable(String(error)),
      () => now,
    )
    await snapshots.start()
    return snapshots
  }
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'frost-snapshots-'))
    index = await openIndex({ dataDir: folder, searchEngine: 'fts5' })
  })
  afterAll(async () => {
    await index.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('are made once an hour, last a day over restarts, and go', async () => {
    const snapshots = await open()
    const [one, same] = await Promise.all([snapshots.give('car'), snapshots.give('car')])
    expect(same).toBe(one)
    const tables = await snapshots.give('parquet')
    now += LIFETIME / 24 - 1
    expect(await snapshots.give('car')).toBe(one)
    now += 1
    const later = await snapshots.give('car')
    expect(later.id).not.toBe(one.id)
    await snapshots.stop()

    const again = await open()
    now += LIFETIME - LIFETIME / 24 - 1
    const { name } = one.files[0]!
    expect(again.file(one.id, name)).toMatchObject({ size: one.files[0]!.size })
    expect(again.file(one.id, 'snapshot.json')).toBeUndefined()
    now += 1
    expect(again.file(one.id, name)).toBeUndefined()
    expect(again.file(tables.id, 'records.parquet')).toBeUndefined()
    expect(again.file(later.id, name)).toBeDefined()
    await again.expire()
    expect(readdirSync(join(folder, 'snapshots'))).toEqual([later.id])
    await again.stop()
  })
})
