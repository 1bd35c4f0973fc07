import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changedSince } from './directory-changes.ts'

const NOW = Date.UTC(2026, 0, 2)
type Operation = readonly [time: number, did: number]

/** A directory as the reference one is: operations after a time, in the order of theirs, a thousand at most. */
function directory(operations: readonly Operation[], page = 1000) {
  const sorted = [...operations].sort(([a], [b]) => a - b)
  return {
    asked: 0,
    async get(url: string) {
      this.asked++
      const { searchParams } = new URL(url)
      const after = Date.parse(searchParams.get('after')!)
      const most = Math.min(page, Number(searchParams.get('count')))
      const lines = sorted
        .filter(([time]) => time > after)
        .slice(0, most)
        .map(([time, did]) => JSON.stringify({ did: `did:plc:${did}`, createdAt: new Date(time) }))
      return { status: 200, headers: {}, body: Buffer.from(lines.join('\n')) }
    },
  }
}

describe('what a directory has changed', () => {
  it('law: is told whole, over any number of pages', async () => {
    const operation = fc.tuple(fc.integer({ min: NOW - 5_000_000, max: NOW }), fc.nat(500))
    await fc.assert(
      fc.asyncProperty(
        fc.array(operation, { maxLength: 60 }),
        fc.integer({ min: 5, max: 20 }),
        async (all, page) => {
          const since = NOW - 2_000_000
          const told = await changedSince(directory(all, page), 'https://plc.test', since)
          const wanted = all.filter(([time]) => time > since).map(([, did]) => `did:plc:${did}`)
          // Where more than a page are of one millisecond, nothing is claimed.
          if (told !== undefined) expect(wanted.filter(did => !told.has(did))).toEqual([])
        },
      ),
    )
    const many = Array.from({ length: 3500 }, (_, at) => [NOW - 1_000_000 + at, at] as const)
    const source = directory(many)
    expect((await changedSince(source, 'https://plc.test', NOW - 2_000_000))?.size).toBe(3500)
    expect(source.asked).toBe(5)
  })

  it('takes a clock here that is ahead into account', async () => {
    const told = await changedSince(directory([[NOW - 300_000, 1]]), 'https://plc.test', NOW)
    expect([...told!]).toEqual(['did:plc:1'])
  })

  it.each<[string, number, string]>([
    ['exports nothing', 404, ''],
    ['answers no operations', 200, '<html>'],
    ['names no time', 200, '{"did":"did:plc:a"}'],
    ['names no DID', 200, '{"createdAt":"2026-01-02T00:00:00Z"}'],
    ['is full of one moment', 200, '{"did":"did:plc:a","createdAt":"2020-01-02T00:00:00Z"}\n'.repeat(1000)],
    ['never ends', 200, 'later'],
  ])('is not known of one that %s', async (_, status, text) => {
    let asked = 0
    const get = async () => {
      const later = JSON.stringify({ did: 'did:plc:a', createdAt: new Date(NOW + 1000 * ++asked) })
      return { status, headers: {}, body: Buffer.from(text === 'later' ? later : text) }
    }
    expect(await changedSince({ get }, 'https://plc.test', NOW)).toBeUndefined()
  })

  it('is not known where it cannot be reached', async () => {
    const get = () => Promise.reject(new Error('away'))
    expect(await changedSince({ get }, 'https://plc.test', NOW)).toBeUndefined()
  })
})
