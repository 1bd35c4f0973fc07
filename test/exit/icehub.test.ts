/**
 * NASA's datasets live on IceHub, NOAA's on IceBucket; each builds on the other's. Then IceHub is gone for good, at a random moment
 * while it is being written to, and with its last breath it says that everybody's account was deleted.
 */
import { createReadStream, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AtpAgent } from '@atproto/api'
import { type AppView, startAppview } from '@frost/appview'
import { newestBackup } from '@frost/client/account/backup'
import { backUpAccount } from '@frost/client/account/backup-account'
import { createAccount } from '@frost/client/account/own-key'
import { recoverAccount } from '@frost/client/account/recover'
import { readRepository } from '@frost/client/account/repository-car'
import { backupSource } from '@frost/client/account/source'
import { audit } from '@frost/client/audit/audit'
import { definition, nsid } from '@frost/lexicon'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newAccount, putRecord, type Stand, stand } from '../stand.ts'
import { Listening } from '../updates/listening.ts'
import { entryUri, settingsFor } from './account.ts'

type Author = Awaited<ReturnType<typeof newAccount>>

const TIDS = ['3khuwc44c22oh', '3khuwc44c22oi'] as const
const record = (uri: string, cid?: string) => ({ $type: definition('recordRef'), uri, ...(cid && { cid }) })

describe('IceHub and IceBucket', { timeout: 120_000 }, () => {
  /** IceBucket's AppView is the stand's. */
  let world: Stand
  let hubAppview: AppView
  let hubData: string
  let noaa: Author
  const people: { author: Author; settings: ReturnType<typeof settingsFor>; folder: string }[] = []

  beforeAll(async () => {
    world = await stand({
      network: { pdses: ['icebucket', 'icehub'].map(name => ({ name, domain: `${name}.test` })) },
    })
    hubData = mkdtempSync(join(tmpdir(), 'frost-icehub-'))
    hubAppview = await startAppview({
      host: '127.0.0.1',
      port: 0,
      dataDir: hubData,
      upstreams: [world.network.relayUrl],
      plcUrl: world.network.plcUrl,
      requestsPerWindow: 0,
      logLevel: 'silent',
    })
    noaa = await newAccount(world.network, 'ocean', 'icebucket')
    for (const label of ['space', 'rocket']) people.push(await nasa(label))
  }, 60_000)
  afterAll(async () => {
    await hubAppview?.stop().catch(() => undefined)
    await world?.[Symbol.asyncDispose]()
    await rm(hubData, { recursive: true, force: true })
  })

  const hub = () => world.network.pds('icehub')
  const bucket = () => world.network.pds('icebucket')

  /** Somebody at NASA, who has a key of their own. */
  async function nasa(label: string) {
    const settings = settingsFor(world.network)
    const account = { handle: `${label}-nasa.icehub.test`, email: `${label}@example.com`, password: 'secret' }
    const { did } = await createAccount(hub().url, account, settings)
    const agent = new AtpAgent({ service: hub().url })
    await agent.login({ identifier: did, password: 'secret' })
    return { author: { did, agent, account: account as never }, settings, folder: '' }
  }

  /** Everything that IceBucket says of it all, without what may change: handles, and when it was taken in. */
  async function told(): Promise<string> {
    const [space, rocket] = people.map(({ author }) => author)
    const waves = entryUri(space!.did, 'waves')
    const answers = await Promise.all([
      world.ask('graph.getLineage', { id: entryUri(noaa.did, 'sst'), direction: 'downstream' }),
      world.ask('graph.getLineage', { id: waves, direction: 'both' }),
      world.ask('graph.listFollowers', { subject: space!.did }),
      world.ask('graph.listFollowers', { subject: waves }),
      world.ask('graph.listFollows', { actor: space!.did }),
      world.ask('graph.listCitations', { subject: waves, assertedBy: ['third-party', 'downstream-owner'] }),
      world.ask('discussion.getThread', { uri: waves }),
      world.ask('dataset.getEntries', { uris: [waves, entryUri(rocket!.did, 'launches')] }),
      world.ask('dataset.listVersions', { entry: waves }),
      world.ask('dataset.searchEntries', { q: 'marine heatwaves' }),
    ])
    return JSON.stringify(answers, (key, value) =>
      ['handle', 'indexedAt', 'score', 'cursor', 'seq'].includes(key) ? undefined : value,
    )
  }

  it('before: each builds on the other’s data, and both AppViews say the same', async () => {
    const [space, rocket] = people.map(({ author }) => author)
    const sst = await putRecord(noaa, 'dataset.entry', 'sst', { title: 'Sea surface temperature' })
    const waves = await putRecord(space!, 'dataset.entry', 'waves', {
      title: 'Marine heatwaves',
      derivedFrom: [{ ref: record(sst.uri, sst.cid) }],
    })
    await putRecord(space!, 'dataset.version', TIDS[0], {
      dataset: waves.uri,
      version: 'v1',
      releasedAt: '2026-01-02T00:00:00.000Z',
      entry: { uri: waves.uri, cid: waves.cid },
    })
    await putRecord(noaa, 'dataset.entry', 'outlook', {
      title: 'Outlook of heatwaves',
      derivedFrom: [{ ref: record(waves.uri, waves.cid) }],
    })
    await putRecord(rocket!, 'dataset.entry', 'launches', { title: 'Launches' })
    for (const [by, name, rkey, value] of [
      [space!, 'graph.follow', 'f1', { subject: record(sst.uri) }],
      [noaa, 'graph.follow', 'f1', { subject: record(waves.uri) }],
      [noaa, 'graph.follow', 'f2', { subject: { $type: definition('actorSubject'), did: space!.did } }],
      [noaa, 'discussion.comment', TIDS[0], { subject: waves.uri, text: 'Thank you' }],
      [
        noaa,
        'graph.citation',
        'q1',
        {
          citing: { $type: definition('urlRef'), uri: 'https://example.org/paper' },
          cited: record(waves.uri, waves.cid),
          relation: 'cites',
        },
      ],
      [space!, 'dataset.entry', 'last', { title: 'The last one before' }],
    ] as const)
      await putRecord(by, name, rkey, value)
    for (const person of people)
      person.folder = (await backUpAccount(person.author.did, person.settings)).folder
    for (const url of [world.appview.url, hubAppview.url]) {
      await using heard = new Listening(url, { actor: space!.did, cursor: 0 })
      await heard.until(({ uri }) => uri === entryUri(space!.did, 'last'))
    }
    await world.appview.services.index.searchable()
    expect(await audit(world.appview.url, hubAppview.url, people[0]!.settings)).toMatchObject({ agree: true })
  })

  it('IceHub is killed in the middle of writes, saying that everybody was deleted: nothing is destroyed', async () => {
    const [space] = people.map(({ author }) => author)
    const before = await told()
    expect(before).toContain('Outlook of heatwaves')
    expect(before).toContain('Thank you')
    // Written on and on until the host is gone; what arrived arrived.
    const writes = (async () => {
      for (let n = 0; ; n++) await putRecord(space!, 'dataset.entry', `during-${n}`, { title: `During ${n}` })
    })().catch(() => undefined)
    await using heard = new Listening(world.appview.url, { actor: space!.did })
    await heard.until(({ uri }) => uri?.includes('during-') === true)
    for (const { author } of people)
      await hub().server.ctx.sequencer.sequenceAccount(author.did as never, 'deleted' as never)
    await heard.until(({ action }) => action === 'account-hidden')
    await hub().kill()
    await writes
    await hubAppview.stop()
    await rm(hubData, { recursive: true, force: true })
    await rm(join(world.network.dataDir, 'pds', 'icehub'), { recursive: true, force: true })

    // What NOAA built on it stays, and still says on what.
    const lineage = await world.ask<{ edges: { to: string }[]; nodes: { id: string; state: string }[] }>(
      'graph.getLineage',
      { id: entryUri(noaa.did, 'outlook'), direction: 'upstream' },
    )
    expect(lineage.nodes.map(({ id }) => id)).toContain(entryUri(space!.did, 'waves'))

    for (const { settings, folder, author } of people)
      await recoverAccount(settings, {
        to: bucket().url,
        source: await backupSource(folder),
        email: `back-${author.did.slice(-6)}@example.com`,
        password: async () => 'a new secret',
      })
    await world.until(
      () => told().catch(() => ''),
      answer => ['Marine heatwaves', 'Launches', '"v1"'].every(word => answer.includes(word)),
    )
    await world.appview.services.index.searchable()
    expect(JSON.parse(await told())).toEqual(JSON.parse(before))
  })

  it('after: new handles, the same DIDs, and work goes on across institutions', async () => {
    const [space] = people
    const agent = new AtpAgent({ service: bucket().url })
    await agent.login({ identifier: space!.author.did, password: 'a new secret' })
    const { entry } = await world.ask<{ entry: { author: { handle: string } } }>('dataset.getEntry', {
      uri: entryUri(space!.author.did, 'waves'),
    })
    expect(entry.author.handle).toBe('space-nasa.icebucket.test')
    // A subscriber of before hears of what is released now, by the DID.
    await using heard = new Listening(world.appview.url, { dataset: entryUri(space!.author.did, 'waves') })
    await heard.opened
    const now = await agent.com.atproto.repo.getRecord({
      repo: space!.author.did,
      collection: nsid('dataset.entry'),
      rkey: 'waves',
    })
    await putRecord({ ...space!.author, agent }, 'dataset.version', TIDS[1], {
      dataset: now.data.uri,
      version: 'v2',
      releasedAt: '2026-02-02T00:00:00.000Z',
      entry: { uri: now.data.uri, cid: now.data.cid },
    })
    await heard.until(({ record: said }) => said?.version === 'v2')
    // What the copy held is all there.
    const { folder } = space!
    const state = await newestBackup(folder)
    const kept = await readRepository(
      createReadStream(join(folder, `${state!.rev}.car`)),
      space!.author.did,
      [state!.signedBy],
    )
    const { index } = world.appview.services
    const held = new Map(
      (
        await index.database
          .selectFrom('record')
          .select(['uri', 'cid', 'visible'])
          .where('did', '=', space!.author.did)
          .execute()
      ).map(row => [row.uri, row]),
    )
    for (const [path, cid] of kept.records)
      expect(held.get(`at://${space!.author.did}/${path}`)).toMatchObject({ cid, visible: 1 })
  })
})
