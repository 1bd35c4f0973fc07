/** What somebody follows and what concerns them: told once, in order, page by page, on both engines. */
import type { Index } from '@frost/index'
import { notificationsSince } from '@frost/index/queries/notifications'
import { definition, hashRkey, nsid } from '@frost/lexicon'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { weighed } from '../index/bytes-read.ts'
import { ENGINES } from '../index/engines.ts'
import { freshIndexes } from '../index/fresh-indexes.ts'
import { ALICE, account, BOB, Events } from '../index/network-of.ts'
import { CAROL, Talk, tid } from './talk.ts'

type Item = { uri: string; kind: string; via: string; record?: object; entry?: { uri: string } }
type Told = { uri: string; reason: string; isRead: boolean; dataset?: { title: string } }

describe.each(ENGINES)('feed and notifications on %s', engine => {
  const { fresh } = freshIndexes(engine)
  let index: Index
  let events: Events
  let talk: Talk
  let said = 0
  beforeEach(async () => {
    index = await fresh()
    events = new Events()
    talk = new Talk(index, events)
    said = 0
  })
  const publish = (did: string, rkey: string, more: object = {}) =>
    talk.say(did, 'dataset.entry', rkey, { title: rkey, ...more })
  const follow = (did: string, subject: object) => talk.say(did, 'graph.follow', tid(++said), { subject })
  const followActor = (did: string, whom: string) =>
    follow(did, { $type: definition('actorSubject'), did: whom })
  const followRecord = (did: string, uri: string) => follow(did, { $type: definition('recordSubject'), uri })
  const release = (did: string, entry: { uri: string; cid: string }, more: object = {}) =>
    talk.say(did, 'dataset.version', tid(++said), {
      dataset: entry.uri,
      entry,
      version: `v${said}`,
      releasedAt: talk.now,
      ...more,
    })
  const comment = (did: string, subject: string, more: object = {}) =>
    talk.say(did, 'discussion.comment', tid(++said), { subject, text: 'So it is', ...more })
  async function all<Item>(
    query: 'getTimeline' | 'listNotifications',
    name: string,
    params: { viewer: string; limit?: number },
  ): Promise<Item[]> {
    const items: Item[] = []
    for (let cursor: string | undefined; ; ) {
      const page = await talk.ask(query, { ...params, ...(cursor && { cursor }) })
      items.push(...page[name])
      cursor = page.cursor
      if (!cursor) return items
    }
  }
  const timeline = (viewer: string, limit = 100) => all<Item>('getTimeline', 'items', { viewer, limit })
  const told = (viewer: string, limit = 100) =>
    all<Told>('listNotifications', 'notifications', { viewer, limit })
  const uris = (items: readonly { uri: string }[]) => items.map(({ uri }) => uri)

  it('tells what people whom one follows publish, and nothing that they merely say', async () => {
    const before = await publish(BOB, 'before')
    await followActor(ALICE, BOB)
    const entry = await publish(BOB, 'ice')
    const version = await release(BOB, entry)
    await publish(CAROL, 'of-carol')
    await comment(BOB, entry.uri)
    const items = await timeline(ALICE)
    expect(uris(items)).toEqual([version.uri, entry.uri, before.uri])
    expect(items[0]).toMatchObject({ kind: 'version', via: BOB, entry: { uri: entry.uri } })
    expect(items[1]).toMatchObject({ kind: 'entry', entry: { uri: entry.uri } })
    expect(items[1]).not.toHaveProperty('record')
    expect(await timeline(CAROL)).toEqual([])
  })

  it('tells what happens to datasets that one follows, as their owners let it be seen', async () => {
    const entry = await publish(BOB, 'ice')
    await followRecord(ALICE, entry.uri)
    const rude = await comment(CAROL, entry.uri)
    const kind = await comment(CAROL, entry.uri)
    const version = await release(BOB, entry)
    const mirror = await talk.say(CAROL, 'dataset.mirror', 'copy', {
      subject: entry.uri,
      distribution: { id: 'data', uri: 's3://copy/ice.zarr' },
    })
    await comment(ALICE, entry.uri)
    await talk.say(BOB, 'discussion.gate', 'ice', { subject: entry.uri, hidden: [{ uri: rude.uri }] })
    const items = await timeline(ALICE)
    expect(uris(items)).toEqual([mirror.uri, version.uri, kind.uri])
    expect(items.every(({ via }) => via === entry.uri)).toBe(true)
  })

  it('tells of collections what comes into them and what their datasets release', async () => {
    const entry = await publish(BOB, 'ice')
    const list = await talk.say(CAROL, 'dataset.collection', 'seas', { title: 'Seas' })
    await followRecord(ALICE, list.uri)
    const item = await talk.say(CAROL, 'dataset.collectionItem', 'one', {
      collection: list.uri,
      subject: { $type: definition('recordRef'), uri: entry.uri },
    })
    const version = await release(BOB, entry)
    const items = await timeline(ALICE)
    expect(uris(items)).toEqual([version.uri, item.uri])
    expect(items.map(({ via }) => via)).toEqual([list.uri, list.uri])
    expect(items[1]).toMatchObject({ kind: 'collectionItem', entry: { uri: entry.uri } })
  })

  it('tells of searches the datasets that match with all words, and their versions', async () => {
    await follow(ALICE, { $type: definition('savedQuery'), query: 'q=sea+ice' })
    await follow(ALICE, { $type: definition('savedQuery'), query: 'no=such&parameter' })
    const entry = await publish(BOB, 'ice', { title: 'Sea ice extent' })
    await publish(BOB, 'sea', { title: 'Sea surface' })
    const version = await release(BOB, entry)
    await index.searchable()
    const items = await timeline(ALICE)
    expect(uris(items)).toEqual([version.uri, entry.uri])
    expect(items.map(({ via }) => via)).toEqual(['q=sea+ice', 'q=sea+ice'])
  })

  it('tells once what several follows bring, and nothing of the muted or of who is away', async () => {
    const entry = await publish(BOB, 'ice')
    await followActor(ALICE, BOB)
    await followRecord(ALICE, entry.uri)
    const version = await release(BOB, entry)
    await comment(CAROL, entry.uri)
    expect(uris(await timeline(ALICE, 1))).toHaveLength(3)
    await index.readers.mute(ALICE, CAROL)
    expect(uris(await timeline(ALICE, 1))).toEqual([version.uri, entry.uri])
    const { mutes } = await talk.ask('listMutes', { viewer: ALICE })
    expect(mutes).toMatchObject([{ actor: { did: CAROL } }])
    await index.readers.unmute(ALICE, CAROL)
    expect(await timeline(ALICE)).toHaveLength(3)
    await index.store.apply(events.batch([account(BOB, false, 'deactivated')]))
    expect(await timeline(ALICE)).toMatchObject([{ kind: 'comment' }])
  })

  it('says why somebody is told, once for each record, and what of it is read', async () => {
    const entry = await publish(ALICE, 'ice')
    await followActor(BOB, ALICE)
    const issue = await talk.say(BOB, 'discussion.issue', tid(++said), { subject: entry.uri, title: 'Gap' })
    await comment(CAROL, entry.uri, { root: issue, parent: issue })
    await publish(BOB, 'made', {
      derivedFrom: [{ ref: { $type: definition('recordRef'), uri: entry.uri } }],
    })
    await comment(ALICE, entry.uri)
    const first = await talk.ask('listNotifications', { viewer: ALICE })
    expect(first.notifications.map(({ reason }: Told) => reason)).toEqual([
      'derived',
      'comment',
      'issue',
      'follow',
    ])
    expect(first).toMatchObject({ unread: 4, notifications: [{ isRead: false }, {}, {}, {}] })
    expect(first.notifications[2].dataset).toEqual({ uri: entry.uri, title: 'ice' })
    // The comment concerns who reported the issue, too.
    expect((await told(BOB)).map(({ reason }) => reason)).toEqual(['comment'])

    await index.readers.markSeen(ALICE, first.notifications[1].indexedAt)
    const second = await talk.ask('listNotifications', { viewer: ALICE })
    expect(second.notifications.map(({ isRead }: Told) => isRead)).toEqual([false, true, true, true])
    expect(second).toMatchObject({ unread: 1, seenAt: first.notifications[1].indexedAt })
    const only = await talk.ask('listNotifications', { viewer: ALICE, reason: ['issue', 'follow'] })
    expect(only.notifications).toHaveLength(2)
  })

  it('tells of versions and notices of what one follows and what one builds on', async () => {
    const source = await publish(BOB, 'source')
    const followed = await publish(BOB, 'followed')
    await publish(ALICE, 'made', {
      derivedFrom: [{ ref: { $type: definition('recordRef'), uri: source.uri } }],
    })
    await followRecord(ALICE, followed.uri)
    const version = await release(BOB, source)
    const notice = await talk.say(BOB, 'dataset.notice', tid(++said), {
      subject: { $type: definition('recordRef'), uri: followed.uri },
      kind: 'deprecated',
    })
    // A version that is made from one's own is told for that, and not again as a version.
    const both = await release(BOB, followed, {
      derivedFrom: [
        { ref: { $type: definition('recordRef'), uri: `at://${ALICE}/${nsid('dataset.entry')}/made` } },
      ],
    })
    expect(await told(ALICE, 1)).toMatchObject([
      { uri: both.uri, reason: 'derived' },
      { uri: notice.uri, reason: 'notice' },
      { uri: version.uri, reason: 'version', dataset: { title: 'source' } },
    ])
    await index.readers.setQuietReasons(ALICE, ['version', 'derived'])
    expect(await told(ALICE)).toMatchObject([{ reason: 'notice' }])
    expect((await talk.ask('listNotifications', { viewer: ALICE })).unread).toBe(1)
  })

  describe('what becomes of issues and corrections', () => {
    const settle = (did: string, issue: { uri: string }, state: string) =>
      talk.say(did, 'discussion.issueState', tid(++said), { issue: issue.uri, state })
    const word = (did: string, claim: { uri: string; cid: string }, status: string, more: object = {}) =>
      talk.say(did, 'graph.acknowledgement', hashRkey(claim.uri), { claim, status, ...more })
    const reasons = async (viewer: string) => (await told(viewer)).map(({ reason }) => reason)

    it('hears who reported an issue, who took part in it and whose dataset it is', async () => {
      const entry = await publish(ALICE, 'ice')
      const issue = await talk.say(BOB, 'discussion.issue', tid(++said), { subject: entry.uri, title: 'Gap' })
      await settle(ALICE, issue, 'closed')
      await comment(CAROL, entry.uri, { root: issue, parent: issue })
      const reopened = await settle(BOB, issue, 'open')
      const fixed = await settle(ALICE, issue, 'fixed')
      // Whose word does not count tells nobody anything.
      await settle(CAROL, issue, 'closed')
      await settle(CAROL, { uri: `at://${BOB}/${nsid('discussion.issue')}/none` }, 'closed')
      expect(await reasons(BOB)).toEqual(['issue-state', 'comment', 'issue-state'])
      expect(await told(ALICE)).toMatchObject([
        { uri: reopened.uri, reason: 'issue-state', dataset: { uri: entry.uri, title: 'ice' } },
        { reason: 'comment' },
        { reason: 'issue' },
      ])
      expect(uris(await told(CAROL))).toEqual([fixed.uri, reopened.uri])
      await index.readers.setQuietReasons(BOB, ['issue-state'])
      expect(await reasons(BOB)).toEqual(['comment'])
    })

    it('hears who proposed a correction that it is declined, accepted or adopted, and each other word anew', async () => {
      const entry = await publish(ALICE, 'ice')
      const propose = () =>
        talk.say(BOB, 'discussion.correction', tid(++said), {
          target: entry,
          rationale: 'Wrong',
          patch: [{ op: 'remove', path: '/subjects' }],
        })
      const first = await propose()
      const second = await propose()
      const declined = await word(ALICE, first, 'disputed')
      await word(CAROL, first, 'accepted')
      expect(await told(BOB)).toMatchObject([
        { uri: declined.uri, reason: 'correction-state', isRead: false },
      ])
      await index.readers.markSeen(BOB, talk.now)
      await word(ALICE, first, 'accepted')
      expect(await told(BOB)).toMatchObject([{ uri: declined.uri, isRead: false }])
      const version = await release(ALICE, entry, { corrects: [second] })
      // Nobody adopts corrections of what is not theirs.
      await release(CAROL, await publish(CAROL, 'mine'), { corrects: [second] })
      expect(uris(await told(BOB))).toEqual([version.uri, declined.uri])
      await word(BOB, second, 'withdrawn')
      expect(await reasons(ALICE)).toEqual(['correction-state', 'correction', 'correction'])
    })

    it('judges words without reading them, and has nothing to judge of the muted', async () => {
      const entry = await publish(ALICE, 'ice')
      const issue = await talk.say(ALICE, 'discussion.issue', tid(++said), {
        subject: entry.uri,
        title: 'Gap',
      })
      const padding = 'x'.repeat(500_000)
      for (let times = 0; times < 3; times++) {
        await talk.say(BOB, 'graph.acknowledgement', `b${times}`, {
          claim: entry,
          status: 'disputed',
          padding,
        })
        await talk.say(BOB, 'discussion.issueState', tid(++said), {
          issue: issue.uri,
          state: 'closed',
          padding,
        })
      }
      const { db, weights } = weighed(index)
      const read = async () => {
        weights.length = 0
        const { count } = await notificationsSince(db, ALICE, '2026-01-01T00:00:00.000Z', 30)
        return { count, read: weights.reduce((sum, weight) => sum + weight, 0) }
      }
      const judged = await read()
      expect(judged.count).toBe(0)
      expect(judged.read).toBeGreaterThan(0)
      expect(judged.read).toBeLessThan(10_000)
      await index.readers.mute(ALICE, BOB)
      expect(await read()).toEqual({ count: 0, read: 0 })
    })

    it('hears who makes a claim what those say whom it names, and nobody else', async () => {
      const source = await publish(CAROL, 'source')
      const entry = await publish(ALICE, 'ice', {
        publisher: { name: 'B', did: BOB },
        derivedFrom: [{ ref: { $type: definition('recordRef'), uri: source.uri } }],
      })
      const words = [await word(BOB, entry, 'accepted'), await word(CAROL, entry, 'disputed')]
      const bobs = await publish(BOB, 'elsewhere')
      await word(CAROL, bobs, 'disputed')
      expect(uris(await told(ALICE))).toEqual(uris(words).reverse())
      expect(await told(ALICE)).toMatchObject([{ reason: 'acknowledgement', dataset: { title: 'ice' } }, {}])
      expect(await told(BOB)).toEqual([])
      // A claim of a third party concerns the owners of both ends.
      const ref = ({ uri }: { uri: string }) => ({ $type: definition('recordRef'), uri })
      const claim = await talk.say(ALICE, 'graph.citation', 'claim', {
        citing: ref(bobs),
        cited: ref(source),
        relation: 'cites',
      })
      expect(await told(BOB)).toMatchObject([{ uri: claim.uri, reason: 'citation' }])
      expect(await told(CAROL)).toMatchObject([{ uri: claim.uri, reason: 'citation' }, { reason: 'derived' }])
      const dispute = await word(BOB, claim, 'disputed')
      expect((await told(ALICE))[0]).toMatchObject({ uri: dispute.uri, reason: 'acknowledgement' })
    })
  })

  it('tells nothing of what was released before one followed it, or built on it', async () => {
    const followed = await publish(BOB, 'followed')
    const source = await publish(BOB, 'source')
    const old = [await release(BOB, followed), await release(BOB, source)]
    await talk.say(BOB, 'dataset.notice', tid(++said), {
      subject: { $type: definition('recordRef'), uri: followed.uri },
      kind: 'deprecated',
    })
    await followRecord(ALICE, followed.uri)
    await publish(ALICE, 'made', {
      derivedFrom: [{ ref: { $type: definition('recordRef'), uri: source.uri } }],
    })
    expect(await talk.ask('listNotifications', { viewer: ALICE })).toEqual({ notifications: [], unread: 0 })
    const fresh = [await release(BOB, followed), await release(BOB, source)]
    expect(uris(await told(ALICE))).toEqual(uris(fresh).reverse())
    // To follow it once more, or by another client, changes nothing; the feed tells the old ones at their own time.
    await followRecord(ALICE, followed.uri)
    expect(await told(ALICE)).toHaveLength(2)
    expect(uris(await timeline(ALICE))).toContain(old[0]!.uri)
  })

  it('tells the time of which something is news, whenever it was taken in or written anew', async () => {
    const entry = await publish(BOB, 'ice')
    await followRecord(ALICE, entry.uri)
    await followActor(ALICE, BOB)
    const aged = { createdAt: '2015-06-01T00:00:00.000Z', releasedAt: '2015-06-01T00:00:00.000Z' }
    const version = await release(BOB, entry, aged)
    expect((await timeline(ALICE)).find(({ uri }) => uri === version.uri)).toMatchObject({
      sortAt: aged.createdAt,
      indexedAt: talk.now,
    })
    expect(await told(ALICE)).toEqual([])
  })

  it('law: pages of any size hold the same as one, in order, and all that is newer than the mark is unread', async () => {
    const entry = await publish(ALICE, 'ice')
    await followActor(ALICE, BOB)
    await followRecord(ALICE, entry.uri)
    const deed = fc.constantFrom<(did: string) => Promise<unknown>>(
      did => comment(did, entry.uri),
      did => publish(did, `d${++said}`),
      did => talk.say(did, 'discussion.endorsement', `e${++said}`, { subject: entry, kind: 'useful' }),
      did => followActor(did, ALICE),
      () => release(ALICE, entry),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(deed, fc.constantFrom(BOB, CAROL)), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 4 }),
        async (deeds, limit) => {
          for (const [act, did] of deeds) await act(did)
          const [items, notes] = [await timeline(ALICE), await told(ALICE)]
          expect(uris(await timeline(ALICE, limit))).toEqual(uris(items))
          expect(uris(await told(ALICE, limit))).toEqual(uris(notes))
          expect(new Set(uris(items)).size).toBe(items.length)
          const { unread } = await talk.ask('listNotifications', { viewer: ALICE })
          expect(unread).toBe(notes.filter(({ isRead }) => !isRead).length)
          await index.readers.markSeen(ALICE, talk.now)
        },
      ),
      { numRuns: 6 },
    )
  })

  it('gives as many of the newest news as one asks for, with their number and the time until which they reach', async () => {
    const entry = await publish(ALICE, 'ice')
    const said = [await comment(BOB, entry.uri), await comment(CAROL, entry.uri)]
    const since = async (time: string, most: number) => notificationsSince(index.database, ALICE, time, most)
    const { newest, count, until } = await since('2026-01-01T00:00:00.000Z', 1)
    expect({ uris: uris(newest), count, until }).toEqual({
      uris: [said[1]!.uri],
      count: 2,
      until: newest[0]!.sortAt,
    })
    expect(await since(until!, 1)).toEqual({ newest: [], count: 0, until: undefined })
  })

  it('refuses a cursor of others, and knows nobody it has not heard of', async () => {
    await expect(talk.ask('getTimeline', { viewer: ALICE, cursor: 'x y' })).rejects.toThrow('cursor')
    expect(await talk.ask('listNotifications', { viewer: CAROL })).toEqual({ notifications: [], unread: 0 })
    await expect(index.readers.mute(ALICE, 'nobody.example')).rejects.toMatchObject({
      name: 'ActorNotFound',
    })
  })
})
