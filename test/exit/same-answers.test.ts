/**
 * Three AppViews, one that listened from the beginning, one that read every repository, one that began with an old snapshot of the
 * first: whatever is asked of what is there now, they answer the same.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type AppView, startAppview } from '@frost/appview'
import { AUTHORITY, nsid } from '@frost/lexicon'
import { publishSeed, seedMounts } from '@frost/network/seed'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newAccount, putRecord, type Stand, stand, until } from '../stand.ts'
import { entry, entryUri, furnish } from './account.ts'
import { answerOf, queriesOf } from './same-answers.ts'

const PASSWORD = 'operators'

describe('AppViews of different histories', { timeout: 120_000 }, () => {
  let world: Stand
  let folder: string
  const others: AppView[] = []
  let views: { readonly name: string; readonly appview: AppView }[]

  beforeAll(async () => {
    world = await stand({ network: { mounts: seedMounts() }, appview: { adminPassword: PASSWORD } })
    folder = mkdtempSync(join(tmpdir(), 'frost-same-'))
    const { records } = await publishSeed(world.network, { authority: AUTHORITY })
    const ada = await newAccount(world.network, 'ada-changes')
    const bob = await newAccount(world.network, 'bob-goes')
    const eve = await newAccount(world.network, 'eve-returns')
    for (const made of [ada, bob, eve]) await furnish(made)
    await putRecord(eve, 'graph.follow', '3khuwc44c22oh', { subject: subjectOf(ada.did) })
    const subject = entryUri(ada.did, 'sst')
    await putRecord(bob, 'discussion.comment', '3khuwc44c22oi', { subject, text: 'Of one who goes' })
    await putRecord(eve, 'discussion.comment', '3khuwc44c22oj', { subject, text: 'Of one who returns' })
    await settled(total => total >= records + 15)
    const answer = await fetch(`${world.appview.url}/xrpc/${nsid('service.exportSnapshot')}?edition=car`, {
      headers: { Authorization: `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}` },
    })
    const snapshot = join(folder, 'snapshot.json')
    writeFileSync(snapshot, await answer.text())

    // What the snapshot does not know: changed, withdrawn, come back, gone, new.
    const remove = (did: typeof ada, rkey: string) =>
      did.agent.com.atproto.repo.deleteRecord({ repo: did.did, collection: nsid('dataset.entry'), rkey })
    await putRecord(ada, 'dataset.entry', 'sst', {
      ...entry('Sea surface temperature, anew'),
      createdAt: '2026-02-01T00:00:00Z',
    })
    await remove(ada, 'wind')
    await remove(ada, 'waves')
    await putRecord(ada, 'dataset.entry', 'waves', entry('Waves again'))
    await putRecord(ada, 'dataset.entry', 'derived', {
      ...entry('Derived'),
      derivedFrom: [
        { ref: { $type: `${nsid('defs')}#recordRef`, uri: entryUri(ada.did, 'wind') } },
        { ref: { $type: `${nsid('defs')}#recordRef`, uri: entryUri(eve.did, 'sst') } },
      ],
    })
    await eve.agent.com.atproto.server.deactivateAccount({})
    await eve.agent.com.atproto.server.activateAccount()
    await bob.agent.com.atproto.server.deactivateAccount({})
    await putRecord(eve, 'dataset.entry', 'last', entry('Last'))
    const { database } = world.appview.services.index
    await world.until(
      () => database.selectFrom('record').selectAll().where('visible', '=', 1).execute(),
      rows =>
        rows.some(({ uri }) => uri === entryUri(eve.did, 'last')) &&
        rows.some(({ uri }) => uri === entryUri(eve.did, 'sst')) &&
        !rows.some(({ did }) => did === bob.did),
    )

    const begin = async (more: object) => {
      const appview = await startAppview({
        host: '127.0.0.1',
        port: 0,
        dataDir: mkdtempSync(join(folder, 'appview-')),
        upstreams: [world.network.relayUrl],
        plcUrl: world.network.plcUrl,
        requestsPerWindow: 0,
        logLevel: 'silent',
        ...more,
      })
      others.push(appview)
      return appview
    }
    views = [
      { name: 'live', appview: world.appview },
      { name: 'backfill', appview: await begin({}) },
      { name: 'snapshot', appview: await begin({ beginWith: [{ source: snapshot }] }) },
    ]
    const { digests } = await world.appview.services.index.status()
    for (const { appview } of views) await agreeing(appview, JSON.stringify(digests))
  }, 60_000)
  afterAll(async () => {
    for (const appview of others) await appview.stop()
    await world?.[Symbol.asyncDispose]()
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  const subjectOf = (did: string) => ({ $type: `${nsid('defs')}#actorSubject`, did })
  const settled = (enough: (total: number) => boolean) =>
    world.until(
      () => world.appview.services.index.status(),
      ({ counts }) => enough(Object.values(counts).reduce((sum, count) => sum + count, 0)),
    )

  /** Resolves when it holds what the first holds, handles and search included. */
  async function agreeing({ services: { index } }: AppView, digests: string): Promise<void> {
    const handles = async ({ database }: typeof index) =>
      JSON.stringify(
        await database
          .selectFrom('repo')
          .select(['did', 'handle'])
          .where('active', '=', 1)
          .orderBy('did')
          .execute(),
      )
    const wanted = await handles(world.appview.services.index)
    await until(
      index,
      async () => ({ ...(await index.status()), handles: await handles(index) }),
      ({ digests: said, searchSeq, seq, handles }) =>
        JSON.stringify(said) === digests && searchSeq === seq && handles === wanted,
    )
  }

  it('give the same digests and the same answers to several hundred queries', async () => {
    const { database } = world.appview.services.index
    const records = await database
      .selectFrom('record')
      .select(['uri', 'did', 'collection', 'cid', 'json'])
      .where('visible', '=', 1)
      .orderBy('uri')
      .execute()
    const accounts = await database
      .selectFrom('repo')
      .select(['did', 'handle'])
      .where('active', '=', 1)
      .execute()
    const queries = queriesOf(records, new Map(accounts.map(({ did, handle }) => [did, handle ?? did])))
    expect(queries.length).toBeGreaterThan(500)
    const failed = new Map<string, number>()
    for (const query of queries) {
      const { name, params } = query
      const [live, ...rest] = await Promise.all(views.map(({ appview }) => answerOf(appview.url, query)))
      // The assertion is slow where there is much, and is made to say what differs.
      for (const [place, answer] of rest.entries())
        if (!isDeepStrictEqual(answer, live))
          expect(answer, `${views[place + 1]!.name}: ${name} ${JSON.stringify(params)}`).toEqual(live)
      const { error } = live as { error?: string }
      if (error) failed.set(`${name} ${error}`, (failed.get(`${name} ${error}`) ?? 0) + 1)
    }
    // A corpus of refusals would prove nothing.
    expect([...failed.keys()].filter(text => text.endsWith('InvalidRequest'))).toEqual([])
    expect([...failed.values()].reduce((sum, count) => sum + count, 0)).toBeLessThan(10)
    for (const { appview } of views)
      expect(await appview.services.index.check()).toMatchObject({ tallies: [], projections: [] })
  })
})
