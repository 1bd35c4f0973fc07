/** Pinned states and credit, as the index tells them, on both engines. */
import type { Index } from '@frost/index'
import { definition, nsid } from '@frost/lexicon'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ENGINES, type Place, place } from '../index/engines.ts'
import { ALICE, account, BOB, change, Events, entryUri, identity, read, TIME } from '../index/network-of.ts'

const CAROL = 'did:plc:44ybard66vv44zksje25o7dz'
const record = (uri: string, cid?: string) => ({ $type: definition('recordRef'), uri, ...(cid && { cid }) })
const doi = (value: string) => ({ $type: definition('identifierRef'), scheme: 'doi', value })
const url = (uri: string) => ({ $type: definition('urlRef'), uri })
const entry = (title: string, more: object = {}) => ({ title, createdAt: TIME, ...more })

interface Assertion {
  readonly relation: string
  readonly assertedBy: string
  readonly isInverse?: boolean
  readonly other: { readonly id: string; readonly title?: string }
}

describe.each(ENGINES)('on %s', engine => {
  let here: Place
  let index: Index
  let events: Events
  beforeAll(async () => {
    here = await place(engine)
  }, 120_000)
  afterAll(() => here?.[Symbol.asyncDispose]())
  beforeEach(async () => {
    index = await here.open()
    events = new Events()
    await index.store.apply(
      events.batch([identity(ALICE, 'alice.test'), identity(BOB, 'bob.test'), identity(CAROL, 'carol.test')]),
    )
    return () => index.close()
  })

  /** Writes a record; answers its CID. */
  async function put(did: string, collection: string, rkey: string, value: object): Promise<string> {
    const event = await events.put(did, collection, rkey, value)
    await index.store.apply(events.batch([event]))
    return event.changes[0]!.cid!
  }

  describe('a state that is pinned', () => {
    const uri = entryUri(ALICE, 'sst')

    it('is unchanged, then changed since, and is read as it was; the owner’s deletion takes it along', async () => {
      const first = await put(ALICE, 'dataset.entry', 'sst', entry('First'))
      expect(await read(index.queries.getState({ uri, cid: first }))).toMatchObject({
        pinState: 'unchanged',
        currentCid: first,
        record: { title: 'First' },
      })
      const second = await put(ALICE, 'dataset.entry', 'sst', entry('Second'))
      const then = await read(index.queries.getState({ uri: uri.replace(ALICE, 'alice.test'), cid: first }))
      expect(then).toMatchObject({
        uri,
        pinState: 'changed-since',
        currentCid: second,
        record: { title: 'First' },
        author: { did: ALICE, handle: 'alice.test' },
      })
      expect(then.until).toBeDefined()

      await index.store.apply(events.batch([events.delete(ALICE, 'dataset.entry', 'sst')]))
      const gone = await read(index.queries.getState({ uri, cid: first }))
      expect(gone).toMatchObject({ uri, cid: first, pinState: 'gone' })
      expect(gone.record).toBeUndefined()
      expect(JSON.stringify(gone)).not.toContain('First')
    })

    it('is not shown while its account is away', async () => {
      const first = await put(ALICE, 'dataset.entry', 'sst', entry('First'))
      await put(ALICE, 'dataset.entry', 'sst', entry('Second'))
      await index.store.apply(events.batch([account(ALICE, false, 'deactivated')]))
      const away = await read(index.queries.getState({ uri, cid: first }))
      expect(away).toEqual({ uri, cid: first, pinState: 'unavailable' })
    })

    it('is cited as it was', async () => {
      const first = await put(ALICE, 'dataset.entry', 'sst', entry('First'))
      const second = await put(ALICE, 'dataset.entry', 'sst', entry('Second'))
      const [then] = await index.queries.citedStates({ uris: ['alice.test/sst'], cid: first })
      expect(then).toMatchObject({ uri, cid: first, pinState: 'changed-since', entry: { title: 'First' } })
      const [now] = await index.queries.citedStates({ uris: [uri] })
      expect(now).toMatchObject({ cid: second, pinState: 'unchanged', entry: { title: 'Second' } })
      await expect(index.queries.citedStates({ uris: [entryUri(ALICE, 'nothing')] })).rejects.toMatchObject({
        name: 'EntryNotFound',
      })
    })

    it('of a version is cited with the entry as the version saw it', async () => {
      const first = await put(ALICE, 'dataset.entry', 'sst', entry('First'))
      await put(ALICE, 'dataset.version', '3kabcdefghij2', {
        dataset: uri,
        version: 'v1',
        releasedAt: TIME,
        entry: { uri, cid: first },
      })
      await put(ALICE, 'dataset.entry', 'sst', entry('Second'))
      const version = `at://${ALICE}/${nsid('dataset.version')}/3kabcdefghij2`
      const [cited] = await index.queries.citedStates({ uris: [version] })
      expect(cited).toMatchObject({
        uri: version,
        entryUri: uri,
        entry: { title: 'First' },
        version: { version: 'v1' },
      })
    })
  })

  it('credit counts what others say, by any name of a dataset, once, and by whom and when', async () => {
    await put(
      ALICE,
      'dataset.entry',
      'sst',
      entry('SST', { identifiers: [{ scheme: 'doi', value: '10.5555/sst' }] }),
    )
    const uri = entryUri(ALICE, 'sst')
    const cites = (citing: object, cited: object, relation = 'cites', createdAt = TIME) => ({
      citing,
      cited,
      relation,
      createdAt,
    })
    // One paper, said twice, by the DOI and by the at-uri.
    await put(BOB, 'graph.citation', 'a', cites(url('https://example.org/paper'), doi('10.5555/SST')))
    await put(BOB, 'graph.citation', 'b', cites(url('https://example.org/paper/'), record(uri)))
    // Another, from the other end, of another year.
    await put(
      CAROL,
      'graph.citation',
      'c',
      cites(record(uri), doi('10.1/x1'), 'is-cited-by', '2024-05-05T00:00:00.000Z'),
    )
    // One's own word, and one's own dataset, are no credit.
    await put(ALICE, 'graph.citation', 'd', cites(url('https://example.org/mine'), record(uri)))
    await put(ALICE, 'dataset.entry', 'own', entry('Own', { derivedFrom: [{ ref: record(uri) }] }))
    // Bob makes one, Carol another of Bob's; a third party's derivation counts nothing.
    await put(BOB, 'dataset.entry', 'made', entry('Made', { derivedFrom: [{ ref: doi('10.5555/sst') }] }))
    await put(
      CAROL,
      'dataset.entry',
      'further',
      entry('Further', { derivedFrom: [{ ref: record(entryUri(BOB, 'made')) }] }),
    )
    await put(
      CAROL,
      'graph.citation',
      'e',
      cites(record(entryUri(BOB, 'other')), record(uri), 'is-derived-from'),
    )
    const credit = await read(index.queries.getCredit({ actor: 'alice.test' }))
    expect(credit).toEqual({
      did: ALICE,
      citations: 2,
      disputed: 0,
      derived: 1,
      downstream: 2,
      years: [
        { year: 2024, citations: 1, derived: 0 },
        { year: 2026, citations: 1, derived: 1 },
      ],
      datasets: [{ uri, title: 'SST', citations: 2, derived: 1, downstream: 2 }],
      by: [
        { actor: { did: BOB, handle: 'bob.test' }, citations: 1, derived: 1 },
        { actor: { did: CAROL, handle: 'carol.test' }, citations: 1, derived: 0 },
      ],
      truncated: false,
    })
    const profile = await read(index.queries.getProfile({ actor: ALICE }))
    expect(profile.counts).toMatchObject({ entries: 2, citations: 2, derived: 1 })
  })

  it('lists each assertion with its other end, from either end, whoever makes it, page by page', async () => {
    await put(
      ALICE,
      'dataset.entry',
      'sst',
      entry('SST', {
        identifiers: [{ scheme: 'doi', value: '10.5555/sst' }],
        relatedItems: [
          { ref: doi('10.1234/one'), relation: 'is-cited-by', title: 'One paper' },
          { ref: doi('10.1234/two'), relation: 'is-cited-by', title: 'Another' },
          { ref: doi('10.1234/cited'), relation: 'references' },
        ],
      }),
    )
    const uri = entryUri(ALICE, 'sst')
    await put(
      BOB,
      'dataset.entry',
      'made',
      entry('Made', {
        identifiers: [{ scheme: 'doi', value: '10.5555/made' }],
        derivedFrom: [{ ref: record(uri), role: 'mask' }],
        relatedItems: [{ ref: doi('10.5555/sst'), relation: 'cites' }],
      }),
    )
    const cid = await put(CAROL, 'graph.citation', 'claim', {
      citing: doi('10.5555/made'),
      cited: doi('10.5555/sst'),
      relation: 'reviews',
      createdAt: '2024-05-05T00:00:00.000Z',
    })
    const claim = { uri: `at://${CAROL}/${nsid('graph.citation')}/claim`, cid }
    await put(ALICE, 'graph.acknowledgement', 'word', { claim, status: 'disputed', createdAt: TIME })
    const list = async (more: object = {}) => {
      const found: Assertion[] = []
      for (let cursor: string | undefined; ; ) {
        const page = await read(
          index.queries.listCitations({ subject: uri, ...more, ...(cursor && { cursor }) }),
        )
        found.push(...page.citations)
        cursor = page.cursor
        if (!cursor) return found
      }
    }
    const brief = (found: readonly Assertion[]) =>
      found.map(({ relation, assertedBy, isInverse, other: { id, title } }) =>
        [relation, assertedBy, isInverse ?? false, id, title].join(' '),
      )
    const made = entryUri(BOB, 'made')
    const all = await list()
    expect(brief(all)).toEqual([
      `is-derived-from downstream-owner false ${made} Made`,
      `cites downstream-owner false ${made} Made`,
      'is-cited-by upstream-owner true doi:10.1234/two Another',
      'is-cited-by upstream-owner true doi:10.1234/one One paper',
      'reviews third-party false doi:10.5555/made Made',
    ])
    expect(all[0]).toMatchObject({ role: 'mask', other: { state: 'available', dataset: made } })
    expect(all[4]).toMatchObject({
      acknowledged: 'disputed',
      saidAt: '2024-05-05T00:00:00.000Z',
      other: { state: 'external', dataset: made, author: { did: BOB } },
    })
    const plain = (found: readonly Assertion[]) => found.map(one => ({ ...one, record: undefined }))
    expect(plain(await list({ limit: 1 }))).toEqual(plain(all))
    expect(plain(await list({ subject: '10.5555/SST', limit: 2 }))).toEqual(plain(all))
    expect(brief(await list({ assertedBy: ['upstream-owner'] }))).toHaveLength(2)
    expect(brief(await list({ direction: 'made' }))).toEqual([
      'references downstream-owner false doi:10.1234/cited ',
    ])
    expect(brief(await list({ subject: '10.1234/one', direction: 'made' }))).toEqual([
      `is-cited-by upstream-owner true ${uri} SST`,
    ])
  })

  it('strangers’ words about a claim, however many and new, keep nobody’s from being heard', async () => {
    const uri = entryUri(ALICE, 'sst')
    const cid = await put(ALICE, 'dataset.entry', 'sst', entry('SST', { publisher: { name: 'B', did: BOB } }))
    const citing = await put(CAROL, 'graph.citation', 'c', {
      citing: url('https://example.org/paper'),
      cited: record(uri),
      relation: 'cites',
      createdAt: TIME,
    })
    const claims = {
      entry: { uri, cid },
      citation: { uri: `at://${CAROL}/${nsid('graph.citation')}/c`, cid: citing },
    }
    const EARLIER = '2025-01-01T00:00:00.000Z'
    const word = (claim: object, status: string, createdAt = EARLIER) => ({ claim, status, createdAt })
    await put(BOB, 'graph.acknowledgement', 'w', word(claims.entry, 'accepted'))
    await put(ALICE, 'graph.acknowledgement', 'w', word(claims.citation, 'disputed'))
    const flood = Object.values(claims).flatMap((claim, place) =>
      Array.from({ length: place === 0 ? 1001 : 10 }, (_, number) =>
        change('create', 'graph.acknowledgement', `${place}-${number}`, {
          ...word(claim, 'accepted', TIME),
          ...(number === 0 && { padding: 'x'.repeat(900_000) }),
        }),
      ),
    )
    await index.store.apply(events.batch([events.commit(CAROL, await Promise.all(flood))]))
    const { acknowledgements } = (await read(index.queries.getEntry({ uri }))).entry
    expect(acknowledgements).toMatchObject([{ status: 'accepted', author: { did: BOB }, claimCid: cid }])
    const { citations } = await read(index.queries.listCitations({ subject: uri }))
    expect(citations).toMatchObject([{ acknowledged: 'disputed' }])
  })

  it('a large record that says much stands once on a page, and tells few relations of two things', async () => {
    const uri = entryUri(ALICE, 'sst')
    const LARGE = 700_000
    await put(ALICE, 'dataset.entry', 'sst', entry('SST'))
    const item = (ref: object, number: number) => ({
      ref,
      relation: `relation-${number}`,
      title: `T${number}`,
    })
    await put(
      BOB,
      'dataset.entry',
      'loud',
      entry('Loud', {
        padding: 'x'.repeat(LARGE),
        relatedItems: Array.from({ length: 64 }, (_, number) => [
          item(record(uri), number),
          item(doi(`10.1234/${number}`), number),
        ]).flat(),
      }),
    )
    const pages = async (asked: { subject: string; direction?: string }) => {
      const found: { other: { id: string; title: string }; record?: object }[][] = []
      for (let cursor: string | undefined; ; ) {
        const { json } = await index.queries.listCitations({ ...asked, limit: 30, ...(cursor && { cursor }) })
        expect(json.length).toBeLessThan(LARGE * 1.2)
        const page = JSON.parse(json)
        expect(page.citations.map(({ record: whole }: { record?: object }) => whole !== undefined)).toEqual(
          page.citations.map((_: object, place: number) => place === 0),
        )
        found.push(page.citations)
        cursor = page.cursor
        if (!cursor) return found
      }
    }
    expect((await pages({ subject: uri })).map(page => page.length)).toEqual([8])
    // Page by page nothing is told twice, nor is more told.
    const one = { subject: uri, limit: 3 }
    const first = await read(index.queries.listCitations(one))
    const second = await read(index.queries.listCitations({ ...one, cursor: first.cursor }))
    const third = await read(index.queries.listCitations({ ...one, cursor: second.cursor }))
    const relations = [first, second, third].flatMap(({ citations }) =>
      citations.map(({ relation }: { relation: string }) => relation),
    )
    expect([new Set(relations).size, relations.length, third.cursor]).toEqual([8, 8, undefined])
    const made = await pages({ subject: entryUri(BOB, 'loud'), direction: 'made' })
    expect(made.map(page => page.length)).toEqual([30, 30, 12])
    const titles = made.flat().flatMap(({ other }) => (other.id.startsWith('doi:') ? other.title : []))
    expect(titles.sort()).toEqual(Array.from({ length: 64 }, (_, number) => `T${number}`).sort())
  })

  it('goes on after whatever a citation names, however long it is written', async () => {
    const uri = entryUri(ALICE, 'sst')
    await put(ALICE, 'dataset.entry', 'sst', entry('SST'))
    const values = ['"', '\\', '\u0001'].map(mark => mark.repeat(1000))
    for (const [place, value] of values.entries())
      await put(BOB, 'graph.citation', `c${place}`, {
        citing: { $type: definition('identifierRef'), scheme: 'x', value },
        cited: record(uri),
        relation: 'cites',
        createdAt: TIME,
      })
    const found: string[] = []
    for (let cursor: string | undefined; ; ) {
      const asked = { subject: uri, limit: 1, ...(cursor && { cursor }) }
      const page = await read(index.queries.listCitations(asked))
      found.push(...page.citations.map((one: { uri: string }) => one.uri.split('/').at(-1)))
      cursor = page.cursor
      if (!cursor) break
    }
    expect(found).toEqual(['c2', 'c1', 'c0'])
    const stranger = Buffer.from(JSON.stringify([TIME, 'nowhere'])).toString('base64url')
    await expect(index.queries.listCitations({ subject: uri, cursor: stranger })).rejects.toMatchObject({
      name: 'InvalidCursor',
    })
  })

  it('who claims the identifier of what cites has no say in it, here or in lineage', async () => {
    const uri = entryUri(ALICE, 'sst')
    await put(
      ALICE,
      'dataset.entry',
      'sst',
      entry('SST', { identifiers: [{ scheme: 'doi', value: '10.5555/sst' }] }),
    )
    const cid = await put(BOB, 'graph.citation', 'c', {
      citing: doi('10.1234/paper'),
      cited: doi('10.5555/sst'),
      relation: 'is-derived-from',
      createdAt: TIME,
    })
    await put(
      CAROL,
      'dataset.entry',
      'taken',
      entry('Taken', { identifiers: [{ scheme: 'doi', value: '10.1234/paper' }] }),
    )
    const claim = { uri: `at://${BOB}/${nsid('graph.citation')}/c`, cid }
    const said = async () => {
      const { citations } = await read(index.queries.listCitations({ subject: uri }))
      const assertedBy = ['third-party']
      const { edges } = await read(index.queries.getLineage({ id: uri, assertedBy }))
      return [citations, edges].map(([one]) => one.acknowledged)
    }
    await put(CAROL, 'graph.acknowledgement', 'w', { claim, status: 'disputed', createdAt: TIME })
    expect(await said()).toEqual([undefined, undefined])
    await put(ALICE, 'graph.acknowledgement', 'w', { claim, status: 'accepted', createdAt: TIME })
    expect(await said()).toEqual(['accepted', 'accepted'])
  })

  it('a citation that the owner disputes is no credit', async () => {
    await put(ALICE, 'dataset.entry', 'sst', entry('SST'))
    const uri = entryUri(ALICE, 'sst')
    const cid = await put(BOB, 'graph.citation', 'a', {
      citing: url('https://example.org/paper'),
      cited: record(uri),
      relation: 'cites',
      createdAt: TIME,
    })
    const claim = { uri: `at://${BOB}/${nsid('graph.citation')}/a`, cid }
    await put(CAROL, 'graph.acknowledgement', 'x', { claim, status: 'disputed', createdAt: TIME })
    expect(await read(index.queries.getCredit({ actor: ALICE }))).toMatchObject({ citations: 1, disputed: 0 })
    await put(ALICE, 'graph.acknowledgement', 'y', { claim, status: 'disputed', createdAt: TIME })
    expect(await read(index.queries.getCredit({ actor: ALICE }))).toMatchObject({ citations: 0, disputed: 1 })
  })

  it('a DOI that several datasets claim credits none of them', async () => {
    const shared = { identifiers: [{ scheme: 'doi', value: '10.5555/both' }] }
    await put(ALICE, 'dataset.entry', 'a', entry('A', shared))
    await put(BOB, 'dataset.entry', 'b', entry('B', shared))
    await put(CAROL, 'graph.citation', 'c', {
      citing: url('https://example.org/paper'),
      cited: doi('10.5555/both'),
      relation: 'cites',
      createdAt: TIME,
    })
    for (const actor of [ALICE, BOB])
      expect(await read(index.queries.getCredit({ actor }))).toMatchObject({ citations: 0 })
  })
})
