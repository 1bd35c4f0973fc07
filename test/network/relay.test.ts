/** What the relay tells, and what it answers. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { startRelay } from '@frost/network'
import { testNetwork } from '@frost/network/testing'
import { describe, expect, it } from 'vitest'
import { FirehoseReader, touches } from './firehose.ts'
import { startLiar } from './relay-liar.ts'
import { paths, RelayStand, THING } from './relay-stand.ts'

const stand = new RelayStand()

describe('the firehose of the relay', () => {
  it('replays from a cursor exactly what came after it', async () => {
    const account = await stand.newAccount()
    using live = await new FirehoseReader(stand.network.relayUrl).open()
    for (const rkey of ['one', 'two', 'three']) await stand.put(account, rkey)
    const two = await live.find(touches(`${THING}/two`))
    await live.find(touches(`${THING}/three`))
    using replayed = new FirehoseReader(stand.network.relayUrl, two.seq)
    await stand.put(account, 'four')
    await replayed.find(touches(`${THING}/four`))
    expect(paths(replayed.messages)).toEqual(['three', 'four'])
    await live.find(touches(`${THING}/four`))
    expect(live.messages.slice(-2).map(({ bytes }) => bytes)).toEqual(
      replayed.messages.map(({ bytes }) => bytes),
    )
  })

  it('refuses a cursor from the future and closes', async () => {
    using reader = new FirehoseReader(stand.network.relayUrl, 1_000_000)
    await reader.closed
    expect(reader.errors).toEqual(['FutureCursor'])
  })

  it('says so where the cursor is older than the log, and goes on with what there is', async () => {
    const account = await stand.newAccount()
    await expect.poll(() => stand.network.relay.store.repo(account.did)?.head).toBeTruthy()
    const cursor = stand.network.relay.store.seq - 1
    stand.network.relay.loseLog()
    using reader = new FirehoseReader(stand.network.relayUrl, cursor)
    await stand.put(account, 'after-the-loss')
    await reader.find(touches(`${THING}/after-the-loss`))
    expect(reader.infos).toEqual(['OutdatedCursor'])
    expect(reader.messages).toHaveLength(1)
  })

  it('keeps no more events than it is told to', async () => {
    await using small = await testNetwork({ retention: { events: 5 } })
    const account = await small.createAccount({ handle: 'prolific' })
    await expect.poll(() => small.relay.store.seq).toBe(4)
    for (const rkey of ['a', 'b', 'c', 'd']) {
      const record = { $type: THING, rkey }
      const body = { repo: account.did, collection: THING, rkey, record }
      await small.pds().call('com.atproto.repo.putRecord', { session: account, body })
    }
    await expect.poll(() => small.relay.store.seq).toBe(8)
    small.relay.store.prune()
    expect(small.relay.store.floor).toBe(3)
    using reader = new FirehoseReader(small.relayUrl, 0)
    await reader.find(touches(`${THING}/d`))
    expect(reader.infos).toEqual(['OutdatedCursor'])
    expect(reader.messages.map(({ seq }) => seq)).toEqual([4, 5, 6, 7, 8])
  })
})

describe('what the relay answers', () => {
  it('knows who has records of a collection, from the first to the last of them', async () => {
    const [first, second] = [await stand.newAccount('icehub'), await stand.newAccount('icebucket')]
    const collection = 'org.example.rare'
    await stand.put(first, 'a', collection)
    await stand.put(second, 'a', collection)
    await expect.poll(() => stand.withCollection(collection)).toEqual([first.did, second.did].sort())
    const page = await stand.ask('listReposByCollection', { collection, limit: '1' })
    const rest = await stand.ask('listReposByCollection', {
      collection,
      limit: '1',
      cursor: page.body.cursor,
    })
    expect([page.body.repos[0].did, rest.body.repos[0].did]).toEqual([first.did, second.did].sort())
    await stand.remove(first, 'a', collection)
    await expect.poll(() => stand.withCollection(collection)).toEqual([second.did])
  })

  it('learns the collections of repositories that were there before it', async () => {
    const account = await stand.newAccount()
    await stand.put(account, 'early', 'org.example.early')
    await expect.poll(() => stand.withCollection('org.example.early')).toEqual([account.did])
    const folder = await mkdtemp(join(tmpdir(), 'frost-relay-'))
    const late = await startRelay({ path: join(folder, 'relay.sqlite'), plcUrl: stand.network.plcUrl })
    try {
      const url = `${late.httpUrl}/xrpc/com.atproto.sync.requestCrawl`
      const body = JSON.stringify({ hostname: stand.network.pds().hostname })
      expect((await fetch(url, { method: 'POST', body })).status).toBe(200)
      await expect.poll(() => late.store.withCollection('org.example.early', '', 10)).toEqual([account.did])
    } finally {
      await late.stop()
      await rm(folder, { recursive: true })
    }
  })

  it('misses nothing that was written while it was away', async () => {
    const account = await stand.newAccount()
    const path = join(await mkdtemp(join(tmpdir(), 'frost-relay-')), 'relay.sqlite')
    const first = await startRelay({ path, plcUrl: stand.network.plcUrl })
    await first.requestCrawl(stand.network.pds().hostname)
    await stand.put(account, 'before')
    const { rev } = await stand.latestCommit(account)
    await expect.poll(() => first.store.repo(account.did)?.logged).toBe(rev)
    await first.stop()
    for (const rkey of ['missed-one', 'missed-two']) await stand.put(account, rkey)
    const again = await startRelay({ path, plcUrl: stand.network.plcUrl })
    try {
      using reader = new FirehoseReader(again.url, 0)
      await stand.put(account, 'after')
      await reader.find(touches(`${THING}/after`))
      const own = reader.messages.filter(({ did }) => did === account.did)
      expect(paths(own)).toEqual(['before', 'missed-one', 'missed-two', 'after'])
    } finally {
      await again.stop()
      await rm(dirname(path), { recursive: true })
    }
  })

  it('believes no host that lists accounts of another', async () => {
    const victim = await stand.newAccount()
    const repo = { did: victim.did, rev: '3zzzzzzzzzzzz', head: 'bafyreif', active: true }
    await using liar = await startLiar([], [repo])
    await stand.network.relay.requestCrawl(liar.hostname)
    await expect
      .poll(() => stand.network.relay.hosts().find(host => host.hostname === liar.hostname)?.status)
      .toBe('active')
    await stand.network.relay.settled()
    expect(stand.network.relay.store.repo(victim.did)?.host).toBe(stand.network.pds().hostname)
  })

  it('knows hosts, heads and status, and sends those who want blocks to the PDS', async () => {
    const account = await stand.newAccount()
    await stand.put(account, 'x')
    const latest = await stand.latestCommit(account)
    await expect
      .poll(async () => (await stand.ask('getLatestCommit', { did: account.did })).body)
      .toEqual(latest)
    expect((await stand.ask('getRepoStatus', { did: account.did })).body).toEqual({
      did: account.did,
      active: true,
      rev: latest.rev,
    })
    const hosts = await stand.ask('listHosts')
    expect(hosts.body.hosts.length).toBeGreaterThanOrEqual(2)
    const { hostname } = stand.network.pds()
    expect((await stand.ask('getHostStatus', { hostname })).body).toMatchObject({
      hostname,
      status: 'active',
    })
    const repos = await stand.ask('listRepos', { limit: '1000' })
    expect(repos.body.repos).toContainEqual({
      did: account.did,
      head: latest.cid,
      rev: latest.rev,
      active: true,
    })
    const redirect = await stand.ask('getRepo', { did: account.did })
    expect(redirect.status).toBe(302)
    const car = await fetch(redirect.headers.get('location')!)
    expect(car.headers.get('content-type')).toBe('application/vnd.ipld.car')
    await car.body?.cancel()
  })

  it('follows deactivation, reactivation and deletion', async () => {
    const account = await stand.newAccount('icebucket')
    await stand.put(account, 'x', 'org.example.mortal')
    await expect.poll(() => stand.withCollection('org.example.mortal')).toEqual([account.did])
    const pds = stand.pdsOf(account)
    const status = async () => (await stand.ask('getRepoStatus', { did: account.did })).body
    await pds.call('com.atproto.server.deactivateAccount', { session: account, body: {} })
    await expect.poll(status).toMatchObject({ active: false, status: 'deactivated' })
    expect((await stand.ask('getLatestCommit', { did: account.did })).body.error).toBe('RepoDeactivated')
    const activate = { method: 'POST', headers: { authorization: `Bearer ${account.accessJwt}` } }
    expect((await fetch(`${pds.url}/xrpc/com.atproto.server.activateAccount`, activate)).status).toBe(200)
    await expect.poll(status).toMatchObject({ active: true })
    await pds.call('com.atproto.admin.deleteAccount', { admin: true, body: { did: account.did } })
    await expect.poll(status).toMatchObject({ active: false, status: 'deleted' })
    expect(await stand.withCollection('org.example.mortal')).toEqual([])
  })

  it.each([
    ['getRepoStatus', { did: 'did:plc:nobody' }, 400, 'RepoNotFound'],
    ['getRepo', { did: 'did:plc:nobody' }, 400, 'RepoNotFound'],
    ['getHostStatus', { hostname: 'nowhere' }, 400, 'HostNotFound'],
    ['listRepos', { limit: '0' }, 400, 'InvalidRequest'],
    ['listRepos', { cursor: 'x' }, 400, 'InvalidRequest'],
    ['listReposByCollection', {}, 400, 'InvalidRequest'],
    ['noSuchMethod', {}, 501, 'MethodNotImplemented'],
  ])('answers a wrong %s %j with %i %s', async (method, params, status, error) => {
    const answer = await stand.ask(method, params as Record<string, string>)
    expect([answer.status, answer.body.error]).toEqual([status, error])
  })
})
