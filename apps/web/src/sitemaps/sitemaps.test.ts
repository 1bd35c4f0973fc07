import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Refused } from '../appview.ts'
import type { List } from './lists.ts'
import { Shelf } from './shelf.ts'
import { NotYetKnown, Sitemaps } from './sitemaps.ts'

const ORIGIN = 'https://frost.example.org'

/** A list of numbered places, a hundred a part. */
function numbered(kind: string, total: number): List {
  return async cursor => {
    const from = Number(cursor ?? 0)
    const until = Math.min(from + 100, total)
    const places = Array.from({ length: until - from }, (_, index) => ({
      path: `/${kind}/${from + index}`,
      changed: `2026-01-${String(1 + ((from + index) % 28)).padStart(2, '0')}T00:00:00Z`,
    }))
    return { places, ...(until < total && { cursor: String(until) }) }
  }
}

const locations = (xml: string | Uint8Array | undefined) =>
  [...String(xml && Buffer.from(xml)).matchAll(/<loc>([^<]*)<\/loc>/g)].map(([, location]) => location!)

describe('sitemaps', () => {
  let folder: string
  let failures: string[]
  beforeEach(async () => {
    failures = []
    folder = await mkdtemp(join(tmpdir(), 'frost-sitemaps-'))
  })
  afterEach(async () => {
    vi.useRealTimers()
    await rm(folder, { recursive: true })
  })

  const sitemapsOf = (lists: Record<string, List>, origin = ORIGIN) =>
    new Sitemaps(lists, origin, new Shelf(folder), error => void failures.push(error.message), 0)

  it('name every page once, whatever its place in the lists', async () => {
    const lists = {
      datasets: numbered('d', 22_345),
      people: numbered('p', 10_000),
      collections: numbered('c', 0),
    }
    const sitemaps = sitemapsOf(lists)
    const index = await sitemaps.index()
    const files = locations(index)
    expect(files).toEqual([
      ...[1, 2, 3].map(number => `${ORIGIN}/sitemaps/datasets-${number}.xml`),
      `${ORIGIN}/sitemaps/people-1.xml`,
    ])
    expect(index).toContain('<lastmod>2026-01-28</lastmod>')
    const mapped: string[] = []
    for (const file of files) mapped.push(...locations(await sitemaps.file(file.split('/').at(-1)!)))
    expect(mapped).toHaveLength(32_345)
    const found = new Set(mapped)
    expect(found.size).toBe(32_345)
    expect(found.has(`${ORIGIN}/d/22344`)).toBe(true)
    for (const name of ['datasets-4.xml', 'datasets-0.xml', 'constructor-1.xml', 'datasets-1.xml.gz', ''])
      expect(await sitemaps.file(name)).toBeUndefined()
    expect(failures).toEqual([])
  })

  it('are walked once an hour, however many robots ask for however many files', async () => {
    let asked = 0
    const list: List = async () => {
      asked += 1
      return { places: [{ path: '/d/&' }] }
    }
    const sitemaps = sitemapsOf({ datasets: list })
    await Promise.all([sitemaps.index(), sitemaps.index()])
    for (let count = 0; count < 60; count++)
      expect(locations(await sitemaps.file('datasets-1.xml'))).toEqual([`${ORIGIN}/d/&#38;`])
    expect(locations(await sitemaps.index())).toHaveLength(1)
    expect(asked).toBe(1)
    // A new process finds them in the folder; at another address they are others.
    expect(locations(await sitemapsOf({ datasets: list }).index())).toHaveLength(1)
    expect(asked).toBe(1)
    expect(locations(await sitemapsOf({ datasets: list }, 'https://other.example.org').index())[0]).toContain(
      'other.example.org',
    )
    expect(asked).toBe(2)
  })

  it('that are not known yet are told apart from those that are none, and whoever asks does not wait', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const slow: List = async cursor => {
      await promise
      return numbered('d', 10_100)(cursor)
    }
    const sitemaps = sitemapsOf({ datasets: slow })
    await expect(sitemaps.index(1)).rejects.toThrow(NotYetKnown)
    await expect(sitemaps.file('datasets-2.xml')).rejects.toThrow(NotYetKnown)
    expect(await sitemaps.file('nothing-2.xml')).toBeUndefined()
    resolve()
    expect(locations(await sitemaps.index())).toHaveLength(2)
    expect(await sitemaps.file('datasets-2.xml')).toBeDefined()
    expect(await sitemaps.file('datasets-3.xml')).toBeUndefined()
  })

  it.each([false, true])('go on where a walk stopped, in a new process: %s', async isNew => {
    const asked: (string | undefined)[] = []
    let limit = 150
    const limited: List = cursor => {
      if (asked.length === limit) throw new Refused('RateLimitExceeded', 'over 3000 requests')
      asked.push(cursor)
      return numbered('d', 30_000)(cursor)
    }
    const lists = { people: numbered('p', 10), datasets: limited }
    let sitemaps = sitemapsOf(lists)
    await expect(sitemaps.index()).rejects.toThrow(NotYetKnown)
    expect(failures).toEqual(['over 3000 requests'])
    // What was rendered is there already.
    expect(locations(await sitemaps.file('datasets-1.xml'))).toHaveLength(10_000)
    await expect(sitemaps.index()).rejects.toThrow(NotYetKnown)
    expect(asked).toHaveLength(150)
    limit = Number.POSITIVE_INFINITY
    if (isNew) sitemaps = sitemapsOf(lists)
    else vi.useFakeTimers({ now: Date.now() + 61_000, toFake: ['Date'] })
    expect(locations(await sitemaps.index())).toHaveLength(4)
    expect(asked[150]).toBe('10000')
    expect(asked).toHaveLength(350)
  })

  it('stand until they are made anew; files of which nothing is left go', async () => {
    let total = 10_001
    let isAway = false
    const list: List = cursor => {
      if (isAway) throw new Error('away')
      return numbered('d', total)(cursor)
    }
    const sitemaps = sitemapsOf({ datasets: list })
    expect(locations(await sitemaps.index())).toHaveLength(2)
    total = 5
    isAway = true
    vi.useFakeTimers({ now: Date.now() + 3_600_001, toFake: ['Date'] })
    expect(locations(await sitemaps.index())).toHaveLength(2)
    await vi.waitFor(() => expect(failures).toEqual(['away']))
    isAway = false
    vi.setSystemTime(Date.now() + 60_001)
    await vi.waitFor(async () => expect(locations(await sitemaps.index())).toHaveLength(1))
    await vi.waitFor(async () => expect(await readdir(folder)).toEqual(['datasets-1.xml', 'known.json']))
    expect(await sitemaps.file('datasets-2.xml')).toBeUndefined()
  })

  it('begin anew where the place at which they stopped is known no more', async () => {
    let asked = 0
    const list: List = async cursor => {
      asked += 1
      if (asked === 101) throw new Error('away')
      if (asked === 102) throw new Refused('InvalidCursor', 'what is that?')
      return numbered('d', 10_100)(cursor)
    }
    const later = () => sitemapsOf({ datasets: list }).index()
    const sitemaps = sitemapsOf({ datasets: list })
    await expect(sitemaps.index()).rejects.toThrow(NotYetKnown)
    vi.useFakeTimers({ now: Date.now() + 61_000, toFake: ['Date'] })
    await expect(sitemaps.index()).rejects.toThrow(NotYetKnown)
    vi.setSystemTime(Date.now() + 61_000)
    expect(locations(await sitemaps.index())).toHaveLength(2)
    expect(asked).toBe(102 + 101)
    expect(locations(await later())).toHaveLength(2)
  })
})
