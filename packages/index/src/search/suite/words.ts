/** What words find, in which order, and what is offered for those that find nothing. */
import { expect, test } from 'vitest'
import type { SearchRequest } from '../engine.ts'
import { makeDocument, names } from './documents.ts'
import type { Start } from './index.ts'

export function words(start: Start): void {
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

  test('regression: a range of years ends before the next year begins', async () => {
    const engine = await start([
      makeDocument('within', { from: 2000.5, until: 2000.6 }),
      makeDocument('next', { from: 2001, until: 2002 }),
    ])
    const find = async (q: string) => names(await engine.search({ q, limit: 10 })).sort()
    expect(await find('year:1990..2000')).toEqual(['within'])
    expect(await find('year:<2001')).toEqual(['within'])
    expect(await find('year:2001')).toEqual(['next'])
    expect(await find('year:1990..2001')).toEqual(['next', 'within'])
  })
}
