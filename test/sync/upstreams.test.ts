/** How services are found, followed and survived: on a real relay and real PDSes. */
import diagnostics from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'
import { readFrame } from '@frost/network/relay/frames'
import { type TestNetwork, testNetwork } from '@frost/network/testing'
import { type Consumer, type ConsumerOptions, type ConsumerStatus, createConsumer } from '@frost/sync'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newAccount } from '../stand.ts'
import { LoggedStore, said } from './logged-store.ts'
import { type Account, heldAtHost, put, THING, WANTED } from './told-history.ts'

const ALPHA = 'alpha'
const BETA = 'beta'
const UNWANTED = 'org.example.unwanted'

let network: TestNetwork
beforeAll(async () => {
  network = await testNetwork({ pdses: [ALPHA, BETA].map(name => ({ name, domain: `${name}.test` })) })
})
afterAll(() => network[Symbol.asyncDispose]())

let store: LoggedStore
let running: Consumer[] = []
beforeEach(() => {
  store = new LoggedStore()
})
afterEach(async () => {
  network.relay.faults.clear()
  store.gate = () => undefined
  await stopAll()
})

async function stopAll(): Promise<void> {
  await Promise.all(running.map(consumer => consumer.stop()))
  running = []
}

async function following(
  upstreams: readonly string[],
  more: Partial<ConsumerOptions> = {},
): Promise<Consumer> {
  const consumer = createConsumer({
    store,
    upstreams,
    collections: name => WANTED.includes(name),
    collectionNames: WANTED,
    plcUrl: network.plcUrl,
    allowLoopbackHttp: true,
    ...more,
    limits: { reconnectFrom: 20, retryFrom: 20, retryTo: 200, ...more.limits },
  })
  running.push(consumer)
  await consumer.start()
  return consumer
}

let accounts = 0
const accountAt = (pds: string) => newAccount(network, `writer${++accounts}`, pds)
const urlOf = (pds: string) => network.pds(pds).url.replace('http', 'ws')
/** What will be so before long. */
const soon = <T>(value: () => T) => expect.poll(value, { timeout: 20_000 })
const counters = (consumer: Consumer): ConsumerStatus['counters'] => consumer.status().counters

/** Resolves when what is stored of the accounts is what their hosts hold now. */
async function agrees(...list: Account[]): Promise<void> {
  const truth = new Map<string, string>()
  for (const account of list) truth.set(account.did, JSON.stringify(await heldAtHost(account)))
  await store.until(
    () => [...truth].every(([did, held]) => JSON.stringify(store.held(did)) === held),
    () => list.map(({ did }) => ({ did, held: store.held(did), truth: truth.get(did) })),
  )
}

/** Resolves when the stored cursor is that of the relay's newest message. */
function upToDate(): Promise<void> {
  return store.until(
    async () => (await store.cursors()).get(network.relayUrl) === network.relay.store.seq,
    () => running[0]?.status(),
  )
}

describe('several upstreams', () => {
  it('give every commit once, whichever tells it first', async () => {
    const writers = [await accountAt(ALPHA), await accountAt(BETA)]
    for (const writer of writers) await put(writer, 'first')
    const consumer = await following([network.relayUrl, urlOf(ALPHA), urlOf(BETA)])
    await agrees(...writers)
    await soon(() => consumer.status().upstreams.every(({ connected }) => connected)).toBe(true)
    await soon(() => consumer.status().resyncing).toBe(0)
    store.batches.length = 0
    const told = new Map<string, string[]>(writers.map(({ did }) => [did, []]))
    for (let n = 0; n < 10; n++)
      for (const writer of writers)
        told.get(writer.did)!.push(`create ${THING}/n${n} ${await put(writer, `n${n}`, { n })}`)
    await agrees(...writers)
    for (const { did } of writers) expect(said(store.changes(did))).toEqual(told.get(did))
  })

  it('make up for a relay that drops everything', async () => {
    network.relay.faults.set({ drop: 1 })
    const writer = await accountAt(ALPHA)
    const consumer = await following([network.relayUrl, urlOf(ALPHA)])
    await soon(() => consumer.status().upstreams.every(({ connected }) => connected)).toBe(true)
    await put(writer, 'only-direct')
    await agrees(writer)
  })

  it('do not wait for a host that is dead: its repository is brought back when it returns', async () => {
    const [away, here] = [await accountAt(ALPHA), await accountAt(BETA)]
    for (const writer of [away, here]) await put(writer, 'first')
    await following([network.relayUrl])
    await agrees(away, here)
    let dropped = 0
    network.relay.faults.set({ drop: 1, select: ({ did }) => did === away.did && ++dropped > 0 })
    await put(away, 'dropped')
    await soon(() => dropped).toBe(1)
    network.relay.faults.clear()
    await put(away, 'after-the-gap')
    const last = await heldAtHost(away)
    await network.pds(ALPHA).stop()
    await put(here, 'meanwhile')
    await agrees(here)
    await upToDate()
    await network.pds(ALPHA).restart()
    await store.until(() => JSON.stringify(store.held(away.did)) === JSON.stringify(last))
  })
})

describe('hosts', () => {
  it('that a relay lists are read directly where that is wished, new ones at the next look', async () => {
    network.relay.faults.set({ drop: 1 })
    const consumer = await following([network.relayUrl], { discoverHosts: true })
    await soon(() => counters(consumer)['hosts.discovered']).toBe(2)
    await soon(() => consumer.status().upstreams.every(({ connected }) => connected)).toBe(true)
    const writers = [await accountAt(ALPHA), await accountAt(BETA)]
    for (const writer of writers) await put(writer, 'unseen-by-the-relay')
    await agrees(...writers)

    const gamma = await network.addPds({ domain: 'gamma.test' })
    const late = await accountAt('gamma')
    consumer.sweepNow()
    await put(late, 'of-a-new-host')
    await agrees(late)
    expect(consumer.status().upstreams.map(({ url }) => url)).toContain(gamma.url.replace('http', 'ws'))
  })

  it('beyond the limit are not read, whoever names them', async () => {
    const limits = { crawledHosts: 2 }
    const consumer = await following([network.relayUrl], { discoverHosts: true, limits })
    await soon(() => counters(consumer)['hosts.beyond-limit']).toBeGreaterThan(0)
    expect(consumer.status().upstreams).toHaveLength(2)
    const known = consumer.status().upstreams.map(({ url }) => url)
    const other = network.pdses.find(({ url }) => !known.includes(url.replace('http', 'ws')))!
    expect(await consumer.requestCrawl(other.hostname)).toEqual({
      ok: false,
      reason: 'too many hosts are read already',
    })
  })

  it('that ask to be read are, also after a restart', async () => {
    let consumer = await following([])
    expect(await consumer.requestCrawl(network.pds(ALPHA).hostname)).toEqual({ ok: true })
    expect(await consumer.requestCrawl(network.pds(ALPHA).hostname)).toEqual({ ok: true })
    const writer = await accountAt(ALPHA)
    await put(writer, 'one')
    await agrees(writer)
    await stopAll()
    await put(writer, 'two')
    consumer = await following([])
    await agrees(writer)
    expect(consumer.status().upstreams).toHaveLength(1)
  })

  it.each([
    ['is no PDS', () => `localhost:${network.store.port}`, /does not answer as a PDS|answered/],
    ['is a relay', () => network.relayUrl.replace('ws://', ''), /does not answer as a PDS/],
    ['is not there', () => 'localhost:1', /localhost:1/],
    ['is an address inside', () => '169.254.169.254', /not a public host name/],
    ['is a path', () => 'localhost:1/../x', /not https|public host|localhost/],
  ])('that %s are refused', async (_, host, reason) => {
    const consumer = await following([])
    const answer = await consumer.requestCrawl(host())
    expect(answer).toEqual({ ok: false, reason: expect.stringMatching(reason) })
    expect(consumer.status().upstreams).toEqual([])
  })

  it('are asked for few repositories at once, each and together', async () => {
    const writers = await Promise.all(
      [ALPHA, BETA].flatMap(pds => Array.from({ length: 5 }, () => accountAt(pds))),
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
      await following([urlOf(ALPHA), urlOf(BETA)], { userAgent: 'watched', limits })
      await agrees(...writers)
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
    old = await accountAt(BETA)
    uninteresting = await accountAt(BETA)
    for (let n = 0; n < 3; n++) await put(old, `n${n}`, { n })
    await put(uninteresting, 'one', {}, UNWANTED)
    await network.relay.settled()
  })

  it.each([
    ['a relay that lists by collection', () => network.relayUrl, WANTED],
    ['a relay that lists only repositories', () => network.relayUrl, []],
    ['a PDS', () => urlOf(BETA), WANTED],
  ])('is found through %s, and nothing else', async (_, upstream, collectionNames) => {
    const consumer = await following([upstream()], { collectionNames })
    await agrees(old)
    await soon(() => counters(consumer).sweeps).toBeGreaterThan(0)
    await soon(() => consumer.status().resyncing).toBe(0)
    expect(await store.repo(uninteresting.did)).toBeUndefined()
  })
})

describe('a connection', () => {
  it('is made again after waits that double, with jitter, up to a limit, and begin anew after success', async () => {
    const writer = await accountAt(ALPHA)
    await put(writer, 'before')
    const waits: number[] = []
    const limits = { reconnectFrom: 16, reconnectTo: 100 }
    const onError = (_: unknown, { stage, retryIn }: Record<string, unknown>) => {
      if (stage === 'connection') waits.push(retryIn as number)
    }
    const consumer = await following([urlOf(ALPHA)], { limits, onError })
    await agrees(writer)
    await network.pds(ALPHA).stop()
    try {
      await soon(() => waits.length).toBeGreaterThanOrEqual(7)
    } finally {
      await network.pds(ALPHA).restart()
    }
    for (const [attempt, wait] of waits.entries()) {
      const most = Math.min(100, 16 * 2 ** attempt)
      expect(wait).toBeGreaterThanOrEqual(most / 2 - 1)
      expect(wait).toBeLessThanOrEqual(most)
    }
    // Those at the limit are not all the same.
    expect(new Set(waits.slice(3)).size).toBeGreaterThan(1)

    // Success is a message, not a connection: a server may take one and close it.
    await soon(() => consumer.status().upstreams[0]!.connected).toBe(true)
    const { messages = 0 } = counters(consumer)
    await put(writer, 'after')
    await soon(() => counters(consumer).messages).toBeGreaterThan(messages)
    await agrees(writer)
    waits.length = 0
    await network.pds(ALPHA).kill()
    try {
      await soon(() => waits.length).toBeGreaterThanOrEqual(1)
      expect(waits[0]).toBeLessThanOrEqual(16)
    } finally {
      await network.pds(ALPHA).restart()
    }
  })
})

describe('a relay', () => {
  let writer: Account
  beforeEach(async () => {
    writer = await accountAt(ALPHA)
    await put(writer, 'first')
    await following([network.relayUrl])
    await agrees(writer)
    await put(writer, 'second')
    await agrees(writer)
    await upToDate()
  })

  it('that no longer has what comes after the cursor says so, and the heads are compared', async () => {
    await stopAll()
    await put(writer, 'lost')
    await soon(() => network.relay.store.repo(writer.did)?.rev).toBe(await revOf(writer))
    network.relay.loseLog()
    const consumer = await following([network.relayUrl])
    await agrees(writer)
    expect(counters(consumer)).toMatchObject({ 'gap.outdated': 1, info: 1 })
    await put(writer, 'live')
    await agrees(writer)
  })

  it('that counts anew refuses the old cursor; it is forgotten, and the heads are compared', async () => {
    await stopAll()
    await put(writer, 'lost')
    await soon(() => network.relay.store.repo(writer.did)?.rev).toBe(await revOf(writer))
    network.relay.loseLog({ restartSequence: true })
    const consumer = await following([network.relayUrl])
    await agrees(writer)
    expect(counters(consumer)['gap.reset']).toBe(1)
    await put(writer, 'live')
    await agrees(writer)
    await upToDate()
    await stopAll()
    await put(writer, 'later')
    const next = await following([network.relayUrl])
    await agrees(writer)
    expect(counters(next)).not.toHaveProperty('gap.reset')
  })

  it('that loses its log under a connection is followed by its new numbers', async () => {
    network.relay.loseLog({ restartSequence: true })
    for (const rkey of ['a', 'b', 'c']) await put(writer, rkey)
    await agrees(writer)
    expect(counters(running[0]!)['gap.reset']).toBe(1)
    await upToDate()
  })

  it('that says what no consumer knows yet is followed past it', async () => {
    const unknown = {
      type: '#future' as '#identity',
      did: `did:plc:${'f'.repeat(24)}`,
      seq: 0,
      body: { news: true },
    }
    network.relay.store.append([{ host: 'localhost:1', message: unknown }])
    await put(writer, 'after-it')
    await agrees(writer)
    await upToDate()
    expect(counters(running[0]!).unknown).toBe(1)
  })
})

describe('back-pressure', () => {
  it('reaches the socket: a relay sends no more than a bounded number of bytes to a consumer whose store is slow', async () => {
    const writer = await accountAt(ALPHA)
    await put(writer, 'first')
    await following([network.relayUrl])
    await agrees(writer)
    const begin = network.relay.store.seq
    await put(writer, 'large', { text: 'x'.repeat(140_000) })
    await agrees(writer)
    await stopAll()

    // The same commit again and again: many bytes, and nothing new in them.
    const MESSAGES = 300
    const large = network.relay.store.after(begin, 100).find(({ frame }) => frame.length > 100_000)!
    const frame = readFrame(large.frame)
    if (frame.kind !== 'message') throw new Error('no message')
    const { message } = frame
    for (let n = 0; n < MESSAGES; n += 100)
      network.relay.store.append(
        Array.from({ length: 100 }, () => ({ host: network.pds(ALPHA).hostname, message })),
      )
    let sent = 0
    network.relay.faults.set({
      delayMs: Number.MIN_VALUE,
      select: ({ frame: _, ...event }: { frame?: unknown; did: string }) => {
        if (event.did === writer.did) sent++
        return false
      },
    } as Parameters<typeof network.relay.faults.set>[0])

    const open = Promise.withResolvers<void>()
    store.gate = () => open.promise
    const limits = { openBytes: 4_000_000 }
    const consumer = await following([network.relayUrl], { limits })
    try {
      await soon(() => counters(consumer).paused).toBeGreaterThanOrEqual(1)
      await standsStill(() => sent)
      // What the consumer holds, as much in the batch under way, what the relay buffers, what the sockets of the system take.
      expect(sent * large.frame.length).toBeLessThan(2 * limits.openBytes + 4_000_000 + 16_000_000)
      expect(sent).toBeLessThan(MESSAGES)
      expect(consumer.status().upstreams[0]!.connected).toBe(true)
    } finally {
      open.resolve()
    }
    await upToDate()
    expect(counters(consumer)['ignored.duplicate']).toBe(MESSAGES)
    await soon(() => consumer.status().queued).toBe(0)
  })
})

async function revOf({ did, agent }: Account): Promise<string> {
  return (await agent.com.atproto.sync.getLatestCommit({ did })).data.rev
}

/** Resolves when a number has not changed for a while. */
async function standsStill(value: () => number): Promise<void> {
  for (let last = -1; last !== value(); ) {
    last = value()
    await new Promise(resolve => setTimeout(resolve, 300))
  }
}
