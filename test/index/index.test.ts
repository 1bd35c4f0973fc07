/** What the index must do, whichever database holds its truth. */

import { type Index, QueryError } from '@frost/index'
import { datasetsOfOverOffers } from '@frost/index/offer-facts'
import { recordPages } from '@frost/index/record-pages'
import { definition, nsid } from '@frost/lexicon'
import { examples } from '@frost/lexicon/corpus/valid'
import { describe, expect, it } from 'vitest'
import { ENGINES } from './engines.ts'
import { freshIndexes } from './fresh-indexes.ts'
import { ALICE, account, BOB, change, Events, entryUri, identity, read, TIME } from './network-of.ts'

const ENTRY = nsid('dataset.entry')
const entry = (title: string, more: object = {}) => ({ title, createdAt: TIME, ...more })

describe.each(ENGINES)('the index on %s', engine => {
  const { close, fresh } = freshIndexes(engine)
  const titles = async (index: Index, params: object = {}) => {
    await index.searchable()
    const { entries } = await read(index.queries.searchEntries({ limit: 100, ...params } as never))
    return entries.map(({ record }: { record: { title: string } }) => record.title).sort()
  }
  const sound = async (index: Index) => {
    await index.searchable()
    const { tallies, projections, datasets, searchable } = await index.check()
    expect({ tallies, projections, searchable }).toEqual({
      tallies: [],
      projections: [],
      searchable: datasets,
    })
  }

  it('takes in a record of every type, and agrees with itself', async () => {
    const events = new Events()
    const index = await fresh()
    const changes = []
    for (const [number, { record }] of examples.entries())
      changes.push(
        await change('create', String(record.$type).replace(nsid(''), ''), `key-${number}`, record),
      )
    await index.store.apply(events.batch([events.commit(ALICE, changes)]))
    const { counts, rejected } = await index.status()
    expect(rejected).toEqual({})
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(examples.length)
    expect(Object.entries(counts).filter(([, count]) => count === 0)).toEqual([])
    await sound(index)
  })

  it('takes data for open once its embargo has ended while nobody wrote anything', async () => {
    const events = new Events()
    const index = await fresh()
    const until = (embargoUntil: string) => ({ access: { level: 'embargoed', embargoUntil } })
    await index.store.apply(
      events.batch([
        await events.put(ALICE, 'dataset.entry', 'a', entry('Soon', until('2998-05'))),
        await events.put(ALICE, 'dataset.entry', 'b', entry('Later', until('3005'))),
        await events.put(ALICE, 'dataset.entry', 'c', entry('Ended', until('2020'))),
      ]),
    )
    expect(await titles(index, { access: ['open'] })).toEqual(['Ended'])
    await index.endOffers(new Date('2999-01-01T00:00:00Z'))
    expect(await titles(index, { q: 'access:open' })).toEqual(['Ended', 'Soon'])
    expect(await titles(index, { access: ['embargoed'] })).toEqual(['Later'])
    await sound(index)
  })

  it('counts no offer that has run out while nobody wrote anything', async () => {
    const events = new Events()
    const index = await fresh()
    const offer = (validThrough: string) => ({
      subject: entryUri(ALICE, 'a'),
      url: 'https://shop.example',
      createdAt: TIME,
      validThrough,
    })
    await index.store.apply(
      events.batch([
        await events.put(ALICE, 'dataset.entry', 'a', entry('Sea ice')),
        await events.put(BOB, 'dataset.offer', 'a', offer('2999')),
      ]),
    )
    expect(await titles(index, { offer: ['any'] })).toEqual(['Sea ice'])
    await index.endOffers(new Date('2998-01-01T00:00:00Z'))
    expect(await titles(index, { q: 'has:offer' })).toEqual(['Sea ice'])
    await index.endOffers(new Date('3001-01-01T00:00:00Z'))
    expect(await titles(index, { q: 'has:offer' })).toEqual([])
    expect(await titles(index)).toEqual(['Sea ice'])
    await index.store.apply(events.batch([await events.put(BOB, 'dataset.offer', 'a', offer('2020'))]))
    expect(await titles(index, { offer: ['any'] })).toEqual([])
    await sound(index)
  })

  it('regression: a dataset that is withdrawn while offers are ended does not come back into search', async () => {
    const events = new Events()
    const index = await fresh()
    const offer = { subject: entryUri(ALICE, 'a'), url: 'https://shop.example', createdAt: TIME }
    await index.store.apply(
      events.batch([
        await events.put(ALICE, 'dataset.entry', 'a', entry('Sea ice')),
        await events.put(BOB, 'dataset.offer', 'a', { ...offer, validThrough: '2999' }),
      ]),
    )
    await index.searchable()
    const gone = events.batch([events.delete(ALICE, 'dataset.entry', 'a')])
    await Promise.all([index.endOffers(new Date('3001-01-01T00:00:00Z')), index.store.apply(gone)])
    expect(await titles(index)).toEqual([])
    await sound(index)
    const ended = (before?: string) =>
      datasetsOfOverOffers(index.database, new Date('3001-01-01'), before ? new Date(before) : undefined)
    expect(await ended()).toEqual([offer.subject])
    expect(await ended('2999-06-01')).toEqual([offer.subject])
    expect(await ended('3000-06-01')).toEqual([])
  })

  it('gives records page by page, and lets others in between whether or not they are wanted', async () => {
    const events = new Events()
    const index = await fresh()
    const made = await Promise.all(
      Array.from({ length: 1500 }, (_, place) =>
        change('create', 'dataset.entry', String(place).padStart(4, '0'), entry('Sea ice')),
      ),
    )
    await index.store.apply(events.batch([events.commit(ALICE, made)]))
    const pages: string[][] = []
    for await (const page of recordPages(index.database, () => true)) pages.push(page.map(({ rkey }) => rkey))
    expect(pages.map(({ length }) => length)).toEqual([1000, 500])
    expect(pages.flat()).toEqual(made.map(({ rkey }) => rkey))
    let turns = 0
    const count = () => {
      turns++
      counting = setImmediate(count)
    }
    let counting = setImmediate(count)
    for await (const _ of recordPages(index.database, () => false)) expect.unreachable()
    clearImmediate(counting)
    expect(turns).toBeGreaterThan(1)
  })

  it('shows an update in place of what was, and takes a deletion out of every answer', async () => {
    const events = new Events()
    const index = await fresh()
    await index.store.apply(
      events.batch([
        identity(ALICE, 'alice.example.org'),
        await events.put(ALICE, 'dataset.entry', 'a', entry('Sea ice', { subjects: [{ term: 'ice' }] })),
      ]),
    )
    expect(await titles(index, { q: 'ice' })).toEqual(['Sea ice'])
    await index.store.apply(
      events.batch([
        await events.put(
          ALICE,
          'dataset.entry',
          'a',
          entry('River gauges', { subjects: [{ term: 'rivers' }] }),
        ),
      ]),
    )
    expect(await titles(index, { q: 'ice' })).toEqual([])
    expect(await titles(index, { keyword: ['rivers'] })).toEqual(['River gauges'])
    const { entry: shown } = await read(index.queries.getEntry({ uri: entryUri(ALICE, 'a') }))
    expect(shown).toMatchObject({
      author: { did: ALICE, handle: 'alice.example.org' },
      record: { title: 'River gauges' },
    })

    await index.store.apply(events.batch([events.delete(ALICE, 'dataset.entry', 'a')]))
    expect(await titles(index)).toEqual([])
    expect((await index.status()).counts[ENTRY]).toBe(0)
    await expect(index.queries.getEntry({ uri: entryUri(ALICE, 'a') })).rejects.toThrow(QueryError)
    const { facets } = await read(index.queries.countFacets({ facet: ['keyword'] } as never))
    expect(facets).toMatchObject([{ values: [] }])
    await sound(index)
  })

  it('hides an account that is not active, shows it again, and forgets a purged one', async () => {
    const events = new Events()
    const index = await fresh()
    const version = {
      dataset: { $type: definition('recordRef'), uri: entryUri(ALICE, 'a') },
      entry: {
        uri: entryUri(ALICE, 'a'),
        cid: (await change('create', 'dataset.entry', 'a', entry('Tides'))).cid,
      },
      version: '1',
      releasedAt: TIME,
      createdAt: TIME,
    }
    await index.store.apply(
      events.batch([
        await events.put(ALICE, 'dataset.entry', 'a', entry('Tides')),
        await events.put(ALICE, 'dataset.version', '3jzfcijpj2z2a', version),
        await events.put(BOB, 'dataset.entry', 'b', entry('Winds')),
      ]),
    )
    const before = await index.status()
    await index.store.apply(events.batch([account(ALICE, false, 'deactivated')]))
    expect(await titles(index)).toEqual(['Winds'])
    expect((await index.status()).counts[nsid('dataset.version')]).toBe(0)
    await sound(index)

    await index.store.apply(events.batch([account(ALICE, true)]))
    expect(await titles(index)).toEqual(['Tides', 'Winds'])
    expect((await index.status()).digests).toEqual(before.digests)

    await index.store.apply(events.batch([account(ALICE, false, 'deleted')]))
    await index.store.apply(events.batch([account(ALICE, false, 'deleted', true)]))
    expect(await titles(index)).toEqual(['Winds'])
    expect(await index.store.records(ALICE)).toEqual(new Map())
    await index.store.apply(events.batch([account(ALICE, true)]))
    expect(await titles(index)).toEqual(['Winds'])
    await sound(index)
  })

  it('counts and hides records that break their lexicon, and shows their neighbours', async () => {
    const events = new Events()
    const index = await fresh()
    const commit = events.commit(ALICE, [
      await change('create', 'dataset.entry', 'good', entry('Good')),
      await change('create', 'dataset.entry', 'untitled', { createdAt: TIME }),
      await change('create', 'dataset.entry', 'long', entry('Long', { description: 'x'.repeat(900_000) })),
      {
        action: 'create',
        collection: ENTRY,
        rkey: 'garbled',
        cid: 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a',
        bytes: new Uint8Array([0xff, 0x00]),
        malformed: true,
      },
    ])
    await index.store.apply(events.batch([commit]))
    expect(await titles(index)).toEqual(['Good'])
    expect((await index.status()).rejected).toEqual({ [ENTRY]: 3 })
    await index.store.apply(
      events.batch([await events.put(ALICE, 'dataset.entry', 'untitled', entry('Titled now'))]),
    )
    expect(await titles(index)).toEqual(['Good', 'Titled now'])
    expect((await index.status()).rejected).toEqual({ [ENTRY]: 2 })
    await sound(index)
  })

  it('holds records apart, whatever their text', async () => {
    const events = new Events()
    const index = await fresh()
    const odd = [
      "Robert'); drop table record;--",
      'a\u0000b',
      '𝒳 \u202e gniw',
      '%_\\',
      '{"$type":"x"}',
      '🧊'.repeat(100),
    ]
    const changes = await Promise.all(
      odd.map((title, number) => change('create', 'dataset.entry', `k${number}`, entry(title))),
    )
    await index.store.apply(events.batch([events.commit(ALICE, changes)]))
    expect(await titles(index)).toEqual([...odd].sort())
    await sound(index)
  })

  it('lists by pages that neither repeat nor miss, while more arrives', async () => {
    const events = new Events()
    const index = await fresh()
    const put = async (from: number, to: number) => {
      const changes = []
      for (let number = from; number < to; number++)
        changes.push(
          await change(
            'create',
            'dataset.entry',
            `n${number}`,
            entry(`Number ${number}`, { createdAt: new Date(1.6e12 + (number % 7) * 1000).toISOString() }),
          ),
        )
      await index.store.apply(events.batch([events.commit(ALICE, changes)]))
    }
    await put(0, 53)
    await index.searchable()
    for (const ask of [
      (cursor?: string) =>
        index.queries.listEntries({ actor: ALICE, limit: 10, ...(cursor && { cursor }) } as never),
      (cursor?: string) =>
        index.queries.searchEntries({ q: 'number', limit: 10, ...(cursor && { cursor }) } as never),
      (cursor?: string) =>
        index.queries.searchEntries({ sort: 'newest', limit: 10, ...(cursor && { cursor }) } as never),
    ]) {
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const page = await read(ask(cursor))
        expect(page.entries.length).toBeLessThanOrEqual(10)
        seen.push(...page.entries.map(({ uri }: { uri: string }) => uri))
        if (seen.length === 20) await put(100 + seen.length, 103 + seen.length)
        cursor = page.cursor
      } while (cursor)
      expect(new Set(seen).size).toBe(seen.length)
      for (let number = 0; number < 53; number++) expect(seen).toContain(entryUri(ALICE, `n${number}`))
    }
  })

  it.each([
    ['listEntries', { actor: ALICE, cursor: 'nonsense' }, 'InvalidCursor'],
    ['searchEntries', { cursor: 'nonsense' }, 'InvalidCursor'],
    ['searchEntries', { bbox: '1,2' }, 'InvalidBbox'],
    ['searchEntries', { from: 'yesterday' }, 'InvalidTime'],
    ['searchEntries', { polygon: '0,0,1,1' }, 'InvalidFilter'],
    ['searchEntries', { q: 'year:soon' }, 'InvalidQuery'],
    ['countTimeline', { q: 'ice format:*' }, 'InvalidQuery'],
    ['countFacets', { facet: ['colour'] }, 'InvalidFilter'],
    ['listEntries', { actor: 'did:plc:unknown' }, 'ActorNotFound'],
    ['resolveEntry', { id: '10.5555/none' }, 'EntryNotFound'],
  ] as const)('refuses %s %j as %s', async (name, params, error) => {
    const events = new Events()
    const index = await fresh('queries')
    await index.store.apply(events.batch([await events.put(ALICE, 'dataset.entry', 'a', entry('A'))]))
    await expect(index.queries[name](params as never)).rejects.toMatchObject({ name: error })
    await close(index)
  })

  it('filters by format, licence, model, keyword, variable, publisher, place and time, and counts facets', async () => {
    const events = new Events()
    const index = await fresh()
    const box = (west: string, south: string, east: string, north: string) => ({
      spatial: [{ bbox: { west, south, east, north } }],
    })
    await index.store.apply(
      events.batch([
        identity(BOB, 'bob.example.org'),
        await events.put(BOB, 'actor.profile', 'self', { name: 'Bureau of Weather', kind: 'organization' }),
        await events.put(
          ALICE,
          'dataset.entry',
          'a',
          entry('Arctic', {
            creators: [{ name: 'Ada Lovelace' }],
            distributions: [{ id: 'd', uri: 's3://a/x.zarr', format: 'zarr' }],
            rights: [{ spdx: 'CC-BY-4.0' }],
            subjects: [{ term: 'Ice' }],
            models: [{ $type: definition('arrayModel'), variables: [{ name: 'sic' }] }],
            coverage: { ...box('-180', '60', '180', '90'), temporal: [{ start: '1979', end: '1999' }] },
          }),
        ),
        await events.put(
          BOB,
          'dataset.entry',
          'b',
          entry('Tropics', {
            distributions: [{ id: 'd', uri: 's3://a/x.csv', format: 'csv' }],
            subjects: [{ term: 'Rain' }],
            coverage: { ...box('170', '-10', '-170', '10'), temporal: [{ start: '2000-05', ongoing: true }] },
          }),
        ),
      ]),
    )
    for (const [params, wanted] of [
      [{ format: ['zarr'] }, ['Arctic']],
      [{ license: ['cc-by-4.0'] }, ['Arctic']],
      [{ keyword: ['ice'] }, ['Arctic']],
      [{ variable: ['sic'] }, ['Arctic']],
      [{ model: ['array'] }, ['Arctic']],
      [{ publisher: BOB }, ['Tropics']],
      [{ bbox: '175,-5,178,5' }, ['Tropics']],
      [{ bbox: '-178,-5,-175,5' }, ['Tropics']],
      [{ bbox: '0,70,10,80' }, ['Arctic']],
      [{ bbox: '0,-5,10,5' }, []],
      [{ polygon: '175,-5,195,-5,185,5' }, ['Tropics']],
      [{ polygon: '0,65,90,70,45,80;10,66,11,66,10,67' }, ['Arctic']],
      [{ polygon: '0,-5,10,-5,5,5' }, []],
      [{ creator: ['ada lovelace'] }, ['Arctic']],
      [{ q: 'author:lovelace' }, ['Arctic']],
      [{ q: 'publisher:bob.example.org' }, ['Tropics']],
      [{ q: 'publisher:bob*' }, ['Tropics']],
      [{ q: 'publisher:weather' }, ['Tropics']],
      [{ q: '-publisher:"bureau of weather"' }, ['Arctic']],
      [{ q: 'publisher:nobody' }, []],
      [{ q: 'year:1985 license:cc*' }, ['Arctic']],
      [{ from: '1990', until: '1995' }, ['Arctic']],
      [{ from: '2024' }, ['Tropics']],
      [{ format: ['zarr', 'csv'] }, ['Arctic', 'Tropics']],
      [{ format: ['zarr'], keyword: ['rain'] }, []],
    ] as const)
      expect({ params, found: await titles(index, params) }).toEqual({ params, found: wanted })
    const { facets, total } = await read(
      index.queries.countFacets({ facet: ['format', 'publisher'] } as never),
    )
    expect(total).toBe(2)
    expect(facets[0].values).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ value: 'zarr', count: 1 }),
        expect.objectContaining({ value: 'csv', count: 1 }),
      ]),
    )
    const { suggestions } = await read(index.queries.suggest({ q: 'arc' } as never))
    expect(suggestions).toContainEqual(expect.objectContaining({ kind: 'dataset', text: 'Arctic' }))
    const weather = await read(index.queries.suggest({ q: 'weath' } as never))
    expect(weather.suggestions).toContainEqual({
      kind: 'person',
      text: 'Bureau of Weather',
      did: BOB,
      handle: 'bob.example.org',
    })
    const timeline = await read(index.queries.countTimeline({ from: '2020', buckets: 10 } as never))
    expect(timeline).toMatchObject({ undated: 0, total: 2, exact: true })
    expect(timeline.buckets[0]).toEqual({ from: 1970, until: 1980, count: 1 })
    const misspelt = await read(index.queries.searchEntries({ q: 'artic' } as never))
    expect(misspelt.didYouMean).toBe('arctic')
  })

  it('resolves at-uri, handle and slug, DOI, bucket address and page to one dataset', async () => {
    const events = new Events()
    const index = await fresh()
    await index.store.apply(
      events.batch([
        identity(ALICE, 'alice.example.org'),
        await events.put(
          ALICE,
          'dataset.entry',
          'sst',
          entry('SST', {
            identifiers: [{ scheme: 'doi', value: '10.5067/ABC', covers: 'dataset' }],
            distributions: [{ id: 'd', uri: 's3://bucket/sst.zarr' }],
            landingPage: 'https://example.org/data/sst',
          }),
        ),
      ]),
    )
    for (const id of [
      entryUri(ALICE, 'sst'),
      'alice.example.org/sst',
      `at://alice.example.org/${ENTRY}/sst`,
      '10.5067/abc',
      'https://doi.org/10.5067/ABC',
      's3://bucket/sst.zarr',
      's3://bucket/sst.zarr/temperature',
      'https://example.org/data/sst',
    ])
      expect({ id, ...(await read(index.queries.resolveEntry({ id } as never))) }).toMatchObject({
        id,
        uri: entryUri(ALICE, 'sst'),
      })
  })

  it('keeps cursors and states with the effects they stand for, and is the same after opening again', async () => {
    const events = new Events()
    const index = await fresh('kept')
    await index.store.apply(
      events.batch(
        [await events.put(ALICE, 'dataset.entry', 'a', entry('Kept'))],
        [
          ['wss://relay', 41],
          ['wss://relay#listed', 7],
        ],
      ),
    )
    await index.store.apply(
      events.batch(
        [],
        [
          ['wss://relay', 42],
          ['wss://relay#listed', -1],
        ],
      ),
    )
    await index.searchable()
    const before = await index.status()
    await close(index)
    const again = await fresh('kept')
    expect(await again.store.cursors()).toEqual(new Map([['wss://relay', 42]]))
    expect(await again.store.repo(ALICE)).toMatchObject({
      did: ALICE,
      active: true,
      sync: 'synchronized',
      commit: 'bafy',
    })
    expect(await titles(again)).toEqual(['Kept'])
    const after = await again.status()
    expect(after).toEqual(before)
    // An effect that fails takes its cursor with it.
    const impossible = {
      ...events.batch([], [['wss://relay', 99]]),
      repos: [{ did: null as never, host: '', active: true, sync: 'synchronized' as const }],
    }
    await expect(again.store.apply(impossible)).rejects.toThrow()
    expect(await again.store.cursors()).toEqual(new Map([['wss://relay', 42]]))
  })

  it('gives every change a seq, in order, and once', async () => {
    const events = new Events()
    const index = await fresh()
    const put = await events.put(ALICE, 'dataset.entry', 'a', entry('A'))
    await index.store.apply(events.batch([put]))
    const { seq } = await index.status()
    await index.store.apply(events.batch([put]))
    await index.store.apply(events.batch([put, put]))
    expect((await index.status()).seq).toBe(seq)
    await index.store.apply(
      events.batch([
        events.delete(ALICE, 'dataset.entry', 'a'),
        events.delete(ALICE, 'dataset.entry', 'never'),
      ]),
    )
    expect((await index.status()).seq).toBe(seq + 1)
  })
})
