/** What filters let through, in which order, page by page, and how it is counted. */
import { expect, test } from 'vitest'
import { parsePolygon } from '../area.ts'
import type { SearchRequest } from '../engine.ts'
import { InvalidCursor, InvalidFilter } from '../engine.ts'
import { makeDocument, names } from './documents.ts'
import type { Start } from './index.ts'

export function listings(start: Start): void {
  test('refuses cursors, filters and limits that cannot be', async () => {
    const documents = Array.from({ length: 5 }, (_, index) => makeDocument(`ice-${index}`, { title: 'ice' }))
    const engine = await start(documents)
    const first = await engine.search({ q: 'ice', limit: 2 })
    const refused = (request: Partial<SearchRequest>) =>
      expect(engine.search({ limit: 2, ...request })).rejects
    await refused({ cursor: 'nonsense!' }).toThrow(InvalidCursor)
    await refused({ cursor: '' }).toThrow(InvalidCursor)
    await refused({ cursor: Buffer.from('[1,2,3]').toString('base64url') }).toThrow(InvalidCursor)
    await refused({ cursor: first.cursor!, q: 'snow' }).toThrow(InvalidCursor)
    await refused({ limit: 0 }).toThrow(InvalidFilter)
    await refused({ limit: 1_000 }).toThrow(InvalidFilter)
    await refused({ bbox: { west: 0, south: 10, east: 1, north: 0 } }).toThrow(InvalidFilter)
    await refused({ from: Number.NaN }).toThrow(InvalidFilter)
    await refused({ from: 2010, until: 2000 }).toThrow(InvalidFilter)
    await refused({ sort: 'best' as 'newest' }).toThrow(InvalidFilter)
  })

  test('meets boxes across the anti-meridian and exactly where there are several', async () => {
    const engine = await start([
      makeDocument('fiji', { boxes: [{ west: 177, south: -20, east: -178, north: -15 }] }),
      makeDocument('two', {
        boxes: [
          { west: -10, south: 40, east: 0, north: 50 },
          { west: 100, south: -10, east: 110, north: 0 },
        ],
      }),
      makeDocument('world', { boxes: [{ west: -180, south: -90, east: 180, north: 90 }] }),
    ])
    const find = async (west: number, south: number, east: number, north: number) => {
      const page = await engine.search({ bbox: { west, south, east, north }, limit: 10 })
      expect(page).toMatchObject({ total: page.hits.length, totalIsExact: true })
      return names(page).sort()
    }
    expect(await find(178, -18, 179, -17)).toEqual(['fiji', 'world'])
    expect(await find(-179.5, -18, -179, -17)).toEqual(['fiji', 'world'])
    expect(await find(170, -18, -170, -17)).toEqual(['fiji', 'world'])
    expect(await find(50, 10, 60, 20)).toEqual(['world'])
    expect(await find(-5, 45, 5, 46)).toEqual(['two', 'world'])
    const within = async (polygon: string) =>
      names(await engine.search({ polygon: parsePolygon(polygon), limit: 10 })).sort()
    expect(await within('178,-18,184,-18,181,-16')).toEqual(['fiji', 'world'])
    expect(await within('40,10,60,10,50,30')).toEqual(['world'])
    expect(await within('-12,38,-11,52,-11.5,52')).toEqual(['world'])
    expect(await within('-12,38,-8,52,-11.5,52')).toEqual(['two', 'world'])
  })

  test('filters and counts by access', async () => {
    const engine = await start([
      makeDocument('closed', { access: ['restricted'] }),
      makeDocument('mixed', { access: ['open', 'registered'] }),
      makeDocument('free', { access: ['open'] }),
    ])
    const find = async (request: Partial<SearchRequest>) =>
      names(await engine.search({ ...request, limit: 10 })).sort()
    expect(await find({ q: 'access:open' })).toEqual(['free', 'mixed'])
    expect(await find({ q: '-access:open' })).toEqual(['closed'])
    expect(await find({ access: ['restricted', 'registered'] })).toEqual(['closed', 'mixed'])
    expect((await engine.facets({}, ['access'])).facets[0]!.values[0]).toEqual({ value: 'open', count: 2 })
  })

  test('filters and counts by offers', async () => {
    const engine = await start([
      makeDocument('sold', { offers: ['any', 'paid', 'subscription'] }),
      makeDocument('given', { offers: ['any', 'free'] }),
      makeDocument('plain'),
    ])
    const find = async (request: Partial<SearchRequest>) =>
      names(await engine.search({ ...request, limit: 10 })).sort()
    expect(await find({ q: 'has:offer' })).toEqual(['given', 'sold'])
    expect(await find({ q: '-has:offer' })).toEqual(['plain'])
    expect(await find({ q: 'price:paid' })).toEqual(['sold'])
    expect(await find({ offer: ['free', 'subscription'] })).toEqual(['given', 'sold'])
    expect((await engine.facets({}, ['offer'])).facets[0]!.values).toEqual([
      { value: 'any', count: 2 },
      { value: 'free', count: 1 },
      { value: 'paid', count: 1 },
      { value: 'subscription', count: 1 },
    ])
    await engine.apply({ upserts: [makeDocument('sold')], deletes: [], watermark: 2 })
    expect(await find({ q: 'has:offer' })).toEqual(['given'])
  })

  test('orders by age and by use', async () => {
    const engine = await start(
      [3, 1, 2].map(n => makeDocument(`ice-${n}`, { title: 'ice', createdAt: n, used: 10 - n })),
    )
    for (const q of ['', 'ice']) {
      expect(names(await engine.search({ q, sort: 'newest', limit: 5 }))).toEqual(['ice-3', 'ice-2', 'ice-1'])
      expect(names(await engine.search({ q, sort: 'most-used', limit: 5 }))).toEqual([
        'ice-1',
        'ice-2',
        'ice-3',
      ])
    }
  })

  test('counts facets, with the siblings of a chosen value', async () => {
    const engine = await start([
      makeDocument('a', { title: 'ice', formats: ['Zarr'], licenses: ['CC0-1.0'] }),
      makeDocument('b', { title: 'ice', formats: ['zarr', 'csv'], licenses: ['MIT'] }),
      makeDocument('c', { title: 'snow', formats: ['csv'], licenses: ['MIT'] }),
    ])
    const everything = await engine.facets({}, ['format', 'publisher'])
    expect(everything).toEqual({
      total: 3,
      exact: true,
      facets: [
        {
          name: 'format',
          values: [
            { value: 'Zarr', count: 2 },
            { value: 'csv', count: 2 },
          ],
        },
        { name: 'publisher', values: [{ value: 'did:plc:alice', count: 3 }] },
      ],
    })
    const chosen = await engine.facets({ q: 'ice', format: ['csv'] }, ['format', 'license'])
    expect(chosen.total).toBe(1)
    expect(chosen.facets[0]!.values).toEqual([
      { value: 'Zarr', count: 2 },
      { value: 'csv', count: 1 },
    ])
    expect(chosen.facets[1]!.values).toEqual([{ value: 'MIT', count: 1 }])
    const strict = await engine.facets({ q: 'ice', format: ['csv'] }, ['format'], { disjunctive: false })
    expect(strict.facets[0]!.values).toEqual([
      { value: 'Zarr', count: 1 },
      { value: 'csv', count: 1 },
    ])
  })

  test('a listing under way is not disturbed by arrivals', async () => {
    const old = Array.from({ length: 25 }, (_, index) =>
      makeDocument(`old-${index}`, { title: 'ice', createdAt: index }),
    )
    const engine = await start(old)
    for (const request of [
      { q: 'ice' },
      { sort: 'newest' as const },
      { q: 'ice', sort: 'newest' as const },
    ]) {
      const uris: string[] = []
      let cursor: string | undefined
      let round = 0
      do {
        const page = await engine.search({ ...request, limit: 10, ...(cursor && { cursor }) })
        uris.push(...page.hits.map(hit => hit.uri))
        cursor = page.cursor
        const arrival = makeDocument(`new-${round++}-${request.q}-${request.sort}`, {
          title: 'ice',
          createdAt: 12,
        })
        await engine.apply({ upserts: [arrival], deletes: [], watermark: 2 })
        if (round === 1) expect(cursor).toBeDefined()
      } while (cursor && round < 10)
      expect(new Set(uris).size).toBe(uris.length)
      for (const one of old) expect(uris).toContain(one.uri)
      await engine.apply({
        upserts: [],
        deletes: Array.from(
          { length: round },
          (_, n) => makeDocument(`new-${n}-${request.q}-${request.sort}`).uri,
        ),
        watermark: 3,
      })
    }
  })
}
