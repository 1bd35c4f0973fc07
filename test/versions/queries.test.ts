/** Versions, heads, notices and diffs, whichever database holds them. */
import type { Index } from '@frost/index'
import { projectLinks } from '@frost/index/project-links'
import { definition, nsid } from '@frost/lexicon'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENGINES, type Place, place } from '../index/engines.ts'
import { ALICE, BOB, change, Events, entryUri, read, TIME } from '../index/network-of.ts'

const DATASET = entryUri(ALICE, 'a')
const at = (collection: string, rkey: string, did = ALICE) => `at://${did}/${nsid(collection)}/${rkey}`
const ref = (uri: string, cid?: string) => ({ $type: definition('recordRef'), uri, ...(cid && { cid }) })
const snapshot = (value: string) => ({ scheme: 'icechunk-snapshot', value })
const entry = (title: string, more: object = {}) => ({ title, createdAt: TIME, ...more })
const cidOf = async (collection: string, rkey: string, record: object) =>
  (await change('create', collection, rkey, record)).cid!

describe.each(ENGINES)('versions on %s', engine => {
  let here: Place
  let index: Index
  let events: Events
  const put = async (did: string, collection: string, rkey: string, record: object) =>
    index.store.apply(events.batch([await events.put(did, collection, rkey, record)]))
  const ask = (name: keyof Index['queries'], params: object) =>
    read((index.queries[name] as (params: object) => Promise<{ json: string }>)(params))
  const version = async (label: string, releasedAt: string, described: object, more: object = {}) => ({
    dataset: DATASET,
    version: label,
    releasedAt,
    entry: { uri: DATASET, cid: await cidOf('dataset.entry', 'a', described) },
    ...more,
  })
  const labels = ({ versions }: { versions: { record: { version: string }; latest?: boolean }[] }) =>
    versions.map(({ record, latest }) => `${record.version}${latest ? ' (latest)' : ''}`)

  beforeAll(async () => {
    here = await place(engine)
  }, 120_000)
  afterAll(async () => {
    await index?.close()
    await here?.[Symbol.asyncDispose]()
  })

  const fresh = async () => {
    await index?.close()
    index = await here.open()
    events = new Events()
  }

  it('marks the newest that was not taken back as the latest, whatever the zone of its time', async () => {
    await fresh()
    const state = entry('Ice')
    await put(ALICE, 'dataset.entry', 'a', state)
    await put(ALICE, 'dataset.version', 'v1', await version('1', '2024-01-01T00:00:00Z', state))
    await put(ALICE, 'dataset.version', 'v2', await version('2', '2024-06-01T10:00:00Z', state))
    // Later by the clock on the wall, earlier in truth.
    await put(ALICE, 'dataset.version', 'v3', await version('3', '2024-06-01T14:00:00+09:00', state))
    const listed = () => ask('listVersions', { entry: DATASET })
    expect(labels(await listed())).toEqual(['2 (latest)', '3', '1'])

    const retraction = {
      subject: ref(at('dataset.version', 'v2')),
      kind: 'retracted',
      createdAt: TIME,
      text: 'Units were wrong',
      replacedBy: ref(at('dataset.version', 'v3')),
    }
    // A claim of somebody else takes nothing back, and is shown as what it is.
    await put(BOB, 'dataset.notice', 'n', retraction)
    expect(labels(await listed())).toEqual(['2 (latest)', '3', '1'])
    expect((await ask('listVersions', { entry: DATASET })).versions[0].notices).toBeUndefined()
    await put(ALICE, 'dataset.notice', 'n', retraction)
    const after = await listed()
    expect(labels(after)).toEqual(['2', '3 (latest)', '1'])
    expect(after.versions[0].notices).toEqual([
      {
        uri: at('dataset.notice', 'n'),
        kind: 'retracted',
        text: 'Units were wrong',
        createdAt: TIME,
        replacedBy: ref(at('dataset.version', 'v3')),
        replacement: { uri: at('dataset.version', 'v3'), dataset: DATASET, title: 'Ice', version: '3' },
        active: true,
      },
    ])
    expect((await ask('getEntry', { uri: DATASET })).entry.latestVersion).toMatchObject({ version: '3' })
    expect((await ask('getVersion', { uri: at('dataset.version', 'v3') })).version.latest).toBe(true)
    const said = (await ask('listNotices', { subject: at('dataset.version', 'v2') })).notices
    expect(
      said.map(
        ({ author, byOwner, active }: { author: { did: string }; byOwner: boolean; active: boolean }) => [
          author.did,
          byOwner,
          active,
        ],
      ),
    ).toEqual([
      [BOB, false, true],
      [ALICE, true, true],
    ])
    await put(ALICE, 'dataset.notice', 'n', { ...retraction, resolvedAt: '2025-01-01' })
    expect(labels(await listed())).toEqual(['2 (latest)', '3', '1'])
    await put(ALICE, 'dataset.notice', 'n', { ...retraction, effectiveAt: '9000-01-01' })
    expect(labels(await listed())).toEqual(['2 (latest)', '3', '1'])
    expect((await listed()).versions[0].notices).toMatchObject([{ effectiveAt: '9000-01-01', active: false }])
  })

  it('shows what an owner says of a dataset, until it is resolved, and nothing that others say', async () => {
    await fresh()
    await put(ALICE, 'dataset.entry', 'a', entry('Ice'))
    const moved = {
      subject: ref(DATASET),
      kind: 'moved',
      createdAt: TIME,
      replacedBy: ref(entryUri(BOB, 'b')),
    }
    await put(BOB, 'dataset.notice', 'n', { ...moved, kind: 'retracted' })
    const notices = async () => (await ask('getEntry', { uri: DATASET })).entry.notices
    expect(await notices()).toBeUndefined()
    await put(ALICE, 'dataset.notice', 'n', moved)
    expect(await notices()).toMatchObject([{ kind: 'moved', replacedBy: { uri: entryUri(BOB, 'b') } }])
    // What is named need not be here yet, nor stay.
    expect((await notices())[0]).not.toHaveProperty('replacement')
    await put(BOB, 'dataset.entry', 'b', entry('Glaciers'))
    expect(await notices()).toMatchObject([
      { replacement: { uri: entryUri(BOB, 'b'), dataset: entryUri(BOB, 'b'), title: 'Glaciers' } },
    ])
    expect(await ask('resolveEntry', { id: DATASET })).toMatchObject({
      uri: DATASET,
      replacedBy: ref(entryUri(BOB, 'b')),
    })
    await index.searchable()
    expect((await ask('searchEntries', { q: 'ice' })).entries[0].notices).toMatchObject([{ kind: 'moved' }])
    await put(ALICE, 'dataset.notice', 'n', { ...moved, resolvedAt: new Date().toISOString() })
    expect(await notices()).toBeUndefined()
  })

  it('says which corrections a version adopts, whose they were, and whether they are still the same', async () => {
    await fresh()
    const state = entry('Ice')
    await put(ALICE, 'dataset.entry', 'a', state)
    const correction = {
      target: { uri: DATASET, cid: await cidOf('dataset.entry', 'a', state) },
      rationale: 'The title is wrong',
      createdAt: TIME,
    }
    await put(BOB, 'discussion.correction', 'c', correction)
    const cid = await cidOf('discussion.correction', 'c', correction)
    const uri = at('discussion.correction', 'c', BOB)
    const lost = at('discussion.correction', 'gone', BOB)
    await put(
      ALICE,
      'dataset.version',
      'v1',
      await version('1', TIME, state, {
        corrects: [
          { uri, cid },
          { uri: lost, cid },
        ],
      }),
    )
    const adopts = async () => (await ask('listVersions', { entry: DATASET })).versions[0].adopts
    expect(await adopts()).toMatchObject([
      { uri, cid, author: { did: BOB } },
      { uri: lost, cid },
    ])
    expect((await adopts())[0].changedSince).toBeUndefined()
    expect((await ask('getEntry', { uri: DATASET })).entry.latestVersion.adopts).toEqual([
      { uri, cid },
      { uri: lost, cid },
    ])
    await put(BOB, 'discussion.correction', 'c', { ...correction, rationale: 'Never mind' })
    expect((await adopts())[0].changedSince).toBe(true)
    expect((await ask('resolveEntry', { id: at('dataset.version', 'v1') })).uri).toBe(DATASET)
  })

  it('keeps where a head stood, newest first, page by page, while it moves on', async () => {
    await fresh()
    await put(ALICE, 'dataset.entry', 'a', entry('Ice'))
    const head = (sequence: number, branch = 'main') => ({
      dataset: DATASET,
      updatedAt: `2026-01-01T00:0${sequence}:00Z`,
      states: [{ pin: { ...snapshot(`S${sequence}`), branch } }],
      sequence,
    })
    for (const sequence of [1, 2, 3, 4]) await put(ALICE, 'dataset.head', 'a', head(sequence))
    await put(ALICE, 'dataset.head', 'a~dev', head(1, 'dev'))
    await put(BOB, 'dataset.head', 'a', head(9, 'false'))
    const { heads } = await ask('listHeads', { entry: DATASET })
    expect(
      heads.map((one: { branch: string; moves: number; record: { sequence: number } }) => [
        one.branch,
        one.moves,
        one.record.sequence,
      ]),
    ).toEqual([
      ['main', 3, 4],
      ['dev', 0, 1],
    ])
    const pages: number[][] = []
    let cursor: string | undefined
    do {
      const answer = await ask('listHeadStates', { head: at('dataset.head', 'a'), limit: 2, cursor })
      pages.push(answer.states.map(({ record }: { record: { sequence: number } }) => record.sequence))
      cursor = answer.cursor
      if (pages.length === 1) await put(ALICE, 'dataset.head', 'a', head(5))
    } while (cursor)
    expect(pages).toEqual([
      [4, 3],
      [2, 1],
    ])
    const { states } = await ask('listHeadStates', { head: at('dataset.head', 'a') })
    expect(states.map(({ until }: { until?: string }) => until !== undefined)).toEqual([
      false,
      true,
      true,
      true,
      true,
    ])
    await expect(ask('listHeadStates', { head: at('dataset.head', 'none') })).rejects.toMatchObject({
      name: 'HeadNotFound',
    })
    await index.store.apply(events.batch([events.delete(ALICE, 'dataset.head', 'a')]))
    await expect(ask('listHeadStates', { head: at('dataset.head', 'a') })).rejects.toMatchObject({
      name: 'HeadNotFound',
    })
  })

  it('compares versions, the entry now and heads, field by field, and says which data can be compared', async () => {
    await fresh()
    const distribution = { id: 'store', uri: 's3://bucket/ice', format: 'icechunk', region: 'eu-west-1' }
    const first = entry('Ice', {
      distributions: [distribution],
      models: [{ $type: definition('arrayModel'), variables: [{ name: 'sic', units: '1' }] }],
    })
    const second = entry('Sea ice', {
      distributions: [distribution],
      models: [
        { $type: definition('arrayModel'), variables: [{ name: 'sic', units: 'percent' }, { name: 'sit' }] },
      ],
    })
    await put(ALICE, 'dataset.entry', 'a', first)
    await put(
      ALICE,
      'dataset.version',
      'v1',
      await version('1', TIME, first, { pins: [{ distribution: 'store', pin: snapshot('AAA') }] }),
    )
    await put(ALICE, 'dataset.entry', 'a', second)
    await put(
      ALICE,
      'dataset.version',
      'v2',
      await version('2', TIME, second, {
        description: 'Reprocessed',
        pins: [{ distribution: 'store', pin: snapshot('BBB') }],
      }),
    )
    const [v1, v2] = ['v1', 'v2'].map(rkey => at('dataset.version', rkey)) as [string, string]
    const changes = (answer: {
      changes: { path: string; kind: string; beforeJson?: string; afterJson?: string }[]
    }) =>
      answer.changes.map(({ path, kind, beforeJson, afterJson }) =>
        [path, kind, beforeJson, afterJson].filter(part => part !== undefined),
      )
    const answer = await ask('diffVersions', { from: v1, to: v2 })
    expect(answer.from).toMatchObject({ uri: v1, version: '1', exact: true })
    expect(answer.to).toMatchObject({ uri: v2, version: '2', exact: true })
    expect(changes(answer).sort()).toEqual([
      ['/description', 'added', '"Reprocessed"'],
      ['/models/arrayModel/variables/sic/units', 'changed', '"1"', '"percent"'],
      ['/models/arrayModel/variables/sit', 'added', '{"name":"sit"}'],
      ['/pins/store icechunk-snapshot/pin/value', 'changed', '"AAA"', '"BBB"'],
      ['/title', 'changed', '"Ice"', '"Sea ice"'],
    ])
    expect(answer.pins).toEqual([
      {
        distribution: 'store',
        scheme: 'icechunk-snapshot',
        from: 'AAA',
        to: 'BBB',
        uri: 's3://bucket/ice',
        region: 'eu-west-1',
      },
    ])
    expect((await ask('diffVersions', { from: v2, to: v2 })).changes).toEqual([])

    await put(ALICE, 'dataset.head', 'a', {
      dataset: DATASET,
      updatedAt: TIME,
      states: [{ distribution: 'store', pin: snapshot('CCC') }],
    })
    const toNow = await ask('diffVersions', { from: v2, to: DATASET })
    expect(changes(toNow).sort()).toEqual([
      ['/description', 'removed', '"Reprocessed"'],
      ['/pins/store icechunk-snapshot/pin/value', 'changed', '"BBB"', '"CCC"'],
    ])
    expect(toNow.pins).toMatchObject([{ from: 'BBB', to: 'CCC' }])
    expect((await ask('diffVersions', { from: v2, to: at('dataset.head', 'a') })).pins).toMatchObject([
      { to: 'CCC' },
    ])

    // The entry as it was, by its CID; and a version whose state of the entry nobody here ever saw.
    const was = await ask('diffVersions', {
      from: DATASET,
      fromCid: await cidOf('dataset.entry', 'a', first),
      to: DATASET,
    })
    expect(was.changes.map(({ path }: { path: string }) => path)).toContain('/title')
    await put(ALICE, 'dataset.version', 'v3', await version('3', TIME, entry('Never seen')))
    expect((await ask('diffVersions', { from: v2, to: at('dataset.version', 'v3') })).to.exact).toBe(false)
    await expect(ask('diffVersions', { from: v1, to: at('dataset.version', 'none') })).rejects.toMatchObject({
      name: 'VersionNotFound',
    })
    await expect(ask('diffVersions', { from: v1, to: at('actor.profile', 'self') })).rejects.toMatchObject({
      name: 'VersionNotFound',
    })

    // What cannot be compared is not offered: the store moved, or two formats.
    await put(ALICE, 'dataset.entry', 'a', {
      ...second,
      distributions: [{ ...distribution, uri: 's3://other/ice' }],
    })
    expect((await ask('diffVersions', { from: v1, to: DATASET })).pins).toEqual([])
  })

  it('agrees with itself after the step of the schema that links versions to states and corrections', async () => {
    await fresh()
    const state = entry('Ice')
    await put(ALICE, 'dataset.entry', 'a', state)
    const corrects = [
      { uri: at('discussion.correction', 'c', BOB), cid: await cidOf('dataset.entry', 'a', state) },
    ]
    await put(ALICE, 'dataset.version', 'v1', await version('1', '2024-06-01T10:00:00Z', state, { corrects }))
    await put(ALICE, 'dataset.version', 'v2', await version('2', '2024-06-01T14:00:00+09:00', state))
    // As an earlier version wrote them: times in the zone of the owner, and nothing of states and corrections.
    await index.database.deleteFrom('link').where('kind', 'in', ['state', 'adoption']).execute()
    await index.database
      .updateTable('link')
      .set({ sort_key: '2024-06-01T14:00:00+09:00' })
      .where('uri', '=', at('dataset.version', 'v2'))
      .execute()
    expect((await index.check()).projections.length).toBe(2)
    await projectLinks(index.database, nsid('dataset.version'))
    expect(await index.check()).toMatchObject({ projections: [], tallies: [] })
    expect(labels(await ask('listVersions', { entry: DATASET }))).toEqual(['1 (latest)', '2'])
  })

  it('takes no version of a stranger for a state of a dataset', async () => {
    await fresh()
    const state = entry('Ice')
    await put(ALICE, 'dataset.entry', 'a', state)
    await put(BOB, 'dataset.version', 'v1', await version('1', TIME, state))
    expect((await ask('listVersions', { entry: DATASET })).versions).toEqual([])
    const strange = at('dataset.version', 'v1', BOB)
    expect((await ask('getVersion', { uri: strange })).version.latest).toBeUndefined()
    const { to } = await ask('diffVersions', { from: DATASET, to: strange })
    expect(to.exact).toBe(false)
  })
})
