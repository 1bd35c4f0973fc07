/** What every engine must do, written once and run on each. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nsid } from '@frost/lexicon'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { areaMeets, parsePolygon } from './area.ts'
import { boxesMeet } from './boxes.ts'
import type { Box, SearchDocument, SearchEngine, SearchFilters, SearchRequest } from './engine.ts'
import { facetNames, InvalidCursor, InvalidFilter, InvalidQuery } from './engine.ts'

export function makeDocument(name: string, fields: Partial<SearchDocument> = {}): SearchDocument {
  return {
    uri: `at://did:plc:alice/${nsid('dataset.entry')}/${name}`,
    did: 'did:plc:alice',
    title: name,
    slugWords: name.replaceAll('-', ' '),
    subjects: [],
    creators: [],
    publisher: '',
    distributionTitles: [],
    variables: [],
    description: '',
    formats: [],
    licenses: [],
    models: [],
    keywords: [],
    publisherId: 'did:plc:alice',
    boxes: [],
    createdAt: 1_700_000_000_000,
    used: 0,
    ...fields,
  }
}

const names = (page: { hits: readonly { uri: string }[] }) => page.hits.map(hit => hit.uri.split('/').at(-1)!)

/** Every result of a request, page by page. */
export async function everyUri(
  engine: SearchEngine,
  request: Omit<SearchRequest, 'cursor'>,
): Promise<string[]> {
  const uris: string[] = []
  let cursor: string | undefined
  do {
    const page = await engine.search({ ...request, ...(cursor && { cursor }) })
    expect(page.hits.length).toBeLessThanOrEqual(request.limit)
    uris.push(...page.hits.map(hit => hit.uri))
    cursor = page.cursor
  } while (cursor)
  return uris
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

const anyDocument: fc.Arbitrary<SearchDocument> = fc
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

const anyFilters: fc.Arbitrary<SearchFilters> = fc.record(
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

/**
 * @param open opens an engine on a folder; called again on the same folder after a close
 * @param runs how many random cases each law gets
 */
export function searchSuite(name: string, open: (dir: string) => Promise<SearchEngine>, runs = 40): void {
  describe(name, () => {
    const cleanups: (() => Promise<void> | void)[] = []
    afterEach(async () => {
      for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
    })
    const makeFolder = () => {
      const dir = mkdtempSync(join(tmpdir(), 'frost-search-'))
      cleanups.push(() => rmSync(dir, { recursive: true, force: true }))
      return dir
    }
    const start = async (documents: readonly SearchDocument[] = []) => {
      const engine = await open(makeFolder())
      cleanups.push(() => engine.close())
      if (documents.length > 0) await engine.apply({ upserts: documents, deletes: [], watermark: 1 })
      return engine
    }

    test('a pasted title finds its dataset, though hyphens in it would exclude words', async () => {
      const engine = await start([
        makeDocument('raw', { title: 'VIIRS Raw Radiances 6-Min Swath -NRT' }),
        makeDocument('calibrated', { title: 'VIIRS Calibrated Radiances 6-Min Swath' }),
      ])
      const find = async (q: string) => names(await engine.search({ q, limit: 10 }))
      expect((await find('VIIRS Raw Radiances 6-Min Swath -NRT'))[0]).toBe('raw')
      expect(await find('VIIRS Radiances -NRT')).toEqual(['calibrated'])
    })

    test('a title of common words comes first, however many datasets have the words somewhere', async () => {
      const noise = Array.from({ length: 400 }, (_, number) =>
        makeDocument(`noise-${number}`, {
          title: `Project ${number}`,
          subjects: ['nasa', 'eosdis', 'project'],
          publisher: 'NASA EOSDIS',
          description: 'NASA EOSDIS project',
        }),
      )
      const itself = { title: 'NASA EOSDIS Project', description: 'long text '.repeat(500) }
      const engine = await start([...noise, makeDocument('itself', itself)])
      expect(names(await engine.search({ q: 'nasa eosdis project', limit: 10 }))[0]).toBe('itself')
    })

    test('finds by any word of any field, stemmed and folded', async () => {
      const engine = await start([
        makeDocument('a', { title: 'Sea surface temperatures' }),
        makeDocument('b', { description: 'Météorologie of the Köppen zones' }),
        makeDocument('c', { creators: ['Ada Lovelace'], variables: ['airTemperature', 'eastward_wind'] }),
        makeDocument('noaa-goes16', { subjects: ['weather satellites'] }),
      ])
      const find = async (q: string) => names(await engine.search({ q, limit: 10 })).sort()
      expect(await find('temperature')).toEqual(['a', 'c'])
      expect(await find('meteorologie')).toEqual(['b'])
      expect(await find('KÖPPEN')).toEqual(['b'])
      expect(await find('lovelace')).toEqual(['c'])
      expect(await find('wind')).toEqual(['c'])
      expect(await find('goes16')).toEqual(['noaa-goes16'])
      expect(await find('satellite')).toEqual(['noaa-goes16'])
      expect(await find('where can I find the temperature of the sea surface')).toEqual(['a', 'c'])
      expect(await find('nothing-like-it')).toEqual([])
    })

    test('completes a word that nothing has', async () => {
      const engine = await start([
        makeDocument('s2', { title: 'Sentinel scenes' }),
        makeDocument('l8', { title: 'Landsat' }),
      ])
      expect(names(await engine.search({ q: 'sentin', limit: 5 }))).toEqual(['s2'])
    })

    test('understands phrases, exclusions and fields', async () => {
      const engine = await start([
        makeDocument('near', { title: 'surface temperature', formats: ['zarr'] }),
        makeDocument('far', { title: 'temperature below the surface', formats: ['Zarr'] }),
        makeDocument('apart', { subjects: ['surface', 'temperature'], formats: ['csv'] }),
      ])
      const find = async (q: string) => names(await engine.search({ q, limit: 10 })).sort()
      expect(await find('"surface temperature"')).toEqual(['near'])
      expect(await find('temperature -below')).toEqual(['apart', 'near'])
      expect(await find('temperature -"surface temperature"')).toEqual(['apart', 'far'])
      expect(await find('temperature format:ZARR')).toEqual(['far', 'near'])
      expect(await find('format:csv')).toEqual(['apart'])
      expect(await find('-below')).toEqual(['apart', 'near'])
    })

    test('excludes values, takes patterns, names, titles and times', async () => {
      const engine = await start([
        makeDocument('mur', {
          title: 'Sea surface temperature',
          formats: ['zarr'],
          licenses: ['CC-BY-4.0'],
          creators: ['Lovelace, Ada'],
          from: 2002,
          until: Number.POSITIVE_INFINITY,
          createdAt: Date.UTC(2024, 4, 1),
        }),
        makeDocument('ice', {
          title: 'Ice',
          description: 'beside the sea',
          formats: ['CSV'],
          licenses: ['CC-BY-SA-4.0', 'MIT'],
          creators: ['Grace Hopper'],
          from: 1900,
          until: 1950,
          createdAt: Date.UTC(2020, 0, 1),
        }),
      ])
      const find = async (q: string, more: Partial<SearchRequest> = {}) =>
        names(await engine.search({ q, limit: 10, ...more })).sort()
      expect(await find('sea')).toEqual(['ice', 'mur'])
      expect(await find('sea -format:csv')).toEqual(['mur'])
      expect(await find('-format:csv -license:mit')).toEqual(['mur'])
      expect(await find('license:cc-by*')).toEqual(['ice', 'mur'])
      expect(await find('license:cc-by-4*')).toEqual(['mur'])
      expect(await find('author:lovelace')).toEqual(['mur'])
      expect(await find('author:"ada lovelace"')).toEqual(['mur'])
      expect(await find('author:hop* sea')).toEqual(['ice'])
      expect(await find('', { creator: ['Grace Hopper'] })).toEqual(['ice'])
      expect(await find('title:sea')).toEqual(['mur'])
      expect(await find('sea -title:sea')).toEqual(['ice'])
      expect(await find('-title:sea')).toEqual(['ice'])
      expect(await find('"sea"')).toEqual(['ice', 'mur'])
      expect(await find('year:2010')).toEqual(['mur'])
      expect(await find('year:..1960 sea')).toEqual(['ice'])
      expect(await find('published:2024')).toEqual(['mur'])
      expect(await find('published:<2024 sea')).toEqual(['ice'])
      expect(
        await find('publisher:somebody', { accounts: new Map([['somebody', ['did:plc:alice']]]) }),
      ).toEqual(['ice', 'mur'])
      expect(
        await find('-publisher:somebody', { accounts: new Map([['somebody', ['did:plc:alice']]]) }),
      ).toEqual([])
      const facets = await engine.facets({ q: 'sea' }, ['creator'])
      expect(facets.facets[0]!.values).toEqual([
        { value: 'Grace Hopper', count: 1 },
        { value: 'Lovelace, Ada', count: 1 },
      ])
      expect((await engine.suggest('lovel', 5))[0]).toMatchObject({ kind: 'creator', value: 'Lovelace, Ada' })
      const { buckets, ...rest } = await engine.timeline({ q: 'sea', from: 2020 })
      expect(rest).toEqual({ undated: 0, total: 2, exact: true })
      expect(buckets[0]).toMatchObject({ from: 1900, count: 1 })
      expect(buckets.at(-1)!.count).toBe(1)
      expect((await engine.timeline({})).total).toBe(2)
    })

    test('says what may have been meant', async () => {
      const engine = await start([
        makeDocument('mur', { title: 'Sea surface temperature', formats: ['zarr'], licenses: ['CC-BY-4.0'] }),
        makeDocument('sal', {
          title: 'Salinity',
          variables: ['sea_water_salinity'],
          creators: ['Ada Lovelace'],
        }),
      ])
      expect(await engine.correct('see surfce temprature')).toBe('see surface temperature')
      expect(await engine.correct('salnity format:zar year:2001')).toBe('salinity format:zarr year:2001')
      expect(await engine.correct('license:"cc by 4.0"')).toBe('license:CC-BY-4.0')
      expect(await engine.correct('variable:salinity')).toBe('variable:sea_water_salinity')
      expect(await engine.correct('author:lovelase')).toBe('author:lovelace')
      expect(await engine.correct('sea surface')).toBeUndefined()
      expect(await engine.correct('xyzzyq')).toBeUndefined()
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

    test('refuses cursors, filters and limits that cannot be', async () => {
      const documents = Array.from({ length: 5 }, (_, index) =>
        makeDocument(`ice-${index}`, { title: 'ice' }),
      )
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

    test('orders by age and by use', async () => {
      const engine = await start(
        [3, 1, 2].map(n => makeDocument(`ice-${n}`, { title: 'ice', createdAt: n, used: 10 - n })),
      )
      for (const q of ['', 'ice']) {
        expect(names(await engine.search({ q, sort: 'newest', limit: 5 }))).toEqual([
          'ice-3',
          'ice-2',
          'ice-1',
        ])
        expect(names(await engine.search({ q, sort: 'most-used', limit: 5 }))).toEqual([
          'ice-1',
          'ice-2',
          'ice-3',
        ])
      }
    })

    test('ranks the title above the description', async () => {
      const filler = Array.from({ length: 30 }, (_, index) =>
        makeDocument(`x-${index}`, { description: 'wind and genome data' }),
      )
      const engine = await start([
        ...filler,
        makeDocument('body', { title: 'something else', description: 'salinity once among other things' }),
        makeDocument('head', { title: 'salinity' }),
      ])
      expect(names(await engine.search({ q: 'salinity', limit: 2 }))).toEqual(['head', 'body'])
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

    test('completes titles, keywords and variables', async () => {
      const engine = await start([
        makeDocument('a', {
          title: 'Sea Surface Temperature',
          keywords: ['sea ice'],
          variables: ['sea_surface_temperature'],
        }),
        makeDocument('b', { title: 'Arctic', keywords: ['sea ice', 'polar'] }),
      ])
      const values = async (prefix: string) =>
        (await engine.suggest(prefix, 10)).map(one => `${one.kind}:${one.value}:${one.count}`)
      expect(await values('sea')).toEqual([
        'keyword:sea ice:2',
        'variable:sea_surface_temperature:1',
        'title:Sea Surface Temperature:1',
      ])
      expect(await values('surf')).toEqual([
        'variable:sea_surface_temperature:1',
        'title:Sea Surface Temperature:1',
      ])
      expect(await values('sea i')).toEqual(['keyword:sea ice:2'])
      expect(await values('  ')).toEqual([])
      await engine.apply({
        upserts: [],
        deletes: [makeDocument('b').uri, makeDocument('a').uri],
        watermark: 2,
      })
      expect(await values('sea')).toEqual([])
    })

    test('keeps its watermark and content when opened again', async () => {
      const dir = makeFolder()
      const first = await open(dir)
      await first.apply({ upserts: [makeDocument('a', { title: 'ice' })], deletes: [], watermark: 7 })
      await first.close()
      const second = await open(dir)
      cleanups.push(() => second.close())
      expect(await second.watermark()).toBe(7)
      expect(names(await second.search({ q: 'ice', limit: 5 }))).toEqual(['a'])
      await second.clear()
      expect(await second.watermark()).toBe(0)
      expect(await second.count()).toBe(0)
      expect(await second.search({ q: 'ice', limit: 5 })).toEqual({ hits: [], total: 0, totalIsExact: true })
      await second.apply({ upserts: [makeDocument('b', { title: 'ice' })], deletes: [], watermark: 1 })
      expect(names(await second.search({ q: 'ice', limit: 5 }))).toEqual(['b'])
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
  })
}
