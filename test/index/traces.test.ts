/** What must leave no trace in the index, and what must leave exactly one. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Index, QueryError, type SearchEngine } from '@frost/index'
import { openSearch } from '@frost/index/search/open'
import { SearchFeeder } from '@frost/index/search-feeder'
import { nsid } from '@frost/lexicon'
import { describe, expect, it } from 'vitest'
import { ENGINES } from './engines.ts'
import { freshIndexes } from './fresh-indexes.ts'
import { ALICE, account, BOB, change, Events, entryUri, identity, read, TIME } from './network-of.ts'

const ENTRY = nsid('dataset.entry')
const entry = (title: string, more: object = {}) => ({ title, createdAt: TIME, ...more })

describe.each(ENGINES)('traces in the index on %s', engine => {
  const { fresh } = freshIndexes(engine)
  const found = async (index: Index, q: string) => {
    await index.searchable()
    const { entries } = await read(index.queries.searchEntries({ q, limit: 100 } as never))
    return entries.map(({ uri }: { uri: string }) => uri)
  }
  const sortAt = async (index: Index, rkey: string) =>
    (
      await index.database
        .selectFrom('record')
        .select('sort_at')
        .where('uri', '=', entryUri(ALICE, rkey))
        .executeTakeFirstOrThrow()
    ).sort_at

  it('an identifier that a dataset gave up leads to it no more', async () => {
    const events = new Events()
    const index = await fresh()
    const named = entry('Named', {
      identifiers: [{ scheme: 'doi', value: '10.5067/GIVEN-UP', covers: 'dataset' }],
    })
    await index.store.apply(events.batch([await events.put(ALICE, 'dataset.entry', 'a', named)]))
    const resolve = () => read(index.queries.resolveEntry({ id: '10.5067/given-up' } as never))
    expect(await resolve()).toMatchObject({ uri: entryUri(ALICE, 'a') })
    await index.store.apply(events.batch([await events.put(ALICE, 'dataset.entry', 'a', entry('Named'))]))
    await expect(resolve()).rejects.toThrow(QueryError)
  })

  it('a dataset is found by the name that its author has now', async () => {
    const events = new Events()
    const index = await fresh()
    await index.store.apply(
      events.batch([
        identity(ALICE, 'formername.example.org'),
        await events.put(ALICE, 'dataset.entry', 'a', entry('Tides')),
      ]),
    )
    expect(await found(index, 'formername')).toEqual([entryUri(ALICE, 'a')])
    await index.store.apply(events.batch([identity(ALICE, 'presentname.example.org')]))
    expect(await found(index, 'presentname')).toEqual([entryUri(ALICE, 'a')])
    expect(await found(index, 'formername')).toEqual([])
  })

  it('a record that is said again is neither edited nor told again', async () => {
    const events = new Events()
    const index = await fresh()
    const batch = events.batch([await events.put(ALICE, 'dataset.entry', 'a', entry('Once'))])
    await index.store.apply(batch)
    const seq = await index.updates.last()
    await index.store.apply(batch)
    expect(await index.updates.last()).toBe(seq)
    const { edited } = await index.database.selectFrom('record').select('edited').executeTakeFirstOrThrow()
    expect(edited).toBe(0)
  })

  it('a record that breaks its lexicon is told to nobody, nor that it went', async () => {
    const events = new Events()
    const index = await fresh()
    await index.store.apply(
      events.batch([await events.put(ALICE, 'dataset.entry', 'a', { createdAt: TIME })]),
    )
    await index.store.apply(events.batch([events.delete(ALICE, 'dataset.entry', 'a')]))
    expect(await index.updates.read(0, 100)).toEqual([])
  })

  it('who reads the log on from a number gets what came after it, each once', async () => {
    const events = new Events()
    const index = await fresh()
    for (const rkey of ['a', 'b', 'c'])
      await index.store.apply(events.batch([await events.put(ALICE, 'dataset.entry', rkey, entry(rkey))]))
    const all = await index.updates.read(0, 100)
    for (const [place, { seq }] of all.entries())
      expect(await index.updates.read(seq, 100)).toEqual(all.slice(place + 1))
    expect(new Set(all.map(({ seq }) => seq)).size).toBe(3)
  })

  it('two contents of one name have two digests', async () => {
    const digests = []
    for (const title of ['One', 'Two']) {
      const events = new Events()
      const index = await fresh()
      await index.store.apply(events.batch([await events.put(ALICE, 'dataset.entry', 'a', entry(title))]))
      digests.push((await index.status()).digests[ENTRY])
    }
    expect(digests[0]).not.toBe(digests[1])
  })

  it('a batch of many events says the last of each record, tells each change once, and stands whole or not at all', async () => {
    const events = new Events()
    const index = await fresh()
    const EACH = 300
    const named = (n: number) => `n${n}`
    const said = []
    for (const round of ['first', 'second'])
      for (let n = 0; n < EACH; n++)
        said.push(await events.put(n % 2 ? ALICE : BOB, 'dataset.entry', named(n), entry(`${round} ${n}`)))
    for (let n = 0; n < EACH; n += 3) said.push(events.delete(n % 2 ? ALICE : BOB, 'dataset.entry', named(n)))
    const batch = events.batch(said)
    // What comes last cannot be stored: nothing of what came before it is.
    const refused = { ...batch, cursors: new Map([['wss://relay.example.org', {} as never]]) }
    await expect(index.store.apply(refused)).rejects.toThrow()
    expect([await index.updates.last(), (await index.status()).counts[ENTRY]]).toEqual([0, 0])

    await index.store.apply(batch)
    const left = Array.from({ length: EACH }, (_, n) => n).filter(n => n % 3 !== 0)
    expect((await index.status()).counts[ENTRY]).toBe(left.length)
    const rows = await index.database.selectFrom('record').select(['rkey', 'json']).execute()
    expect(new Map(rows.map(({ rkey, json }) => [rkey, JSON.parse(json).title]))).toEqual(
      new Map(left.map(n => [named(n), `second ${n}`])),
    )
    const told = await index.updates.read(0, 10_000)
    expect(told.map(({ seq }) => seq)).toEqual(said.map((_, place) => place + 1))
    expect(told.map(({ action }) => action)).toEqual([
      ...Array(EACH).fill('create'),
      ...Array(EACH).fill('update'),
      ...Array(EACH / 3).fill('delete'),
    ])
    expect(await found(index, 'first')).toEqual([])
    expect(await index.check()).toMatchObject({ tallies: [], projections: [], searchable: left.length })
  })

  it('the state of a repository has the last word on whether its account is active', async () => {
    const events = new Events()
    const index = await fresh()
    const batch = events.batch([await events.put(ALICE, 'dataset.entry', 'a', entry('Hidden'))])
    await index.store.apply(batch)
    const [state] = batch.repos
    await index.store.apply({ events: [], repos: [{ ...state!, active: false }], cursors: new Map() })
    expect(await found(index, 'hidden')).toEqual([])
    expect((await index.status()).counts[ENTRY]).toBe(0)
    await index.store.apply({ events: [], repos: [{ ...state!, active: true }], cursors: new Map() })
    expect(await found(index, 'hidden')).toEqual([entryUri(ALICE, 'a')])
  })

  it('nobody rises in the lists by a date ahead, nor by an edit', async () => {
    const events = new Events()
    const index = await fresh()
    const dated = (title: string) => entry(title, { createdAt: '2999-01-01T00:00:00.000Z' })
    const later = '2026-02-02T00:00:00.000Z'
    await index.store.apply(events.batch([await events.put(ALICE, 'dataset.entry', 'a', dated('First'))]))
    expect(await sortAt(index, 'a')).toBe(TIME)
    const edit = { ...(await events.put(ALICE, 'dataset.entry', 'a', dated('Edited'))), time: later }
    await index.store.apply(events.batch([edit]))
    expect(await sortAt(index, 'a')).toBe(TIME)
  })

  it('only the owner of a dataset releases versions of it', async () => {
    const events = new Events()
    const index = await fresh()
    const dataset = await change('create', 'dataset.entry', 'a', entry('Tides'))
    const version = {
      dataset: entryUri(ALICE, 'a'),
      entry: { uri: entryUri(ALICE, 'a'), cid: dataset.cid },
      version: '1',
      releasedAt: TIME,
      createdAt: TIME,
    }
    const versions = () =>
      index.database.selectFrom('link').select('uri').where('kind', '=', 'version').execute()
    await index.store.apply(
      events.batch([
        events.commit(ALICE, [dataset]),
        await events.put(BOB, 'dataset.version', '3jzfcijpj2z2a', version),
      ]),
    )
    expect(await versions()).toEqual([])
    await index.store.apply(
      events.batch([await events.put(ALICE, 'dataset.version', '3jzfcijpj2z2a', version)]),
    )
    expect(await versions()).toHaveLength(1)
  })

  it('an account that goes leaves no row in any table', async () => {
    const events = new Events()
    const index = await fresh()
    const doi = { identifiers: [{ scheme: 'doi', value: '10.5067/GONE', covers: 'dataset' }] }
    const derived = {
      derivedFrom: [{ ref: { $type: `${nsid('dataset.defs')}#recordRef`, uri: entryUri(BOB, 'b') } }],
    }
    await index.store.apply(
      events.batch([
        await events.put(ALICE, 'dataset.entry', 'a', entry('Gone', { ...doi, ...derived })),
        await events.put(BOB, 'dataset.entry', 'b', entry('Stays')),
      ]),
    )
    await index.store.apply(events.batch([account(ALICE, false, 'deleted')]))
    await index.store.apply(events.batch([account(ALICE, false, 'deleted', true)]))
    for (const table of ['record', 'link', 'edge', 'identifier'] as const) {
      const rows = await index.database.selectFrom(table).select('uri').execute()
      expect(
        rows.filter(({ uri }) => uri.includes(ALICE)),
        table,
      ).toEqual([])
    }
    expect(await found(index, 'gone')).toEqual([])
    expect(await found(index, 'stays')).toEqual([entryUri(BOB, 'b')])
  })

  it('search says that it holds a batch when it holds all of it, and makes up for what failed', async () => {
    const events = new Events()
    const index = await fresh()
    const changes = await Promise.all(
      Array.from({ length: 5100 }, (_, n) =>
        change('create', 'dataset.entry', `n${n}`, entry(`Number ${n}`)),
      ),
    )
    await index.store.apply(events.batch([events.commit(ALICE, changes)]))
    const seq = await index.updates.last()
    const dir = await mkdtemp(join(tmpdir(), 'frost-search-'))
    const search = await openSearch({ dir })
    const failed = Promise.withResolvers<number>()
    let applied = 0
    // The process might as well have died there.
    const failing = new Proxy<SearchEngine>(search, {
      get(target, name) {
        const value = Reflect.get(target, name, target) as unknown
        if (name === 'apply')
          return async (batch: Parameters<SearchEngine['apply']>[0]) => {
            if (++applied === 2) throw new Error('the disk is full')
            await target.apply(batch)
          }
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const feeder = new SearchFeeder(index.database, index.updates, failing, async () => {
      failed.resolve(await search.watermark())
    })
    try {
      await feeder.start()
      expect(await failed.promise).toBeLessThan(seq)
      await feeder.reached(seq)
      expect([await search.count(), await search.watermark()]).toEqual([5100, seq])
    } finally {
      await feeder.close()
      await search.close()
      await rm(dir, { recursive: true, force: true })
    }
  })
})
