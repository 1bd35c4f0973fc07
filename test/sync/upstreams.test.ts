/** How services are found and followed: on a real relay and real PDSes. */
import diagnostics from 'node:diagnostics_channel'
import { once } from 'node:events'
import { type ClientRequest, createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeAll, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { said } from './logged-store.ts'
import { type Account, heldAtHost, put, THING, WANTED } from './told-history.ts'
import { ALPHA, BETA, counters, soon, UpstreamsStand } from './upstreams-stand.ts'

const UNWANTED = 'org.example.unwanted'

const stand = new UpstreamsStand()

describe('several upstreams', () => {
  it('give every commit once, whichever tells it first', async () => {
    const writers = [await stand.accountAt(ALPHA), await stand.accountAt(BETA)]
    for (const writer of writers) await put(writer, 'first')
    const consumer = await stand.following([stand.network.relayUrl, stand.urlOf(ALPHA), stand.urlOf(BETA)])
    await stand.agrees(...writers)
    await soon(() => consumer.status().upstreams.every(({ connected }) => connected)).toBe(true)
    await soon(() => consumer.status().resyncing).toBe(0)
    stand.store.batches.length = 0
    const told = new Map<string, string[]>(writers.map(({ did }) => [did, []]))
    for (let n = 0; n < 10; n++)
      for (const writer of writers)
        told.get(writer.did)!.push(`create ${THING}/n${n} ${await put(writer, `n${n}`, { n })}`)
    await stand.agrees(...writers)
    for (const { did } of writers) expect(said(stand.store.changes(did))).toEqual(told.get(did))
  })

  it('make up for a relay that drops everything', async () => {
    stand.network.relay.faults.set({ drop: 1 })
    const writer = await stand.accountAt(ALPHA)
    const consumer = await stand.following([stand.network.relayUrl, stand.urlOf(ALPHA)])
    await soon(() => consumer.status().upstreams.every(({ connected }) => connected)).toBe(true)
    await put(writer, 'only-direct')
    await stand.agrees(writer)
  })

  it('do not wait for a host that is dead: its repository is brought back when it returns', async () => {
    const [away, here] = [await stand.accountAt(ALPHA), await stand.accountAt(BETA)]
    for (const writer of [away, here]) await put(writer, 'first')
    await stand.following([stand.network.relayUrl])
    await stand.agrees(away, here)
    let dropped = 0
    stand.network.relay.faults.set({ drop: 1, select: ({ did }) => did === away.did && ++dropped > 0 })
    await put(away, 'dropped')
    await soon(() => dropped).toBe(1)
    stand.network.relay.faults.clear()
    await put(away, 'after-the-gap')
    const last = await heldAtHost(away)
    await stand.network.pds(ALPHA).stop()
    await put(here, 'meanwhile')
    await stand.agrees(here)
    await stand.upToDate()
    await stand.network.pds(ALPHA).restart()
    await stand.store.until(() => JSON.stringify(stand.store.held(away.did)) === JSON.stringify(last))
  })
})

describe('hosts', () => {
  it('that a relay lists are read directly where that is wished, new ones at the next look', async () => {
    stand.network.relay.faults.set({ drop: 1 })
    const consumer = await stand.following([stand.network.relayUrl], { discoverHosts: true })
    await soon(() => counters(consumer)['hosts.discovered']).toBe(2)
    await soon(() => consumer.status().upstreams.every(({ connected }) => connected)).toBe(true)
    const writers = [await stand.accountAt(ALPHA), await stand.accountAt(BETA)]
    for (const writer of writers) await put(writer, 'unseen-by-the-relay')
    await stand.agrees(...writers)

    const gamma = await stand.network.addPds({ domain: 'gamma.test' })
    const late = await stand.accountAt('gamma')
    consumer.sweepNow()
    await put(late, 'of-a-new-host')
    await stand.agrees(late)
    expect(consumer.status().upstreams.map(({ url }) => url)).toContain(gamma.url.replace('http', 'ws'))
  })

  it('regression: that a relay lists are read again at once after a restart', async () => {
    await stand.following([stand.network.relayUrl], { discoverHosts: true })
    await soon(() => counters(stand.running[0]!)['hosts.discovered']).toBeGreaterThanOrEqual(2)
    const writer = await stand.accountAt(ALPHA)
    await put(writer, 'one')
    await stand.agrees(writer)
    await stand.upToDate()
    await stand.stopAll()
    stand.network.relay.faults.set({ drop: 1 })
    await stand.following([stand.network.relayUrl], { discoverHosts: true })
    await put(writer, 'unseen-by-the-relay')
    await stand.agrees(writer)
  })

  it('beyond the limit are not read, whoever names them', async () => {
    const limits = { crawledHosts: 2 }
    const consumer = await stand.following([stand.network.relayUrl], { discoverHosts: true, limits })
    await soon(() => counters(consumer)['hosts.beyond-limit']).toBeGreaterThan(0)
    expect(consumer.status().upstreams).toHaveLength(2)
    const known = consumer.status().upstreams.map(({ url }) => url)
    const other = stand.network.pdses.find(({ url }) => !known.includes(url.replace('http', 'ws')))!
    expect(await consumer.requestCrawl(other.hostname)).toEqual({
      ok: false,
      reason: 'too many hosts are read already',
    })
  })

  it('regression: of one domain that ask to be read take a part of the places, also after a restart', async () => {
    const limits = { crawledHosts: 10 }
    const [one, other] = [stand.network.pds(ALPHA).hostname, stand.network.pds(BETA).hostname]
    for (const round of ['first', 'second']) {
      const consumer = await stand.following([], { limits })
      expect(await consumer.requestCrawl(one), round).toEqual({ ok: true })
      expect(await consumer.requestCrawl(other), round).toEqual({
        ok: false,
        reason: "too many hosts of 'localhost' are read already",
      })
      await stand.stopAll()
    }
  })

  it('regression: that asked to be read and are away give their places to those who ask', async () => {
    const limits = { crawledHosts: 10, hostPatience: 0 }
    const gone = await stand.network.addPds({ domain: 'gone.test' })
    const first = await stand.following([], { limits })
    expect(await first.requestCrawl(gone.hostname)).toEqual({ ok: true })
    await soon(() => first.status().upstreams[0]?.connected).toBe(true)
    const other = stand.network.pds(BETA).hostname
    expect(await first.requestCrawl(other)).toMatchObject({ ok: false })
    await gone.kill()
    await soon(() => first.status().upstreams[0]?.connected).toBe(false)
    expect(await first.requestCrawl(other)).toEqual({ ok: true })
    const isRead = () => soon(() => stand.running[0]!.status().upstreams.map(({ url }) => url))
    await isRead().toEqual([stand.urlOf(BETA)])
    expect(counters(first)['hosts.forgotten']).toBe(1)
    await stand.stopAll()
    const keys = [...(await stand.store.cursors()).keys()]
    expect(keys.filter(key => !key.startsWith(stand.urlOf(BETA)))).toEqual([])

    await stand.following([], { limits })
    await isRead().toEqual([stand.urlOf(BETA)])
  })

  it('regression: that asked to be read keep their places where only their connections were lost', async () => {
    const limits = { crawledHosts: 10, hostPatience: 0, reconnectFrom: 600_000, reconnectTo: 600_000 }
    const away = await stand.network.addPds({ domain: 'away.test' })
    const consumer = await stand.following([], { limits })
    expect(await consumer.requestCrawl(away.hostname)).toEqual({ ok: true })
    await soon(() => consumer.status().upstreams[0]?.connected).toBe(true)
    await away.kill()
    await soon(() => consumer.status().upstreams[0]?.connected).toBe(false)
    await away.restart()
    expect(await consumer.requestCrawl(stand.network.pds(BETA).hostname)).toMatchObject({ ok: false })
    expect(consumer.status().upstreams.map(({ url }) => url)).toEqual([away.url.replace('http', 'ws')])
  })

  it('regression: that lost their places are asked nothing more, however much they list', async () => {
    const limits = { crawledHosts: 10, hostPatience: 0, reconnectFrom: 600_000, reconnectTo: 600_000 }
    const listing = Promise.withResolvers<ServerResponse>()
    let isThere = true
    // Connects once, and lists without end.
    const server = createServer((request, response) => {
      if (request.url?.includes('listRepos')) return listing.resolve(response)
      response.statusCode = isThere ? 200 : 404
      response.end('{"did":"did:web:endless"}')
    })
    const sockets = new WebSocketServer({ server })
    sockets.on('connection', socket => socket.close())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      const consumer = await stand.following([], { limits })
      const hostname = `localhost:${(server.address() as AddressInfo).port}`
      expect(await consumer.requestCrawl(hostname)).toEqual({ ok: true })
      const asked = await listing.promise
      await soon(() => consumer.status().upstreams[0]?.connected).toBe(false)
      isThere = false
      const brokenOff = once(asked, 'close')
      expect(await consumer.requestCrawl(stand.network.pds(BETA).hostname)).toEqual({ ok: true })
      await brokenOff
      expect(asked.writableFinished).toBe(false)
      await soon(() => consumer.status().upstreams.map(({ url }) => url)).toEqual([stand.urlOf(BETA)])
    } finally {
      sockets.close()
      server.closeAllConnections()
      server.close()
    }
  })

  it('regression: that the configuration names keep their places, though they once asked to be read', async () => {
    const limits = { crawledHosts: 10, hostPatience: 0 }
    const named = await stand.network.addPds({ domain: 'named.test' })
    const first = await stand.following([], { limits })
    expect(await first.requestCrawl(named.hostname)).toEqual({ ok: true })
    await stand.stopAll()
    const url = named.url.replace('http', 'ws')
    const second = await stand.following([url], { limits })
    await soon(() => second.status().upstreams[0]?.connected).toBe(true)
    await named.kill()
    await soon(() => second.status().upstreams[0]?.connected).toBe(false)
    expect(await second.requestCrawl(stand.network.pds(BETA).hostname)).toEqual({ ok: true })
    expect(second.status().upstreams.map(one => one.url)).toEqual([url, stand.urlOf(BETA)])
  })

  it('that ask to be read are, also after a restart', async () => {
    let consumer = await stand.following([])
    expect(await consumer.requestCrawl(stand.network.pds(ALPHA).hostname)).toEqual({ ok: true })
    expect(await consumer.requestCrawl(stand.network.pds(ALPHA).hostname)).toEqual({ ok: true })
    const writer = await stand.accountAt(ALPHA)
    await put(writer, 'one')
    await stand.agrees(writer)
    await stand.stopAll()
    await put(writer, 'two')
    consumer = await stand.following([])
    await stand.agrees(writer)
    expect(consumer.status().upstreams).toHaveLength(1)
  })

  it.each([
    ['is no PDS', () => `localhost:${stand.network.store.port}`, /does not answer as a PDS|answered/],
    ['is a relay', () => stand.network.relayUrl.replace('ws://', ''), /does not answer as a PDS/],
    ['is not there', () => 'localhost:1', /localhost:1/],
    ['is an address inside', () => '169.254.169.254', /not a public host name/],
    ['is a path', () => 'localhost:1/../x', /not https|public host|localhost/],
  ])('that %s are refused', async (_, host, reason) => {
    const consumer = await stand.following([])
    const answer = await consumer.requestCrawl(host())
    expect(answer).toEqual({ ok: false, reason: expect.stringMatching(reason) })
    expect(consumer.status().upstreams).toEqual([])
  })

  it('are asked for few repositories at once, each and together', async () => {
    const writers = await Promise.all(
      [ALPHA, BETA].flatMap(pds => Array.from({ length: 5 }, () => stand.accountAt(pds))),
    )
    for (const writer of writers) await put(writer, 'one')
    const now = new Map<string, number>()
    const most = { each: 0, together: 0, asked: 0 }
    const watch = (message: unknown) => {
      const { request } = message as { request: ClientRequest }
      if (!request.path.includes('sync.getRepo?') || request.getHeader('user-agent') !== 'watched') return
      const host = String(request.getHeader('host'))
      most.asked++
      now.set(host, (now.get(host) ?? 0) + 1)
      most.each = Math.max(most.each, ...now.values())
      most.together = Math.max(
        most.together,
        [...now.values()].reduce((sum, count) => sum + count, 0),
      )
      request.once('close', () => now.set(host, now.get(host)! - 1))
    }
    diagnostics.subscribe('http.client.request.start', watch)
    try {
      const limits = { resyncs: 3, resyncsPerHost: 2 }
      await stand.following([stand.urlOf(ALPHA), stand.urlOf(BETA)], { userAgent: 'watched', limits })
      await stand.agrees(...writers)
    } finally {
      diagnostics.unsubscribe('http.client.request.start', watch)
    }
    expect(most.asked).toBeGreaterThanOrEqual(10)
    expect(most.each).toBe(2)
    expect(most.together).toBe(3)
  })
})

describe('what was there before', () => {
  let old: Account
  let uninteresting: Account
  beforeAll(async () => {
    old = await stand.accountAt(BETA)
    uninteresting = await stand.accountAt(BETA)
    for (let n = 0; n < 3; n++) await put(old, `n${n}`, { n })
    await put(uninteresting, 'one', {}, UNWANTED)
    await stand.network.relay.settled()
  })

  it.each([
    ['a relay that lists by collection', () => stand.network.relayUrl, WANTED],
    ['a relay that lists only repositories', () => stand.network.relayUrl, []],
    ['a PDS', () => stand.urlOf(BETA), WANTED],
  ])('is found through %s, and nothing else', async (_, upstream, collectionNames) => {
    const consumer = await stand.following([upstream()], { collectionNames })
    await stand.agrees(old)
    await soon(() => counters(consumer).sweeps).toBeGreaterThan(0)
    await soon(() => consumer.status().resyncing).toBe(0)
    expect(await stand.store.repo(uninteresting.did)).toBeUndefined()
  })
})
