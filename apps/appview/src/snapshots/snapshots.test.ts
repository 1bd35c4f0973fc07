import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Index, openIndex } from '@frost/index'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Events, identity } from '../../../../test/index/network-of.ts'
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
    index = await openIndex({ dataDir: folder })
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

  /** Moves the log on. */
  const renamed = (times: number) =>
    index.store.apply(
      new Events().batch(
        Array.from({ length: times }, (_, place) => identity('did:web:a.example', `a${place}.example`)),
      ),
    )

  it('regression: whoever asks for ever another increment takes neither all places nor what holds everything', async () => {
    await renamed(20)
    now += LIFETIME
    const snapshots = await open()
    const given = []
    for (let since = 19; since >= 0; since--) given.push(await snapshots.give('parquet', since))
    expect(given.map(({ since }) => since)).toEqual([
      ...[19, 18, 17, 16, 15, 14],
      ...Array.from({ length: 14 }, () => undefined),
    ])
    expect(new Set(given).size).toBe(7)
    expect(await snapshots.give('parquet')).toBe(given.at(-1))
    await renamed(1)
    const covering = await snapshots.give('parquet', 19)
    expect(given).toContain(covering)
    await expect(snapshots.give('parquet', 21)).rejects.toMatchObject({ status: 503 })
    // Hours later the oldest make room, and nothing is given that is older than an hour.
    for (let hour = 0; hour < 14; hour++) {
      now += LIFETIME / 24
      expect(await snapshots.give('parquet')).toMatchObject({ madeAt: now })
    }
    expect(readdirSync(join(folder, 'snapshots'))).toHaveLength(12)
    await snapshots.stop()
  })

  it.each(['parquet', 'car'] as const)(
    'regression: what is taken down is handed out no more as %s, nor what is being made of it',
    async edition => {
      const held = ['a', 'b', 'c'].map(name =>
        identity(`did:web:${name}.${edition}.example`, `${name}.example`),
      )
      await index.store.apply(new Events().batch(held))
      const failures: unknown[] = []
      const open = async () => {
        const snapshots = new Snapshots(index, join(folder, edition), error => void failures.push(error))
        await snapshots.start()
        return snapshots
      }
      const first = await open()
      const before = await first.give(edition)
      const { name } = before.files[0]!
      expect(first.file(before.id, name)).toBeDefined()
      // It ends before the takedown is heard.
      await first.stop()
      await index.moderation.takeDown([`did:web:a.${edition}.example`], 'did:web:operator.example')
      const snapshots = await open()
      expect(snapshots.file(before.id, name)).toBeUndefined()
      const second = await snapshots.give(edition)
      await index.moderation.takeDown([`did:web:c.${edition}.example`], 'did:web:operator.example')
      expect(snapshots.file(second.id, name)).toBeUndefined()
      // The log is read when it is asked for, and when it is begun.
      const last = index.updates.last.bind(index.updates)
      vi.spyOn(index.updates, 'last')
        .mockImplementationOnce(last)
        .mockImplementationOnce(async () => {
          await index.moderation.takeDown([`did:web:b.${edition}.example`], 'did:web:operator.example')
          return last()
        })
      await expect(snapshots.give(edition)).rejects.toMatchObject({
        status: 503,
        error: 'SnapshotUnavailable',
      })
      expect(failures).toHaveLength(1)
      const after = await snapshots.give(edition)
      // Labelers take down much that was never here.
      await index.moderation.takeDown(
        ['at://did:web:z.example/app.bsky.feed.post/x'],
        'did:web:labeler.example',
      )
      expect(readdirSync(join(folder, edition))).toEqual([after.id])
      await snapshots.stop()
      // What was made since is kept over a restart.
      const again = await open()
      expect(again.file(after.id, name)).toBeDefined()
      await again.stop()
      vi.restoreAllMocks()
    },
  )
})
