import { describe, expect, it } from 'vitest'
import { type List, Sitemaps } from './sitemaps.ts'

/** A list of numbered places, a hundred a page. */
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

const locations = (xml: string) => [...xml.matchAll(/<loc>([^<]*)<\/loc>/g)].map(([, location]) => location!)

describe('sitemaps', () => {
  it('name every page once, whatever its place in the lists', async () => {
    const lists = {
      datasets: numbered('d', 12_345),
      people: numbered('p', 5_000),
      collections: numbered('c', 0),
    }
    const sitemaps = new Sitemaps(lists, 'https://frost.example.org')
    const index = await sitemaps.index()
    const files = locations(index)
    expect(files).toEqual([
      ...[1, 2, 3].map(number => `https://frost.example.org/sitemaps/datasets-${number}.xml`),
      'https://frost.example.org/sitemaps/people-1.xml',
      'https://frost.example.org/sitemaps/collections-1.xml',
    ])
    expect(index).toContain('<lastmod>2026-01-28</lastmod>')
    const mapped: string[] = []
    for (const file of files) mapped.push(...locations((await sitemaps.file(file.split('/').at(-1)!))!))
    expect(mapped).toHaveLength(17_345)
    const found = new Set(mapped)
    expect(found.size).toBe(17_345)
    expect(found.has('https://frost.example.org/d/12344')).toBe(true)
  })

  it('have no other names, and need no index to be asked for', async () => {
    const sitemaps = new Sitemaps({ datasets: numbered('d', 5_001) }, 'https://frost.example.org')
    expect(locations((await sitemaps.file('datasets-2.xml'))!)).toEqual(['https://frost.example.org/d/5000'])
    for (const name of ['datasets-3.xml', 'datasets-0.xml', 'constructor-1.xml', 'datasets-1.xml.gz', ''])
      expect(await sitemaps.file(name)).toBeUndefined()
  })

  it('do not keep a robot waiting for a long list, and are walked once for all who ask', async () => {
    let asked = 0
    const { promise, resolve } = Promise.withResolvers<void>()
    const slow: List = async cursor => {
      asked += 1
      if (cursor !== undefined) await promise
      return { places: [{ path: '/d/&' }], ...(asked < 60 && { cursor: String(asked) }) }
    }
    const sitemaps = new Sitemaps({ datasets: slow }, 'https://frost.example.org')
    const [first] = await Promise.all([sitemaps.index(1), sitemaps.index(1)])
    expect(locations(first!)).toEqual([])
    resolve()
    expect(locations(await sitemaps.index())).toHaveLength(2)
    expect(asked).toBe(60)
    expect(await sitemaps.index()).toContain('datasets-2.xml')
    expect(asked).toBe(60)
  })
})
