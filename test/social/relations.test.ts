/** What one account has said of given things: its follows, its good words, its collections; on both engines. */
import type { Index } from '@frost/index'
import { definition, hashRkey, nsid } from '@frost/lexicon'
import { beforeEach, describe, expect, it } from 'vitest'
import { ENGINES } from '../index/engines.ts'
import { freshIndexes } from '../index/fresh-indexes.ts'
import { ALICE, BOB, Events } from '../index/network-of.ts'
import { CAROL, Talk, tid } from './talk.ts'

describe.each(ENGINES)('what an account has said on %s', engine => {
  const { fresh } = freshIndexes(engine)
  let index: Index
  let talk: Talk
  let ice: { uri: string; cid: string }
  let sea: { uri: string; cid: string }
  let said = 0
  beforeEach(async () => {
    index = await fresh()
    talk = new Talk(index, new Events())
    ice = await talk.say(ALICE, 'dataset.entry', 'ice', { title: 'Sea ice' })
    sea = await talk.say(ALICE, 'dataset.entry', 'sea', { title: 'Sea level' })
  })

  it('finds the follows of an account, a record and a search among all', async () => {
    const list = await talk.say(ALICE, 'dataset.collection', 'polar', { title: 'Polar' })
    const query = 'q=sea+ice&format=zarr'
    const follow = (key: string, subject: object) => talk.say(BOB, 'graph.follow', hashRkey(key), { subject })
    await follow(ALICE, { $type: definition('actorSubject'), did: ALICE })
    await follow(list.uri, { $type: definition('recordSubject'), uri: list.uri })
    await follow(query, { $type: definition('savedQuery'), query })
    // Another client may have chosen another key.
    await talk.say(BOB, 'graph.follow', 'mine', {
      subject: { $type: definition('recordSubject'), uri: ice.uri },
    })
    const follows = async (...subject: string[]) =>
      (await talk.ask('listFollows', { actor: BOB, subject })).follows
    expect(await follows()).toHaveLength(4)
    expect(await follows(ice.uri)).toMatchObject([{ entry: { uri: ice.uri } }])
    expect(await follows(list.uri)).toMatchObject([
      { collection: { uri: list.uri, counts: { items: 0, followers: 1 } } },
    ])
    expect(await follows(query)).toMatchObject([{ record: { subject: { query } } }])
    expect(await follows(sea.uri, CAROL)).toEqual([])
    expect(await follows(ALICE, query, ice.uri)).toHaveLength(3)
    const [first] = await follows(query)
    await talk.unsay(BOB, 'graph.follow', first.uri.split('/').at(-1))
    expect(await follows(query)).toEqual([])
  })

  it("tells one account's good words from those of others", async () => {
    const endorse = (did: string, kind: string) =>
      talk.say(did, 'discussion.endorsement', kind, { subject: ice, kind })
    await endorse(BOB, 'useful')
    await endorse(CAROL, 'reproduced')
    const { endorsements } = await talk.ask('listEndorsements', { subject: ice.uri, actor: BOB })
    expect(endorsements).toMatchObject([{ author: { did: BOB }, record: { kind: 'useful' } }])
    await expect(
      talk.ask('listEndorsements', { subject: ice.uri, actor: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' }),
    ).rejects.toMatchObject({ name: 'ActorNotFound' })
  })

  it('knows which collections hold a dataset, each by its curator alone', async () => {
    const add = (did: string, collection: string, subject: { uri: string }) =>
      talk.say(did, 'dataset.collectionItem', tid(++said), {
        collection,
        subject: { $type: definition('recordRef'), uri: subject.uri },
      })
    const polar = await talk.say(BOB, 'dataset.collection', 'polar', { title: 'Polar' })
    const coast = await talk.say(BOB, 'dataset.collection', 'coast', { title: 'Coast' })
    await add(BOB, polar.uri, ice)
    await add(BOB, coast.uri, sea)
    await add(CAROL, coast.uri, ice)
    const holding = async (uri: string) =>
      (await talk.ask('listCollections', { actor: BOB, holding: uri })).collections.map(
        (one: { uri: string }) => one.uri,
      )
    expect(await holding(ice.uri)).toEqual([polar.uri])
    expect(await holding(sea.uri)).toEqual([coast.uri])
    expect(await holding(`at://${ALICE}/${nsid('dataset.entry')}/none`)).toEqual([])
    expect((await talk.ask('listCollections', { actor: BOB })).collections).toHaveLength(2)
  })

  it('finds people by the beginnings of their names and handles, not by what their profiles say besides', async () => {
    await talk.say(ALICE, 'actor.profile', 'self', {
      name: 'Institute of Polar Research',
      kind: 'organization',
    })
    await talk.say(BOB, 'actor.profile', 'self', { name: 'Bob of the Poles', description: 'science' })
    const found = async (q?: string, more: object = {}) => {
      const { actors, cursor } = await talk.ask('searchActors', { ...(q !== undefined && { q }), ...more })
      return { dids: actors.map(({ did }: { did: string }) => did), cursor }
    }
    expect((await found('Pol')).dids).toEqual([ALICE, BOB])
    expect((await found('research inst')).dids).toEqual([ALICE])
    expect((await found(BOB)).dids).toEqual([BOB])
    for (const none of ['science', 'name', 'organization', '%', 'did:plc:zzzzzzzzzzzzzzzzzzzzzzzz'])
      expect((await found(none)).dids).toEqual([])
    const first = await found('pol', { limit: 1 })
    expect(first.dids).toEqual([ALICE])
    expect(await found('pol', { limit: 1, cursor: first.cursor })).toEqual({ dids: [BOB], cursor: undefined })
    expect((await found()).dids).toEqual([ALICE, BOB])
  })
})
