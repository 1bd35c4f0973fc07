/** Laws that hold of any documents and requests, held against their definitions. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { areaMeets, parsePolygon } from '../area.ts'
import { boxesMeet } from '../boxes.ts'
import type { Box, SearchDocument, SearchEngine, SearchFilters } from '../engine.ts'
import { facetNames, InvalidQuery } from '../engine.ts'
import { everyUri, makeDocument } from './documents.ts'
import type { Start } from './index.ts'

/** @param runs how many random cases each law gets */
export function laws(start: Start, runs: number): void {
  test('law: filters answer what their definition says, pages are complete, facets agree', async () => {
    const engine = await start()
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyDocument, { maxLength: 40 }),
        fc.array(anyFilters, { minLength: 3, maxLength: 6 }),
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom('relevance' as const, 'newest' as const, 'most-used' as const),
        async (documents, manyFilters, limit, sort) => {
          await engine.clear()
          await engine.apply({ upserts: documents, deletes: [], watermark: 1 })
          await engine.settle()
          const latest = new Map(documents.map(one => [one.uri, one]))
          expect(await engine.count()).toBe(latest.size)
          for (const filters of manyFilters) {
            const expected = [...latest.values()].filter(one => passes(one, filters))
            const found = await everyUri(engine, { ...filters, limit, sort })
            expect(found.toSorted()).toEqual(expected.map(one => one.uri).sort())
            const page = await engine.search({ ...filters, limit, sort })
            expect(page).toMatchObject({ total: expected.length, totalIsExact: true })
            const facets = await engine.facets(filters, [...facetNames], { disjunctive: false, limit: 100 })
            expect(facets).toMatchObject({ total: expected.length, exact: true })
            const counted = facets.facets[0]!.values.map(({ value, count }) => [value, count])
            const counts = new Map<string, number>()
            for (const one of expected)
              for (const value of new Set(one.formats)) counts.set(value, (counts.get(value) ?? 0) + 1)
            expect(Object.fromEntries(counted)).toEqual(Object.fromEntries(counts))
          }
        },
      ),
      { numRuns: runs },
    )
  })

  test('law: insert ≡ insert, delete, insert; replays change nothing', async () => {
    const dump = async (engine: SearchEngine) => ({
      list: await everyUri(engine, { limit: 10, sort: 'newest' }).then(uris => uris.sort()),
      hits: (await engine.search({ q: 'sea ice temperature', limit: 50 })).hits.toSorted((a, b) =>
        a.uri < b.uri ? -1 : 1,
      ),
      facets: await engine.facets({}, [...facetNames]),
      suggestions: await engine.suggest('s', 20),
    })
    const straight = await start()
    const crooked = await start()
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyDocument, { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(11)),
        async (documents, picks) => {
          await straight.clear()
          await crooked.clear()
          const once = [...new Map(documents.map(one => [one.uri, one])).values()]
          await straight.apply({ upserts: once, deletes: [], watermark: 1 })
          await crooked.apply({ upserts: once, deletes: [], watermark: 1 })
          const some = picks.flatMap(index => once[index] ?? [])
          await crooked.apply({ upserts: [], deletes: some.map(one => one.uri), watermark: 2 })
          await crooked.apply({
            upserts: some.map(one => ({ ...one, title: 'other sea' })),
            deletes: [],
            watermark: 3,
          })
          for (let again = 0; again < 2; again++)
            await crooked.apply({ upserts: some, deletes: [], watermark: 4 })
          await crooked.settle()
          expect(await dump(crooked)).toEqual(await dump(straight))
        },
      ),
      { numRuns: runs },
    )
  })
  test('takes any text as a query or refuses it by name', async () => {
    const engine = await start([makeDocument('a', { title: 'sea ice' })])
    await expect(engine.search({ q: 'x'.repeat(100_000), limit: 1 })).rejects.toThrow(InvalidQuery)
    const odd = [
      '***',
      '"',
      'NOT AND OR',
      'a:b:c',
      'title:(x OR y)~2^3',
      '"\u0000"',
      '🦈🧊',
      'שלום עולם',
      "'; DROP TABLE documents; --",
      '\ud800',
      '-',
      '--x',
      'sea" OR "',
    ]
    for (const q of odd) await engine.search({ q, limit: 1 })
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async q => {
        await engine.search({ q, limit: 1 }).catch(error => expect(error).toBeInstanceOf(InvalidQuery))
        await engine.suggest(q, 5)
        await engine.correct(q)
      }),
      { numRuns: runs * 3 },
    )
  })
}

const vocabulary = [
  'sea',
  'surface',
  'temperature',
  'ice',
  'salinity',
  'ocean',
  'wind',
  'genome',
  'survey',
  'stars',
]
const anyWords = (most: number) =>
  fc.array(fc.constantFrom(...vocabulary), { maxLength: most }).map(all => all.join(' '))
const anyOf = (...values: string[]) => fc.uniqueArray(fc.constantFrom(...values), { maxLength: 2 })
const degrees = (most: number) => fc.integer({ min: -most, max: most })
const anyBox: fc.Arbitrary<Box> = fc
  .record({ west: degrees(180), east: degrees(180), a: degrees(90), b: degrees(90) })
  .map(({ west, east, a, b }) => ({ west, east, south: Math.min(a, b), north: Math.max(a, b) }))

export const anyDocument: fc.Arbitrary<SearchDocument> = fc
  .record({
    key: fc.integer({ min: 0, max: 30 }),
    title: anyWords(4),
    description: anyWords(8),
    formats: anyOf('zarr', 'NetCDF', 'cog'),
    licenses: anyOf('CC-BY-4.0', 'CC0-1.0'),
    keywords: anyOf('ocean', 'climate', 'genomics'),
    variables: anyOf('sst', 'sea_surface_temperature', 'u10'),
    publisherId: fc.constantFrom('did:plc:alice', 'did:plc:bob'),
    boxes: fc.array(anyBox, { maxLength: 3 }),
    from: fc.option(fc.integer({ min: 1950, max: 2020 }), { nil: undefined }),
    length: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
    createdAt: fc.integer({ min: 0, max: 5 }),
    used: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ key, from, length, ...fields }) =>
    makeDocument(`set-${key}`, {
      ...fields,
      ...(from !== undefined && { from }),
      ...(from !== undefined && length !== undefined && { until: from + length }),
    }),
  )

export const anyFilters: fc.Arbitrary<SearchFilters> = fc.record(
  {
    q: fc
      .tuple(anyWords(3), anyOf('-format:zarr', '-variable:se*', 'year:1990..2000', 'license:cc-*'))
      .map(([text, fields]) => [text, ...fields].join(' ')),
    format: anyOf('zarr', 'netcdf', 'cog', 'unknown'),
    license: anyOf('cc-by-4.0', 'CC0-1.0'),
    keyword: anyOf('ocean', 'Climate'),
    variable: anyOf('sst', 'u10'),
    publisher: anyOf('did:plc:alice', 'did:plc:bob'),
    bbox: anyBox,
    polygon: fc
      .tuple(degrees(180), degrees(80), fc.integer({ min: 1, max: 150 }), fc.integer({ min: 1, max: 9 }))
      .map(([x, y, wide, high]) => parsePolygon(`${x},${y},${x + wide},${y},${x + 1},${y + high}`)),
    from: fc.integer({ min: 1950, max: 1985 }),
    until: fc.integer({ min: 1985, max: 2030 }),
  },
  { requiredKeys: [] },
)

/** The filters by their definition, one document at a time. */
export function passes(document: SearchDocument, filters: SearchFilters): boolean {
  const lower = (values: readonly string[]) => values.map(value => value.toLowerCase())
  const one = (asked: readonly string[] | undefined, held: readonly string[]) =>
    !asked || asked.length === 0 || lower(asked).some(value => lower(held).includes(value))
  const text = `${document.title} ${document.slugWords} ${document.subjects} ${document.variables.join(' ')} ${document.description}`
  const held = new Set(text.toLowerCase().split(/[\s_,-]+/))
  const parts = (filters.q ?? '').split(' ').filter(Boolean)
  const asked = parts.filter(part => !part.includes(':'))
  const isAsked = (part: string) => parts.includes(part)
  const timed = document.from !== undefined || document.until !== undefined
  const { bbox, polygon, from, until } = filters
  const overlaps = (first: number, last: number) =>
    timed && (document.until ?? Number.POSITIVE_INFINITY) >= first && (document.from ?? -Infinity) <= last
  return (
    !(isAsked('-format:zarr') && lower(document.formats).includes('zarr')) &&
    !(isAsked('-variable:se*') && document.variables.some(name => name.startsWith('se'))) &&
    (!isAsked('license:cc-*') || document.licenses.some(name => name.startsWith('CC-'))) &&
    (!isAsked('year:1990..2000') || overlaps(1990, 2000.99)) &&
    (!polygon || document.boxes.some(box => areaMeets(polygon, box))) &&
    (asked.length === 0 || asked.some(word => held.has(word))) &&
    one(filters.format, document.formats) &&
    one(filters.license, document.licenses) &&
    one(filters.model, document.models) &&
    one(filters.keyword, document.keywords) &&
    one(filters.variable, document.variables) &&
    one(filters.publisher, [document.publisherId]) &&
    (!bbox || document.boxes.some(box => boxesMeet(box, bbox))) &&
    (from === undefined || (timed && (document.until ?? Number.POSITIVE_INFINITY) >= from)) &&
    (until === undefined || (timed && (document.from ?? Number.NEGATIVE_INFINITY) <= until))
  )
}
