/** What the operator takes down, how much is kept of one account, and what labelers say: on both engines. */

import { labelSigner } from '@frost/appview/labels/signing-key'
import type { Index } from '@frost/index'
import { labelledBy } from '@frost/index/moderation/labels'
import { definition } from '@frost/lexicon'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { ENGINES } from '../index/engines.ts'
import { freshIndexes } from '../index/fresh-indexes.ts'
import { ALICE, account, BOB, Events, entryUri } from '../index/network-of.ts'
import { CAROL, Talk, tid } from './talk.ts'

const OPERATOR = 'did:web:operator.example'
const LABELER = 'did:web:labeler.example'

describe.each(ENGINES)('moderation on %s', engine => {
  const { fresh } = freshIndexes(engine)
  let index: Index
  let events: Events
  let talk: Talk
  const begin = async (mostRecords?: number) => {
    index = await fresh(undefined, mostRecords === undefined ? {} : { mostRecords })
    events = new Events()
    talk = new Talk(index, events)
  }
  beforeEach(() => begin())
  const publish = (did: string, rkey: string) =>
    talk.say(did, 'dataset.entry', rkey, { title: `${rkey} data` })
  const found = async () => {
    await index.searchable()
    const { entries } = await talk.ask('searchEntries', { q: 'data' })
    return entries.map(({ uri }: { uri: string }) => uri.split('/').slice(2).join('/')).sort()
  }
  const isWhole = async () => {
    await index.searchable()
    const { tallies, projections, datasets, searchable } = await index.check()
    expect({ tallies, projections, searchable }).toEqual({
      tallies: [],
      projections: [],
      searchable: datasets,
    })
  }
  const names = (...uris: { uri: string }[]) =>
    uris.map(({ uri }) => uri.split('/').slice(2).join('/')).sort()

  it('takes a record out of every answer, also when it is written anew, until it is restored', async () => {
    const [good, bad] = [await publish(ALICE, 'good'), await publish(BOB, 'bad')]
    expect(await index.moderation.takeDown([bad.uri, bad.uri], OPERATOR, 'spam')).toBe(1)
    expect(await found()).toEqual(names(good))
    await expect(talk.ask('getEntry', { uri: bad.uri })).rejects.toMatchObject({ name: 'EntryNotFound' })
    expect(await talk.ask('getState', { uri: bad.uri, cid: bad.cid })).toMatchObject({
      pinState: 'unavailable',
    })
    await publish(BOB, 'bad')
    await talk.say(BOB, 'dataset.entry', 'bad', { title: 'other data' })
    expect(await found()).toEqual(names(good))
    await isWhole()
    expect(await index.moderation.takedowns(10)).toMatchObject([
      { subject: bad.uri, by: OPERATOR, reason: 'spam' },
    ])
    expect(await index.moderation.restore([bad.uri])).toBe(1)
    expect(await found()).toEqual(names(good, bad))
  })

  it('takes an account down as if it were away, before it is heard of too, and whatever its host says', async () => {
    await index.moderation.takeDown([BOB], OPERATOR)
    const good = await publish(ALICE, 'good')
    const bad = await publish(BOB, 'bad')
    await talk.say(BOB, 'graph.follow', 'a', { subject: { $type: definition('actorSubject'), did: ALICE } })
    expect(await found()).toEqual(names(good))
    await expect(talk.ask('listEntries', { actor: BOB })).rejects.toMatchObject({ name: 'ActorNotFound' })
    expect(await talk.ask('listNotifications', { viewer: ALICE })).toMatchObject({ notifications: [] })
    await index.store.apply(events.batch([account(BOB, false, 'deactivated'), account(BOB, true)]))
    expect(await found()).toEqual(names(good))
    await index.moderation.restore([BOB])
    expect(await found()).toEqual(names(good, bad))
    await index.store.apply(events.batch([account(BOB, false, 'deactivated')]))
    await index.moderation.takeDown([BOB], OPERATOR)
    await index.moderation.restore([BOB])
    expect(await found()).toEqual(names(good))
  })

  it('law: what is shown is what is valid, of an active account, and not taken down, after any history', async () => {
    const dids = [ALICE, BOB]
    const deed = fc.oneof(
      fc.record({
        act: fc.constant('write'),
        did: fc.constantFrom(...dids),
        rkey: fc.constantFrom('a', 'b'),
      }),
      fc.record({
        act: fc.constantFrom('away', 'back'),
        did: fc.constantFrom(...dids),
        rkey: fc.constant(''),
      }),
      fc.record({
        act: fc.constantFrom('down', 'up'),
        did: fc.constantFrom(...dids),
        rkey: fc.constantFrom('', 'a', 'b'),
      }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { minLength: 1, maxLength: 8 }), async deeds => {
        await begin()
        const written = new Set<string>()
        const away = new Set<string>()
        const down = new Set<string>()
        for (const { act, did, rkey } of deeds) {
          const subject = rkey === '' ? did : entryUri(did, rkey)
          if (act === 'write') {
            await publish(did, rkey)
            written.add(entryUri(did, rkey))
          } else if (act === 'away' || act === 'back') {
            await index.store.apply(events.batch([account(did, act === 'back')]))
            away[act === 'away' ? 'add' : 'delete'](did)
          } else if (act === 'down') {
            await index.moderation.takeDown([subject], OPERATOR)
            down.add(subject)
          } else {
            await index.moderation.restore([subject])
            down.delete(subject)
          }
        }
        const shown = [...written].filter(uri => {
          const did = uri.split('/')[2]!
          return !away.has(did) && !down.has(did) && !down.has(uri)
        })
        expect(await found()).toEqual(names(...shown.map(uri => ({ uri }))))
        await isWhole()
      }),
      { numRuns: engine === 'sqlite' ? 25 : 6 },
    )
  })

  it('keeps no more of one account than the quota, and everything of others', async () => {
    await begin(3)
    const kept = [await publish(BOB, 'a'), await publish(BOB, 'b'), await publish(BOB, 'c')]
    const flood = await Promise.all(
      ['d', 'e'].map(rkey => events.put(BOB, 'dataset.entry', rkey, { title: 'data' })),
    )
    await index.store.apply(events.batch(flood))
    const other = await publish(ALICE, 'other')
    expect(await found()).toEqual(names(...kept, other))
    expect(Object.values((await index.status()).rejected)).toEqual([2])
    // Its repository still adds up.
    expect([...(await index.store.records(BOB)).keys()]).toHaveLength(5)
    const row = await index.database
      .selectFrom('record')
      .select(['json', 'issues'])
      .where('uri', '=', entryUri(BOB, 'd'))
      .executeTakeFirstOrThrow()
    expect(row).toMatchObject({ json: 'null', issues: expect.stringContaining('more than 3 records') })
    await talk.say(BOB, 'dataset.entry', 'a', { title: 'changed data' })
    expect(await found()).toEqual(names(...kept, other))
    await talk.unsay(BOB, 'dataset.entry', 'a')
    await talk.unsay(BOB, 'dataset.entry', 'b')
    await talk.unsay(BOB, 'dataset.entry', 'c')
    const again = await publish(BOB, 'd')
    expect(await found()).toEqual(names(again, other))
    await isWhole()
  })

  it('shows what the labelers that were asked for say, of the state that they mean, as long as it holds', async () => {
    const entry = await publish(BOB, 'ice')
    const says = (label: object, cursor: number, isTrusted = false) =>
      index.labels.apply(
        LABELER,
        [{ src: LABELER, uri: entry.uri, val: 'dubious', cts: talk.now, ...label }],
        cursor,
        isTrusted,
      )
    await says({}, 1)
    await says({ uri: BOB, val: 'new-account' }, 2)
    await says({ val: 'old-state', cid: 'bafyold' }, 3)
    await says({ val: 'over', exp: '2026-01-01T00:00:00.000Z' }, 4)
    await says({ src: CAROL, val: 'not-its-own' }, 5)
    const labels = async (labelers: string[]) => {
      const { entry: view } = await labelledBy(labelers, () => talk.ask('getEntry', { uri: entry.uri }))
      return view.labels?.map(({ val }: { val: string }) => val)
    }
    expect(await labels([LABELER])).toEqual(['dubious', 'new-account'])
    expect(await labels([CAROL])).toBeUndefined()
    expect(await labels([])).toBeUndefined()
    expect(await index.labels.cursor(LABELER)).toBe(5)
    const { actors } = await labelledBy([LABELER], () => talk.ask('searchActors', { q: 'bob' }))
    expect(actors).toEqual([])
    // An older word that comes late does not hold against a newer one.
    await says({ neg: true, cts: '2025-01-01T00:00:00.000Z' }, 6)
    expect(await labels([LABELER])).toContain('dubious')
    await says({ neg: true }, 7)
    expect(await labels([LABELER])).toEqual(['new-account'])
  })

  it('tells the labels of whatever names something: news, notifications, suggestions, lineage, citations', async () => {
    const ice = await publish(BOB, 'ice')
    await talk.say(ALICE, 'graph.follow', 'a', {
      subject: { $type: definition('recordSubject'), uri: ice.uri },
    })
    const version = await talk.say(BOB, 'dataset.version', tid(1), {
      dataset: ice.uri,
      entry: ice,
      version: '1.0',
      releasedAt: talk.now,
    })
    const paper = '10.1234/paper'
    await talk.say(ALICE, 'graph.citation', 'c', {
      citing: { $type: definition('recordRef'), uri: version.uri },
      cited: { $type: definition('identifierRef'), scheme: 'doi', value: paper },
      relation: 'cites',
      createdAt: talk.now,
    })
    let cursor = 0
    for (const [uri, val] of [
      [ice.uri, 'of-the-data'],
      [version.uri, 'of-the-version'],
      [BOB, 'of-bob'],
    ] as const)
      await index.labels.apply(LABELER, [{ src: LABELER, uri, val, cts: talk.now }], ++cursor, false)
    await index.searchable()
    const vals = ({ labels }: { labels?: { val: string }[] }) => labels?.map(({ val }) => val)
    const asked = async (labelers: string[]) => {
      const ask = (name: Parameters<Talk['ask']>[0], params: object) =>
        labelledBy(labelers, () => talk.ask(name, params))
      const {
        notifications: [told],
      } = await ask('listNotifications', { viewer: ALICE })
      const {
        items: [item],
      } = await ask('getTimeline', { viewer: ALICE })
      const { suggestions } = await ask('suggest', { q: 'ice' })
      const { nodes } = await ask('getLineage', { id: ice.uri, direction: 'both' })
      const {
        citations: [{ other }],
      } = await ask('listCitations', { subject: paper })
      return [told, told.dataset, item, item.entry, suggestions[0], nodes[0], other].map(vals)
    }
    const [ofVersion, ofData] = [
      ['of-the-version', 'of-bob'],
      ['of-the-data', 'of-bob'],
    ]
    const ofEnd = [...ofData, 'of-the-version']
    expect(await asked([LABELER])).toEqual([ofVersion, ofData, ofVersion, ofData, ofData, ofData, ofEnd])
    expect(await asked([CAROL])).toEqual(Array(7).fill(undefined))
  })

  it('keeps of a labeler whom anybody may have chosen what is known here, and no more than a bound', async () => {
    const [ice, sea] = [await publish(BOB, 'ice'), await publish(BOB, 'sea')]
    let cursor = 0
    const says = (...labels: object[]) =>
      index.labels.apply(
        LABELER,
        labels.map(label => ({ src: LABELER, uri: ice.uri, val: 'a', cts: talk.now, ...label })),
        ++cursor,
        false,
        3,
      )
    const held = async () => {
      const rows = await index.database.selectFrom('label').select(['uri', 'val']).orderBy('val').execute()
      return rows.map(({ uri, val }) => `${val} ${uri}`)
    }
    await says({ uri: `${ice.uri}x` }, { uri: CAROL }, { uri: 'https://a.example' })
    expect(await held()).toEqual([])
    await says({}, { uri: BOB, val: 'b' })
    await says({ uri: sea.uri, val: 'c' }, { val: 'd' })
    await says({ val: 'e' })
    const kept = [`a ${ice.uri}`, `b ${BOB}`, `c ${sea.uri}`]
    expect(await held()).toEqual(kept)
    await says({ exp: '2999-01-01T00:00:00.000Z' })
    expect(await held()).toEqual(kept)
    await says({ neg: true })
    await says({ val: 'f' })
    expect(await held()).toEqual([...kept.slice(1), `f ${ice.uri}`])
    expect(await index.labels.cursor(LABELER)).toBe(cursor)
  })

  it('says labels itself: each once, the newest word, in an order that only rises, signed anew by another key', async () => {
    const entry = await publish(BOB, 'ice')
    const [one, two] = [labelSigner(LABELER, Buffer.alloc(32, 1)), labelSigner(LABELER, Buffer.alloc(32, 2))]
    // What was said before there was a stream is in it.
    const before = { src: LABELER, uri: BOB, val: 'new-account', cts: '2025-01-01T00:00:00.000Z' }
    await index.labels.apply(LABELER, [before], 1, false)
    const { ownLabels } = index
    await ownLabels.begin(one)
    await ownLabels.begin(one)
    const all = async () => ownLabels.read(LABELER, 0, 100)
    expect(await all()).toMatchObject([{ label: before, seq: Date.parse(before.cts) }])
    for (const word of [{ cid: 'bafya' }, { cid: 'bafyb' }, {}, {}, { val: 'other' }])
      await ownLabels.say(one, { uri: entry.uri, val: 'spam', ...word })
    const said = async () =>
      (await all()).map(({ label: { val, cid, neg } }) => `${neg ? '-' : ''}${val} ${cid ?? ''}`)
    expect(await said()).toEqual(['new-account ', 'spam bafya', 'spam bafyb', 'spam ', 'other '])
    const down = await ownLabels.say(one, { uri: entry.uri, val: 'spam', neg: true })
    expect(down).toHaveLength(3)
    expect((await said()).slice(1).sort()).toEqual(['-spam ', '-spam bafya', '-spam bafyb', 'other '])
    const { entry: view } = await labelledBy([LABELER], () => talk.ask('getEntry', { uri: entry.uri }))
    expect(view.labels.map(({ val }: { val: string }) => val).sort()).toEqual(['new-account', 'other'])
    const old = await all()
    const [seqs, times] = [old.map(({ seq }) => seq), old.map(({ label }) => label.cts)]
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b))
    expect(times).toEqual([...new Set(times)].sort())
    expect(await ownLabels.last(LABELER)).toBe(seqs.at(-1))
    await ownLabels.begin(two)
    for (const [place, { seq, label, signature }] of (await all()).entries()) {
      expect({ seq, label }).toEqual({ seq: old[place]!.seq, label: old[place]!.label })
      expect(Buffer.from(signature)).toEqual(Buffer.from(two.sign(label)))
    }
    const found = async (...patterns: string[]) =>
      (await ownLabels.read(LABELER, 0, 100, patterns)).map(({ label }) => label.uri)
    expect(new Set(await found(`at://${BOB}/*`))).toEqual(new Set([entry.uri]))
    expect(await found(BOB)).toEqual([BOB])
    expect(await found(`${BOB}/*`, 'at://*x')).toEqual([])
    expect(await found('*')).toHaveLength(5)
    expect(await ownLabels.read(CAROL, 0, 100)).toEqual([])
    await expect(ownLabels.say(two, { uri: `at://${'x'.repeat(1500)}`, val: 'spam' })).rejects.toMatchObject({
      name: 'InvalidSubject',
    })
  })

  it('lets a trusted labeler take down, and nobody else; it lifts only what it took down itself', async () => {
    const entry = await publish(BOB, 'ice')
    const says = (label: object, cursor: number, isTrusted: boolean) =>
      index.labels.apply(
        LABELER,
        [{ src: LABELER, uri: entry.uri, val: '!takedown', cts: talk.now, ...label }],
        cursor,
        isTrusted,
      )
    await says({}, 1, false)
    expect(await found()).toEqual(names(entry))
    await says({}, 2, true)
    expect(await found()).toEqual([])
    await says({ neg: true }, 3, true)
    expect(await found()).toEqual(names(entry))
    await says({ val: '!hide', exp: '2999-01-01T00:00:00.000Z' }, 4, true)
    expect(await found()).toEqual([])
    await index.labels.expire('2999-01-02T00:00:00.000Z')
    expect(await found()).toEqual(names(entry))
    await index.moderation.takeDown([BOB], OPERATOR)
    await says({ uri: BOB }, 5, true)
    await says({ uri: BOB, neg: true }, 6, true)
    expect(await found()).toEqual([])
    await says({ uri: 'at://no subject' }, 7, true)
  })

  it('follows a change of whom the operator trusts', async () => {
    const [ice, sea] = [await publish(BOB, 'ice'), await publish(BOB, 'sea')]
    const says = (src: string, uri: string, cursor: number, isTrusted: boolean) =>
      index.labels.apply(src, [{ src, uri, val: '!takedown', cts: talk.now }], cursor, isTrusted)
    await says(LABELER, ice.uri, 1, false)
    await says(CAROL, sea.uri, 1, true)
    await index.moderation.takeDown([BOB], CAROL)
    await index.moderation.restore([BOB], CAROL)
    expect(await found()).toEqual(names(ice))
    await index.labels.trust([LABELER])
    expect(await found()).toEqual(names(sea))
    await index.labels.trust([LABELER, CAROL])
    expect(await found()).toEqual([])
    // What somebody takes down by hand is not a label's, whoever trusts whom.
    await index.moderation.takeDown([ice.uri], OPERATOR)
    await index.labels.trust([])
    expect(await found()).toEqual(names(sea))
    await isWhole()
  })

  it('keeps down what anybody wants down: another label, another labeler, the operator', async () => {
    const entry = await publish(BOB, 'ice')
    let cursor = 0
    const says = (label: object, src = LABELER) =>
      index.labels.apply(
        src,
        [{ src, uri: entry.uri, val: '!takedown', cts: talk.now, ...label }],
        ++cursor,
        true,
      )
    await says({})
    await says({ val: '!hide' })
    await says({ val: '!hide', neg: true })
    expect(await found()).toEqual([])
    await says({ neg: true, cts: '2025-01-01T00:00:00.000Z' })
    expect(await found()).toEqual([])
    await says({}, CAROL)
    await index.moderation.takeDown([entry.uri], OPERATOR)
    await says({ neg: true })
    await says({ neg: true }, CAROL)
    expect(await found()).toEqual([])
    expect(await index.moderation.takedowns(10)).toMatchObject([{ subject: entry.uri, by: OPERATOR }])
    await index.moderation.restore([entry.uri])
    expect(await found()).toEqual(names(entry))
    await isWhole()
  })

  it('keeps reports for the operator, and not without end', async () => {
    const report = { subject: BOB, cid: null, reason_type: 'spam', reason: 'Ads', reporter: ALICE }
    const { id } = await index.moderation.report(report)
    await index.moderation.report({ ...report, reporter: CAROL })
    expect(await index.moderation.reports('open', 10)).toMatchObject([
      { reporter: ALICE },
      { reporter: CAROL },
    ])
    await index.moderation.resolve(id, OPERATOR, 'Taken down')
    expect(await index.moderation.reports('open', 10)).toMatchObject([{ reporter: CAROL }])
    expect(await index.moderation.reports('resolved', 10)).toMatchObject([{ id, note: 'Taken down' }])
    await expect(index.moderation.resolve(99, OPERATOR)).rejects.toMatchObject({ name: 'ReportNotFound' })
    await expect(index.moderation.report({ ...report, subject: 'x' })).rejects.toThrow('neither a DID')
    for (let more = 1; more < 100; more++) await index.moderation.report(report)
    await expect(index.moderation.report(report)).rejects.toMatchObject({ name: 'TooManyReports' })
  })
})
