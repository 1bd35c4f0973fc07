import type { LookupAddress } from 'node:dns'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import type { Lookup } from './connector.ts'
import { createFetcher, type FetchRequest } from './fetcher.ts'
import type { GuardSettings } from './settings.ts'
import { serve, TEST_GUARD, type TestServer } from './testing.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(stops.splice(0).map(stop => stop()))
})

async function server(handler: (request: IncomingMessage, response: ServerResponse) => void, host?: string) {
  const running = await serve(handler, host)
  stops.push(() => running.stop())
  return running
}

/** What stands where nothing may be read from. */
function forbidden(): Promise<TestServer> {
  return server((_, response) => response.end('secret'), '127.0.0.2')
}

function read(url: string, settings: Partial<GuardSettings> = {}, request: Partial<FetchRequest> = {}) {
  const fetcher = createFetcher({ ...TEST_GUARD, ...settings })
  stops.push(() => fetcher.close())
  return fetcher.fetch({ url: new URL(url), ...request }, async response => ({
    status: response.status,
    url: response.url.href,
    text: Buffer.from(
      await response.read({ max: 1_000_000, excess: () => new Error('too long') }),
    ).toString(),
  }))
}

describe('addresses', () => {
  it('of a private network are not connected to', async () => {
    const secret = await forbidden()
    await expect(read(secret.url)).rejects.toMatchObject({
      code: 'Forbidden',
      message: expect.stringContaining('127.0.0.2'),
    })
    expect(secret.connections).toBe(0)
  })

  it('of this machine only where that is allowed', async () => {
    const open = await server((_, response) => response.end('here'))
    await expect(read(open.url, { allowLoopback: false })).rejects.toMatchObject({ code: 'Forbidden' })
    expect(open.connections).toBe(0)
    expect((await read(open.url)).text).toBe('here')
    expect((await read(`http://localhost:${open.port}`)).text).toBe('here')
  })

  it.each(['2130706434', '0x7f000002', '0177.0.0.2', '127.2', '0x7f.0.0.2', '%31%32%37.0.0.2', '①②⑦.0.0.2'])(
    'written as %s are the same',
    async host => {
      const secret = await forbidden()
      await expect(read(`http://${host}:${secret.port}`)).rejects.toMatchObject({ code: 'Forbidden' })
      expect(secret.connections).toBe(0)
    },
  )

  it.each([
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[64:ff9b::127.0.0.1]',
    '0.0.0.0',
    '[::]',
  ])('%s do not lead to this machine, even where loopback is allowed', async host => {
    const open = await server((_, response) => response.end('here'))
    await expect(read(`http://${host}:${open.port}`)).rejects.toMatchObject({ code: 'Forbidden' })
    expect(open.connections).toBe(0)
  })

  it('of a name are all checked', async () => {
    const secret = await forbidden()
    const lookup = answering([['127.0.0.1', '127.0.0.2']])
    await expect(read(`http://data.example:${secret.port}`, { lookup })).rejects.toMatchObject({
      code: 'Forbidden',
      message: expect.stringContaining("'data.example' (127.0.0.2)"),
    })
    expect(secret.connections).toBe(0)
  })

  it('of a name that changes after the check are not asked for again', async () => {
    const open = await server((_, response) => response.end('here'))
    const secret = await forbidden()
    const lookup = answering([['127.0.0.1'], ['127.0.0.2']])
    expect((await read(`http://data.example:${open.port}`, { lookup })).text).toBe('here')
    expect(lookup.asked).toEqual(['data.example'])
    // A second connection asks again, and is refused.
    await expect(read(`http://data.example:${secret.port}`, { lookup })).rejects.toMatchObject({
      code: 'Forbidden',
    })
    expect(secret.connections).toBe(0)
  })

  it('that do not exist are said to', async () => {
    const lookup: Lookup = (host, _, callback) =>
      callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' }), [])
    await expect(read('http://nowhere.example/', { lookup })).rejects.toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('no such host'),
    })
  })

  it('are read on allowed ports, by http and https alone, without credentials', async () => {
    for (const url of [
      'ftp://127.0.0.1/',
      'file:///etc/passwd',
      'http://127.0.0.1:22/',
      'http://u:p@127.0.0.1/',
    ])
      await expect(read(url)).rejects.toMatchObject({ code: 'Forbidden' })
    const open = await server((_, response) => response.end('here'))
    await expect(read(open.url, { ports: [443] })).rejects.toMatchObject({ code: 'Forbidden' })
    expect(open.connections).toBe(0)
  })
})

describe('redirects', () => {
  it('are followed', async () => {
    const target = await server((_, response) => response.end('there'))
    const first = await server((_, response) => redirect(response, `${target.url}/data?x=1`))
    expect(await read(first.url)).toMatchObject({ text: 'there', url: `${target.url}/data?x=1` })
  })

  it('into a private network end there', async () => {
    const secret = await forbidden()
    for (const location of [
      `${secret.url}/`,
      `http://2130706434:${secret.port}/`,
      `//127.0.0.2:${secret.port}/`,
    ]) {
      const first = await server((_, response) => redirect(response, location))
      await expect(read(first.url)).rejects.toMatchObject({ code: 'Forbidden' })
    }
    expect(secret.connections).toBe(0)
  })

  it('by way of an allowed host into a private network end there', async () => {
    const secret = await forbidden()
    const second = await server((_, response) => redirect(response, secret.url))
    const first = await server((_, response) => redirect(response, second.url))
    await expect(read(first.url)).rejects.toMatchObject({ code: 'Forbidden' })
    expect([first.requests, second.requests, secret.connections]).toEqual([1, 1, 0])
  })

  it.each([
    'file:///etc/passwd',
    'ftp://127.0.0.1/x',
    'data:text/plain,x',
    'http://u:p@127.0.0.1/',
    'http://127.0.0.1:25/',
  ])('to %s are refused', async location => {
    const first = await server((_, response) => redirect(response, location))
    await expect(read(first.url)).rejects.toMatchObject({ code: 'Forbidden' })
  })

  it('in a circle end after five', async () => {
    const circle = await server((_, response) => redirect(response, '/again'))
    await expect(read(circle.url)).rejects.toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('more than 5 times'),
    })
    expect(circle.requests).toBe(6)
  })

  it('take no credentials to another origin', async () => {
    const seen: (string | undefined)[] = []
    const other = await server((request, response) => {
      seen.push(request.headers.authorization)
      response.end()
    })
    const own = await server((request, response) => {
      seen.push(request.headers.authorization)
      redirect(response, request.url === '/' ? '/same' : other.url)
    })
    await read(own.url, {}, { authorise: () => ({ authorization: 'secret' }) })
    expect(seen).toEqual(['secret', 'secret', undefined])
  })
})

describe('failures that pass', () => {
  it.each([429, 500, 502, 503, 504])('%i is asked again', async status => {
    const flaky = await server((_, response) => {
      if (flaky.requests < 3) response.writeHead(status).end('busy')
      else response.end('at last')
    })
    expect((await read(flaky.url)).text).toBe('at last')
    expect(flaky.requests).toBe(3)
  })

  it('a connection that is reset is made again, also within a body', async () => {
    const flaky = await server((request, response) => {
      if (flaky.requests === 1) request.socket.resetAndDestroy()
      else if (flaky.requests === 2) {
        response.writeHead(200, { 'content-length': '10' })
        response.write('half', () => request.socket.resetAndDestroy())
      } else response.end('whole text')
    })
    expect((await read(flaky.url)).text).toBe('whole text')
    expect(flaky.requests).toBe(3)
  })

  it('that do not pass are said, with the number of attempts', async () => {
    const broken = await server((_, response) => response.writeHead(503).end())
    await expect(read(broken.url)).rejects.toMatchObject({
      code: 'Unavailable',
      message: expect.stringMatching(/it answers 503, 3 times/),
    })
    expect(broken.requests).toBe(3)
  })

  it('a long Retry-After is not waited for', async () => {
    const busy = await server((_, response) => response.writeHead(429, { 'retry-after': '3600' }).end())
    await expect(read(busy.url)).rejects.toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('come back in 3600 s'),
    })
    expect(busy.requests).toBe(1)
  })

  it('a body that ends too early is not taken for whole', async () => {
    const liar = await server((request, response) => {
      response.writeHead(200, { 'content-length': '10' })
      response.write('half', () => request.socket.end())
    })
    await expect(read(liar.url)).rejects.toMatchObject({ code: 'Unavailable' })
  })
})

describe('slow servers', () => {
  it('that do not answer are given up', async () => {
    const silent = await server(() => {})
    const settings = { timeouts: { ...TEST_GUARD.timeouts, headers: 50 }, retry: { attempts: 1 } }
    await expect(read(silent.url, settings)).rejects.toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('too long to answer'),
    })
    await silent.closed(0)
  })

  it('that fall silent within a body are given up', async () => {
    const silent = await server((_, response) => {
      response.writeHead(200)
      response.write('half')
    })
    const settings = { timeouts: { ...TEST_GUARD.timeouts, idle: 50 } }
    await expect(read(silent.url, settings)).rejects.toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('too slowly'),
    })
    await silent.closed(0)
    expect(silent.requests).toBe(1)
  })

  it('that drip are given up, though they never pause', async () => {
    const drip = await server((_, response) => {
      const timer = setInterval(() => response.write('.'), 5)
      response.on('close', () => clearInterval(timer))
    })
    const settings = { timeouts: { ...TEST_GUARD.timeouts, grace: 100, minRate: 10_000 } }
    await expect(read(drip.url, settings)).rejects.toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('too slowly'),
    })
    await drip.closed(0)
  })

  it('are not blamed for what this thread was busy with', async () => {
    const body = Buffer.alloc(300_000, 'x')
    const honest = await server((_, response) => {
      response.writeHead(200)
      response.write(body.subarray(0, 10), () => {
        const until = performance.now() + 150
        while (performance.now() < until);
        response.end(body.subarray(10))
      })
    })
    const settings = { timeouts: { ...TEST_GUARD.timeouts, idle: 100 } }
    expect((await read(honest.url, settings)).text.length).toBe(300_000)
  })
})

describe('bodies', () => {
  it('without an end are cut off, and the connection with them', async () => {
    let sent = 0
    const endless = await server((_, response) => {
      const pour = () => {
        sent += 65_536
        if (response.write(Buffer.alloc(65_536))) setImmediate(pour)
        else response.once('drain', pour)
      }
      pour()
    })
    await expect(read(endless.url)).rejects.toThrow('too long')
    await endless.closed(0)
    expect(sent).toBeLessThan(16_000_000)
  })

  it('of what is no HTTP are a failure of the server', async () => {
    const mute = await server(request => request.socket.end('\0\xff\x16\x03'.repeat(100)))
    await expect(read(mute.url)).rejects.toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('does not match the HTTP/1.1 protocol'),
    })
  })

  it('and headers without an end likewise', async () => {
    const large = await server((_, response) => {
      response.writeHead(200, { 'x-large': 'x'.repeat(100_000) }).end()
    })
    await expect(read(large.url)).rejects.toMatchObject({ code: 'Unavailable' })
  })
})

describe('cancelling', () => {
  it('before the read makes no request', async () => {
    const open = await server((_, response) => response.end('here'))
    const signal = AbortSignal.abort()
    await expect(read(open.url, {}, { signal })).rejects.toMatchObject({ code: 'Cancelled' })
    expect(open.connections).toBe(0)
  })

  it.each([
    ['before the answer', () => {}],
    ['within the body', (response: ServerResponse) => void response.writeHead(200).write('half')],
  ])('%s stops the request upstream', async (_, answer) => {
    const slow = await server((_, response) => answer(response))
    const controller = new AbortController()
    const reading = read(slow.url, {}, { signal: controller.signal })
    await slow.requested(0)
    controller.abort()
    await expect(reading).rejects.toMatchObject({ code: 'Cancelled' })
    await slow.closed(0)
    expect(slow.requests).toBe(1)
  })

  it('while it waits to ask again ends the wait', async () => {
    const controller = new AbortController()
    const busy = await server((_, response) => {
      response.writeHead(503, { 'retry-after': '15' }).end(() => controller.abort())
    })
    const retry = { ...TEST_GUARD.retry, maxDelay: 60_000 }
    await expect(read(busy.url, { retry }, { signal: controller.signal })).rejects.toMatchObject({
      code: 'Cancelled',
    })
  })
})

it('connections are few, and used again', async () => {
  const open = await server((_, response) => response.end('here'))
  const fetcher = createFetcher({ ...TEST_GUARD, connectionsPerOrigin: 3 })
  stops.push(() => fetcher.close())
  const request = { url: new URL(open.url) }
  await Promise.all(
    Array.from({ length: 30 }, () =>
      fetcher.fetch(request, response => response.read({ max: 10, excess: () => new Error('too long') })),
    ),
  )
  expect([open.requests, open.connections]).toEqual([30, 3])
})

it('errors show no signature or query', async () => {
  const broken = await server((_, response) => response.writeHead(503).end())
  const error = await read(`${broken.url}/x?sig=secret`).catch(error => error)
  expect(JSON.stringify({ message: error.message, details: error.details })).not.toContain('secret')
})

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location }).end()
}

/** A name server whose answers change; the last one stays. */
function answering(answers: readonly (readonly string[])[]): Lookup & { readonly asked: string[] } {
  const asked: string[] = []
  const lookup: Lookup = (host, _, callback) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)]!
    asked.push(host)
    callback(
      null,
      answer.map((address): LookupAddress => ({ address, family: 4 })),
    )
  }
  return Object.assign(lookup, { asked })
}
