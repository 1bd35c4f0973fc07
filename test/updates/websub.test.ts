/** WebSub: feeds are sent to who asked for them and meant it, whatever the subscriber does; on both engines. */
import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { hubOf } from '@frost/appview/feeds/render'
import { feedRoutes } from '@frost/appview/feeds/routes'
import { UpdateHub } from '@frost/appview/updates/hub'
import { WebSubHub } from '@frost/appview/websub/hub'
import { webSubRoutes } from '@frost/appview/websub/routes'
import { XrpcError } from '@frost/appview/xrpc/errors'
import type { Services } from '@frost/appview/xrpc/method'
import type { Index } from '@frost/index'
import { atUri, nsid } from '@frost/lexicon'
import { Hono } from 'hono'
import { beforeEach, describe, expect, it } from 'vitest'
import { ENGINES } from '../index/engines.ts'
import { freshIndexes } from '../index/fresh-indexes.ts'
import { ALICE, Events } from '../index/network-of.ts'

const origin = 'https://appview.example'
const createdAt = '2026-01-01T00:00:00.000Z'
const topic = `${origin}/feeds/dataset.atom?uri=${encodeURIComponent(atUri(ALICE, nsid('dataset.entry'), 'sst'))}`

interface Sent {
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A subscriber on loopback: confirms what it is asked unless told otherwise, keeps what it is sent. */
class Subscriber implements AsyncDisposable {
  readonly asked: URLSearchParams[] = []
  readonly sent: Sent[] = []
  confirms = true
  /** Status with which it takes what it is sent. */
  status = 200
  readonly #server: Server
  readonly #waiting = new Set<() => void>()

  private constructor(server: Server) {
    this.#server = server
  }

  static async open(): Promise<Subscriber> {
    const server = createServer()
    const subscriber = new Subscriber(server)
    server.on('request', async (request, response) => {
      const body = await text(request)
      if (request.method === 'GET') {
        const params = new URL(request.url!, 'http://localhost').searchParams
        subscriber.asked.push(params)
        response.end(subscriber.confirms ? (params.get('hub.challenge') ?? '') : 'what?')
      } else {
        response.statusCode = subscriber.status
        response.end()
        subscriber.sent.push({ headers: request.headers, body })
      }
      for (const wake of [...subscriber.#waiting]) wake()
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return subscriber
  }

  get callback(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/feed?id=7`
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds())
      await new Promise<void>(resolve => {
        const wake = () => {
          this.#waiting.delete(wake)
          resolve()
        }
        this.#waiting.add(wake)
      })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

describe.each(ENGINES)('WebSub on %s', engine => {
  let index: Index
  let events: Events
  let updates: UpdateHub
  let hub: WebSubHub
  let app: Hono
  const { fresh, close } = freshIndexes(engine)

  const fail = (error: unknown) => {
    throw error
  }
  function start() {
    updates = new UpdateHub(index, fail)
    updates.start()
    const services = { index, config: {} } as Services
    hub = new WebSubHub(services, updates, {
      origin,
      allowLoopbackHttp: true,
      onError: fail,
      retryDelay: () => 0,
      pause: 0,
    })
    hub.start()
    app = new Hono()
    app.onError((error, c) =>
      error instanceof XrpcError ? c.text(error.message, error.status) : fail(error),
    )
    app.route('/websub', webSubRoutes(hub))
    app.route('/feeds', feedRoutes(services, origin))
  }
  async function stop() {
    await hub.stop()
    await updates.close()
  }
  beforeEach(async () => {
    index = await fresh()
    events = new Events()
    start()
    await publish('Sea surface temperature')
    return async () => {
      await stop()
      await close(index)
    }
  })

  async function publish(title: string, rkey = 'sst') {
    const event = await events.put(ALICE, 'dataset.entry', rkey, { title, createdAt })
    await index.store.apply(events.batch([event]))
  }
  const ask = (params: Record<string, string>) =>
    app.request('/websub', { method: 'POST', body: new URLSearchParams(params) })
  async function subscribe(subscriber: Subscriber, more: Record<string, string> = {}) {
    const params = {
      'hub.mode': 'subscribe',
      'hub.topic': topic,
      'hub.callback': subscriber.callback,
      ...more,
    }
    expect((await ask(params)).status).toBe(202)
    const asked = subscriber.asked.length
    await subscriber.until(() => subscriber.asked.length > asked)
    await hub.settled()
  }
  const read = () => app.request(topic.slice(origin.length))

  it('sends a feed when it has changed, as it reads, signed, to who confirmed', async () => {
    await using subscriber = await Subscriber.open()
    await subscribe(subscriber, { 'hub.secret': 'hush', 'hub.lease_seconds': '86400' })
    expect(Object.fromEntries(subscriber.asked[0]!)).toMatchObject({
      id: '7',
      'hub.mode': 'subscribe',
      'hub.topic': topic,
      'hub.lease_seconds': '86400',
    })
    await publish('Another dataset', 'ice')
    await publish('Sea surface temperature, calibrated')
    await subscriber.until(() => subscriber.sent.length === 1)
    const feed = await read()
    const body = await feed.text()
    const [{ headers, body: sent }] = subscriber.sent as [Sent]
    expect(sent).toBe(body)
    expect(headers['content-type']).toBe(feed.headers.get('content-type'))
    for (const link of [feed.headers.get('link'), headers.link])
      expect(link).toBe(`<${hubOf(origin)}>; rel="hub", <${topic}>; rel="self"`)
    expect(body).toContain(`<link rel="hub" href="${hubOf(origin)}"/>`)
    expect(headers['x-hub-signature']).toBe(
      `sha256=${createHmac('sha256', 'hush').update(sent).digest('hex')}`,
    )
  })

  it('sends nothing to who did not ask, and ends when it is asked to', async () => {
    await using victim = await Subscriber.open()
    await using subscriber = await Subscriber.open()
    victim.confirms = false
    await subscribe(victim)
    await subscribe(subscriber)
    // Somebody else ends nobody's subscription.
    subscriber.confirms = false
    await subscribe(subscriber, { 'hub.mode': 'unsubscribe' })
    await publish('Changed')
    await subscriber.until(() => subscriber.sent.length === 1)
    expect(victim.sent).toEqual([])
    subscriber.confirms = true
    await subscribe(subscriber, { 'hub.mode': 'unsubscribe' })
    expect(await index.webSub.count()).toBe(0)
  })

  it('tries again what was not taken, with the feed as it is then; 410 ends a subscription', async () => {
    await using subscriber = await Subscriber.open()
    await subscribe(subscriber)
    subscriber.status = 503
    await publish('First')
    await subscriber.until(() => subscriber.sent.length >= 2)
    await publish('Second')
    await subscriber.until(() => subscriber.sent.at(-1)!.body.includes('Second'))
    subscriber.status = 410
    await expect.poll(() => index.webSub.count()).toBe(0)
  })

  it('still sends what was not taken when the subscription is renewed', async () => {
    await using subscriber = await Subscriber.open()
    await subscribe(subscriber)
    await stop()
    await publish('Missed')
    const [row] = await index.webSub.of(topic)
    const etag = (await read()).headers.get('etag')!
    const renewed = { ...row!, etag, until: '2999-01-01T00:00:00.000Z' }
    await index.webSub.put(renewed)
    start()
    await subscriber.until(() => subscriber.sent.length === 1)
    expect(subscriber.sent[0]!.body).toContain('Missed')
    expect(await index.webSub.of(topic)).toMatchObject([{ until: renewed.until }])
  })

  it('sends after a restart what has changed meanwhile, once', async () => {
    await using subscriber = await Subscriber.open()
    await subscribe(subscriber)
    await stop()
    await publish('Changed while it was away')
    start()
    await subscriber.until(() => subscriber.sent.length === 1)
    expect(subscriber.sent[0]!.body).toContain('Changed while it was away')
    const etag = (await read()).headers.get('etag')
    await expect.poll(async () => (await index.webSub.of(topic))[0]?.etag).toBe(etag)
    await stop()
    start()
    await publish('Changed again')
    await subscriber.until(() => subscriber.sent.length === 2)
    expect(subscriber.sent[1]!.body).toContain('Changed again')
  })

  it('tells subscribers of a dataset that is gone', async () => {
    await using subscriber = await Subscriber.open()
    await subscribe(subscriber)
    await index.store.apply(events.batch([events.delete(ALICE, 'dataset.entry', 'sst')]))
    await subscriber.until(() => subscriber.asked.some(params => params.get('hub.mode') === 'denied'))
    expect(await index.webSub.count()).toBe(0)
  })

  it('refuses what it does not serve and where it may not send, and says why', async () => {
    const good = { 'hub.mode': 'subscribe', 'hub.topic': topic, 'hub.callback': 'http://127.0.0.1:9/' }
    for (const [wrong, said] of [
      [{ 'hub.mode': 'publish' }, "hub.mode is 'publish': give subscribe or unsubscribe"],
      [{ 'hub.topic': 'https://elsewhere.example/feed' }, 'this hub serves'],
      [{ 'hub.topic': `${origin}/feeds/nothing.atom` }, 'no such feed'],
      [{ 'hub.topic': topic.replace('sst', 'unknown') }, 'unknown'],
      [{ 'hub.callback': 'https://10.0.0.1/' }, 'hub.callback: '],
      [{ 'hub.callback': 'http://169.254.169.254/latest' }, 'hub.callback: '],
      [{ 'hub.callback': 'gopher://example.org/' }, 'hub.callback: '],
      [{ 'hub.callback': `https://example.org/${'x'.repeat(1000)}` }, 'at most 1000'],
      [{ 'hub.secret': 'x'.repeat(200) }, 'hub.secret has 200 bytes'],
      [{ 'hub.lease_seconds': 'long' }, "hub.lease_seconds is 'long'"],
    ] as const) {
      const answer = await ask({ ...good, ...wrong })
      expect([answer.status, await answer.text()]).toEqual([
        expect.toSatisfy((status: number) => status === 400 || status === 404),
        expect.stringContaining(said),
      ])
    }
  })
})
