import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { decode, decodeFirst, encode } from '@atcute/cbor'
import { type Account, startRelay } from '@frost/network'
import { type TestNetwork, testNetwork } from '@frost/network/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { FirehoseReader, type Message, touches } from './firehose.ts'

const THING = 'org.example.thing'

let network: TestNetwork
beforeAll(async () => {
  network = await testNetwork()
})
afterAll(() => network[Symbol.asyncDispose]())
afterEach(() => network.relay.faults.clear())

let accounts = 0
function newAccount(pds = 'icehub'): Promise<Account> {
  accounts += 1
  return network.pds(pds).createAccount({ handle: `writer${accounts}` })
}

function pdsOf(account: Account) {
  return network.pdses.find(({ url }) => url === account.service)!
}

async function put(account: Account, rkey: string, collection = THING): Promise<void> {
  const record = { $type: collection, rkey, createdAt: '2026-01-01T00:00:00.000Z' }
  const body = { repo: account.did, collection, rkey, record }
  await pdsOf(account).call('com.atproto.repo.putRecord', { session: account, body })
}

async function remove(account: Account, rkey: string, collection = THING): Promise<void> {
  const body = { repo: account.did, collection, rkey }
  await pdsOf(account).call('com.atproto.repo.deleteRecord', { session: account, body })
}

function latestCommit(account: Account): Promise<{ cid: string; rev: string }> {
  return pdsOf(account).call('com.atproto.sync.getLatestCommit', { params: { did: account.did } })
}

/** Asks the relay; the answer's status and body. */
async function ask(method: string, params: Record<string, string> = {}) {
  const url = `${network.relay.httpUrl}/xrpc/com.atproto.sync.${method}?${new URLSearchParams(params)}`
  const response = await fetch(url, { redirect: 'manual' })
  return {
    status: response.status,
    headers: response.headers,
    body: await response.json().catch(() => undefined),
  }
}

async function withCollection(collection: string): Promise<string[]> {
  const { body } = await ask('listReposByCollection', { collection })
  return body.repos.map(({ did }: { did: string }) => did)
}

function paths(messages: readonly Message[]): string[] {
  return messages.flatMap(({ type, body }) =>
    type === '#commit' ? (body.ops as { path: string }[]).map(({ path }) => path.split('/')[1]!) : [],
  )
}

describe('the firehose of the relay', () => {
  it('replays from a cursor exactly what came after it', async () => {
    const account = await newAccount()
    using live = await new FirehoseReader(network.relayUrl).open()
    for (const rkey of ['one', 'two', 'three']) await put(account, rkey)
    const two = await live.find(touches(`${THING}/two`))
    await live.find(touches(`${THING}/three`))
    using replayed = new FirehoseReader(network.relayUrl, two.seq)
    await put(account, 'four')
    await replayed.find(touches(`${THING}/four`))
    expect(paths(replayed.messages)).toEqual(['three', 'four'])
    await live.find(touches(`${THING}/four`))
    expect(live.messages.slice(-2).map(({ bytes }) => bytes)).toEqual(
      replayed.messages.map(({ bytes }) => bytes),
    )
  })

  it('refuses a cursor from the future and closes', async () => {
    using reader = new FirehoseReader(network.relayUrl, 1_000_000)
    await reader.closed
    expect(reader.errors).toEqual(['FutureCursor'])
  })

  it('says so where the cursor is older than the log, and goes on with what there is', async () => {
    const account = await newAccount()
    await expect.poll(() => network.relay.store.repo(account.did)?.head).toBeTruthy()
    const cursor = network.relay.store.seq - 1
    network.relay.loseLog()
    using reader = new FirehoseReader(network.relayUrl, cursor)
    await put(account, 'after-the-loss')
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
    const [first, second] = [await newAccount('icehub'), await newAccount('icebucket')]
    const collection = 'org.example.rare'
    await put(first, 'a', collection)
    await put(second, 'a', collection)
    await expect.poll(() => withCollection(collection)).toEqual([first.did, second.did].sort())
    const page = await ask('listReposByCollection', { collection, limit: '1' })
    const rest = await ask('listReposByCollection', { collection, limit: '1', cursor: page.body.cursor })
    expect([page.body.repos[0].did, rest.body.repos[0].did]).toEqual([first.did, second.did].sort())
    await remove(first, 'a', collection)
    await expect.poll(() => withCollection(collection)).toEqual([second.did])
  })

  it('learns the collections of repositories that were there before it', async () => {
    const account = await newAccount()
    await put(account, 'early', 'org.example.early')
    await expect.poll(() => withCollection('org.example.early')).toEqual([account.did])
    const folder = await mkdtemp(join(tmpdir(), 'frost-relay-'))
    const late = await startRelay({ path: join(folder, 'relay.sqlite'), plcUrl: network.plcUrl })
    try {
      const url = `${late.httpUrl}/xrpc/com.atproto.sync.requestCrawl`
      const body = JSON.stringify({ hostname: network.pds().hostname })
      expect((await fetch(url, { method: 'POST', body })).status).toBe(200)
      await expect.poll(() => late.store.withCollection('org.example.early', '', 10)).toEqual([account.did])
    } finally {
      await late.stop()
      await rm(folder, { recursive: true })
    }
  })

  it('misses nothing that was written while it was away', async () => {
    const account = await newAccount()
    const path = join(await mkdtemp(join(tmpdir(), 'frost-relay-')), 'relay.sqlite')
    const first = await startRelay({ path, plcUrl: network.plcUrl })
    await first.requestCrawl(network.pds().hostname)
    await put(account, 'before')
    const { rev } = await latestCommit(account)
    await expect.poll(() => first.store.repo(account.did)?.logged).toBe(rev)
    await first.stop()
    for (const rkey of ['missed-one', 'missed-two']) await put(account, rkey)
    const again = await startRelay({ path, plcUrl: network.plcUrl })
    try {
      using reader = new FirehoseReader(again.url, 0)
      await put(account, 'after')
      await reader.find(touches(`${THING}/after`))
      const own = reader.messages.filter(({ did }) => did === account.did)
      expect(paths(own)).toEqual(['before', 'missed-one', 'missed-two', 'after'])
    } finally {
      await again.stop()
      await rm(dirname(path), { recursive: true })
    }
  })

  it('believes no host that lists accounts of another', async () => {
    const victim = await newAccount()
    const repo = { did: victim.did, rev: '3zzzzzzzzzzzz', head: 'bafyreif', active: true }
    await using liar = await startLiar([], [repo])
    await network.relay.requestCrawl(liar.hostname)
    await expect
      .poll(() => network.relay.hosts().find(host => host.hostname === liar.hostname)?.status)
      .toBe('active')
    await network.relay.settled()
    expect(network.relay.store.repo(victim.did)?.host).toBe(network.pds().hostname)
  })

  it('knows hosts, heads and status, and sends those who want blocks to the PDS', async () => {
    const account = await newAccount()
    await put(account, 'x')
    const latest = await latestCommit(account)
    await expect.poll(async () => (await ask('getLatestCommit', { did: account.did })).body).toEqual(latest)
    expect((await ask('getRepoStatus', { did: account.did })).body).toEqual({
      did: account.did,
      active: true,
      rev: latest.rev,
    })
    const hosts = await ask('listHosts')
    expect(hosts.body.hosts.length).toBeGreaterThanOrEqual(2)
    const { hostname } = network.pds()
    expect((await ask('getHostStatus', { hostname })).body).toMatchObject({ hostname, status: 'active' })
    const repos = await ask('listRepos', { limit: '1000' })
    expect(repos.body.repos).toContainEqual({
      did: account.did,
      head: latest.cid,
      rev: latest.rev,
      active: true,
    })
    const redirect = await ask('getRepo', { did: account.did })
    expect(redirect.status).toBe(302)
    const car = await fetch(redirect.headers.get('location')!)
    expect(car.headers.get('content-type')).toBe('application/vnd.ipld.car')
    await car.body?.cancel()
  })

  it('follows deactivation, reactivation and deletion', async () => {
    const account = await newAccount('icebucket')
    await put(account, 'x', 'org.example.mortal')
    await expect.poll(() => withCollection('org.example.mortal')).toEqual([account.did])
    const pds = pdsOf(account)
    const status = async () => (await ask('getRepoStatus', { did: account.did })).body
    await pds.call('com.atproto.server.deactivateAccount', { session: account, body: {} })
    await expect.poll(status).toMatchObject({ active: false, status: 'deactivated' })
    expect((await ask('getLatestCommit', { did: account.did })).body.error).toBe('RepoDeactivated')
    const activate = { method: 'POST', headers: { authorization: `Bearer ${account.accessJwt}` } }
    expect((await fetch(`${pds.url}/xrpc/com.atproto.server.activateAccount`, activate)).status).toBe(200)
    await expect.poll(status).toMatchObject({ active: true })
    await pds.call('com.atproto.admin.deleteAccount', { admin: true, body: { did: account.did } })
    await expect.poll(status).toMatchObject({ active: false, status: 'deleted' })
    expect(await withCollection('org.example.mortal')).toEqual([])
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
    const answer = await ask(method, params as Record<string, string>)
    expect([answer.status, answer.body.error]).toEqual([status, error])
  })
})

describe('the relay’s check of hosts', () => {
  async function requestCrawl(body: string) {
    const url = `${network.relay.httpUrl}/xrpc/com.atproto.sync.requestCrawl`
    const response = await fetch(url, { method: 'POST', body })
    return (await response.json()) as { error: string; message: string }
  }

  it.each([
    ['not json', 'InvalidRequest'],
    ['{}', 'InvalidRequest'],
    ['{"hostname": "http://localhost:1"}', 'InvalidRequest'],
    ['{"hostname": "localhost:1/../x"}', 'InvalidRequest'],
    ['{"hostname": "pds.example.org"}', 'HostBanned'],
    ['{"hostname": "169.254.169.254"}', 'HostBanned'],
    ['{"hostname": "localhost:1"}', 'InvalidRequest'],
  ])('refuses %s as %s', async (body, error) => {
    expect((await requestCrawl(body)).error).toBe(error)
  })

  it('refuses a web server that is no PDS', async () => {
    const answer = await requestCrawl(JSON.stringify({ hostname: `localhost:${network.store.port}` }))
    expect(answer.message).toContain('describeServer')
  })

  it('lets no host speak for accounts of another', async () => {
    const victim = await newAccount()
    await put(victim, 'genuine')
    using reader = new FirehoseReader(network.relayUrl, 0)
    const genuine = await reader.find(touches(`${THING}/genuine`))
    await using liar = await startLiar([retold(genuine.bytes, 7), Buffer.from('not a frame')])
    const { foreign } = network.relay.refused
    await network.relay.requestCrawl(liar.hostname)
    await expect.poll(() => network.relay.refused.foreign).toBe(foreign + 1)
    await expect.poll(() => network.relay.refused.malformed).toBeGreaterThan(0)
    const { body } = await ask('getHostStatus', { hostname: liar.hostname })
    expect(body.seq).toBe(7)
    expect(network.relay.store.repo(victim.did)?.host).toBe(network.pds().hostname)
    await put(victim, 'afterwards')
    await reader.find(touches(`${THING}/afterwards`))
    expect(paths(reader.messages).filter(rkey => rkey === 'genuine')).toHaveLength(1)
  })
})

describe('faults on demand', () => {
  /** Reads everything from the beginning under a fault until the newest event has come or the connection is gone. */
  async function readAll(cursor = 0): Promise<FirehoseReader> {
    const reader = new FirehoseReader(network.relayUrl, cursor)
    const last = network.relay.store.seq
    await Promise.race([reader.until(() => reader.messages.at(-1)?.seq === last), reader.closed])
    reader.close()
    return reader
  }

  beforeAll(async () => {
    const account = await newAccount()
    for (let index = 0; index < 30; index++) await put(account, `n${index}`)
    await put(account, 'end')
    using reader = new FirehoseReader(network.relayUrl, 0)
    await reader.find(touches(`${THING}/end`))
  })

  it('drops and duplicates events', async () => {
    const seqs: number[][] = []
    for (let run = 0; run < 2; run++) {
      network.relay.faults.set({
        seed: 5,
        drop: 0.3,
        duplicate: 0.2,
        select: ({ seq }) => seq < network.relay.store.seq,
      })
      seqs.push((await readAll()).messages.map(({ seq }) => seq))
    }
    network.relay.faults.clear()
    const whole = (await readAll()).messages.map(({ seq }) => seq)
    for (const seen of seqs) {
      expect(new Set(seen).size).toBeLessThan(whole.length)
      expect(new Set(seen).size).toBeLessThan(seen.length)
    }
  })

  it('tampers with blocks so that the frame still decodes', async () => {
    const whole = (await readAll()).messages
    network.relay.faults.set({ tamper: 1, select: ({ type }) => type === '#commit' })
    const harmed = await readAll()
    expect(harmed.undecodable).toBe(0)
    for (const [index, message] of harmed.messages.entries()) {
      const same = Buffer.from(message.bytes).equals(Buffer.from(whole[index]!.bytes))
      expect(same).toBe(message.type !== '#commit')
    }
  })

  it('cuts the connection; a consumer that comes back with its cursor misses nothing', async () => {
    network.relay.faults.set({ seed: 3, disconnect: 0.2 })
    const seen: number[] = []
    const last = network.relay.store.seq
    for (let tries = 0; seen.at(-1) !== last && tries < 500; tries++) {
      const reader = await readAll(seen.at(-1) ?? network.relay.store.floor)
      seen.push(...reader.messages.map(({ seq }) => seq))
    }
    const floor = network.relay.store.floor
    expect(seen).toEqual(Array.from({ length: last - floor }, (_, index) => floor + index + 1))
  })

  it('reorders across accounts and never within one', async () => {
    const writers = await Promise.all([newAccount(), newAccount(), newAccount('icebucket')])
    using reader = await new FirehoseReader(network.relayUrl).open()
    network.relay.faults.set({ seed: 2, reorder: 12 })
    const rkeys = Array.from({ length: 8 }, (_, index) => `r${index}`)
    for (const rkey of rkeys) for (const writer of writers) await put(writer, rkey)
    await reader.until(() => paths(reader.messages).length >= 24)
    const order = reader.messages.map(({ did }) => did)
    expect(order).not.toEqual(rkeys.flatMap(() => writers.map(({ did }) => did)))
    for (const { did } of writers) {
      expect(paths(reader.messages.filter(message => message.did === did))).toEqual(rkeys)
    }
    const seqs = reader.messages.map(({ seq }) => seq)
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b))
  })

  it('begins its sequence anew, as after a loss of everything', async () => {
    await using lost = await testNetwork({ pdses: [{ name: 'icehub', domain: 'icehub.test' }] })
    const account = await lost.createAccount({ handle: 'survivor' })
    await expect.poll(() => lost.relay.store.seq).toBe(4)
    lost.relay.loseLog({ restartSequence: true })
    using reader = new FirehoseReader(lost.relayUrl, 4)
    await reader.closed
    expect(reader.errors).toEqual(['FutureCursor'])
    using fresh = await new FirehoseReader(lost.relayUrl, 0).open()
    const record = { $type: THING }
    const body = { repo: account.did, collection: THING, rkey: 'first', record }
    await lost.pds().call('com.atproto.repo.putRecord', { session: account, body })
    expect((await fresh.find(touches(`${THING}/first`))).seq).toBe(1)
  })
})

/** The same message under another sequence number and a later rev, as a host that lies would send it. */
function retold(bytes: Uint8Array, seq: number): Uint8Array {
  const [header, rest] = decodeFirst(bytes)
  return Buffer.concat([encode(header), encode({ ...decode(rest), seq, rev: '3zzzzzzzzzzzz' })])
}

/** A host that looks like a PDS and sends what it is told to. */
async function startLiar(
  frames: readonly Uint8Array[],
  repos: readonly unknown[] = [],
): Promise<AsyncDisposable & { hostname: string }> {
  const server: Server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    const described = request.url?.includes('describeServer')
    response.end(JSON.stringify(described ? { did: 'did:web:liar' } : { repos }))
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', socket => {
    for (const frame of frames) socket.send(frame)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return {
    hostname: `localhost:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
