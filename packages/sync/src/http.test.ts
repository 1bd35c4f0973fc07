import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HttpClient, HttpError, isPublicAddress, publicLookup, serviceOrigin } from './http.ts'
import { WebServer } from './testing/web-server.ts'

const local = { allowLoopbackHttp: true }
const guarded = { allowLoopbackHttp: false }

describe('a service', () => {
  it.each([
    ['https://pds.example.org', 'https://pds.example.org'],
    ['https://pds.example.org/', 'https://pds.example.org'],
    ['https://PDS.example.org:8443/xrpc?a=b', 'https://pds.example.org:8443'],
  ])('may be %s', (url, origin) => {
    expect(serviceOrigin(url, guarded)).toBe(origin)
  })

  it.each([
    ['http://pds.example.org', /not https/],
    ['ftp://pds.example.org', /not https/],
    ['https://10.0.0.1', /not a public host name/],
    ['https://[fd00::1]', /not a public host name/],
    ['https://0x7f000001', /on this machine|not a public host name/],
    ['https://2130706433', /on this machine|not a public host name/],
    ['https://intranet', /not a public host name/],
    ['https://user@pds.example.org', /no user names/],
    ['http://localhost:1', /on this machine/],
    ['http://127.0.0.1:1', /on this machine/],
    ['http://[::1]:1', /on this machine/],
    ['pds.example.org', /not a URL/],
  ])('may not be %s', (url, why) => {
    expect(() => serviceOrigin(url, guarded)).toThrow(why)
  })

  it('may be on this machine in a local network, and only by plain http', () => {
    expect(serviceOrigin('http://localhost:2583/x', local)).toBe('http://localhost:2583')
    expect(() => serviceOrigin('ftp://localhost:2583', local)).toThrow()
    expect(() => serviceOrigin('http://pds.example.org', local)).toThrow(/not https/)
  })
})

describe('an address', () => {
  it.each(['8.8.8.8', '1.1.1.1', '223.255.255.255', '2606:4700::1111', '2a00:1450:4001::1'])(
    '%s is public',
    address => {
      expect(isPublicAddress(address)).toBe(true)
    },
  )

  it.each([
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '169.254.169.254', '172.16.0.1', '172.31.255.255'],
    ...[
      '192.0.0.1',
      '192.0.2.1',
      '192.168.1.1',
      '198.18.0.1',
      '198.51.100.1',
      '203.0.113.1',
      '224.0.0.1',
      '255.255.255.255',
    ],
    ...[
      '::',
      '::1',
      '::ffff:10.0.0.1',
      '64:ff9b::a00:1',
      'fc00::1',
      'fe80::1',
      'ff02::1',
      '2001:db8::1',
      '2002:a00:1::',
      '2001::1',
    ],
    'pds.example.org',
  ])('%s is not', address => {
    expect(isPublicAddress(address)).toBe(false)
  })

  it('of a name that leads inward is not given', async () => {
    const { promise, resolve } = Promise.withResolvers<Error | null>()
    publicLookup('localhost', {}, error => resolve(error))
    expect((await promise)?.message).toMatch(/no public address/)
  })
})

describe('asking a host', () => {
  const http = new HttpClient(local, 'sync-test')
  let server: WebServer
  let held: ServerResponse[]
  beforeEach(async () => {
    held = []
    server = await WebServer.start(() => ({ json: { ok: true } }))
  })
  afterEach(() => server[Symbol.asyncDispose]())

  it('gives its JSON, and says who asks', async () => {
    let agent: string | undefined
    server.answer = (_, request) => {
      agent = request.headers['user-agent']
      return { json: { ok: 1 } }
    }
    expect(await http.json(`${server.origin}/a?b=c`)).toEqual({ ok: 1 })
    expect([server.asked, agent]).toEqual([['/a?b=c'], 'sync-test'])
  })

  it('says the name of an XRPC error', async () => {
    server.answer = () => ({ status: 400, json: { error: 'RepoNotFound', message: 'no' } })
    const wrong = { status: 400, error: 'RepoNotFound' }
    await expect(http.json(server.origin)).rejects.toMatchObject(wrong)
    await expect(http.stream(server.origin)).rejects.toMatchObject(wrong)
    server.answer = () => ({ status: 502, text: '<html>' })
    await expect(http.json(server.origin)).rejects.toMatchObject({ status: 502, error: undefined })
    server.answer = () => ({ text: 'not JSON' })
    await expect(http.json(server.origin)).rejects.toThrow(/is not JSON/)
  })

  it('takes bodies up to a size and no larger', async () => {
    server.answer = () => ({ text: 'x'.repeat(1000) })
    expect((await http.get(server.origin, { maxBytes: 1000 })).body).toHaveLength(1000)
    await expect(http.get(server.origin, { maxBytes: 999 })).rejects.toThrow(/larger than 999 bytes/)
  })

  it('of an error without end reads the beginning', async () => {
    server.answer = () => response => {
      response.writeHead(500)
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(10_000))) {}
      }
      response.on('drain', more)
      more()
    }
    await expect(http.stream(server.origin)).rejects.toMatchObject({ status: 500 })
  })

  it('follows as many redirects as it is told to, and none inward', async () => {
    server.answer = ({ pathname }) =>
      pathname === '/end'
        ? { json: 'here' }
        : { status: 302, headers: { location: pathname === '/two' ? '/end' : '/two' } }
    await expect(http.json(`${server.origin}/one`)).rejects.toThrow(/redirects, which is not followed/)
    await expect(http.json(`${server.origin}/one`, { redirects: 1 })).rejects.toThrow(/redirects/)
    expect(await http.json(`${server.origin}/one`, { redirects: 2 })).toBe('here')
    server.answer = () => ({ status: 302, headers: { location: 'http://10.0.0.1/' } })
    await expect(http.json(server.origin, { redirects: 2 })).rejects.toThrow(/not https|not a public/)
    server.answer = () => ({ status: 302, headers: { location: 'http://[' } })
    await expect(http.json(server.origin, { redirects: 2 })).rejects.toThrow(/no URL/)
  })

  it('does not wait for ever: neither for an answer, nor for the rest of one', async () => {
    server.answer = () => response => void held.push(response)
    await expect(http.get(server.origin, { total: 20 })).rejects.toThrow(/no answer within 20 ms/)
    await expect(http.get(server.origin, { idle: 20 })).rejects.toThrow(/fell silent/)
    server.answer = () => response => {
      response.writeHead(200)
      response.write('begun')
    }
    await expect(http.get(server.origin, { total: 20 })).rejects.toThrow(HttpError)
    const stream = await http.stream(server.origin, { idle: 500 })
    await expect(once(stream, 'end')).rejects.toThrow()
  })

  it('regression: waits no longer for who begins a byte at a time, or fails so', async () => {
    const slowly = (response: ServerResponse, text: () => void) => {
      const timer = setInterval(text, 5)
      response.on('close', () => clearInterval(timer))
    }
    server.answer = () => response => {
      response.socket!.write('HTTP/1.1 200 OK\r\nx: ')
      slowly(response, () => response.socket?.write('x'))
    }
    const late = { begin: 50, idle: 10_000 }
    await expect(http.stream(server.origin, late)).rejects.toThrow(/no answer within 50 ms/)
    server.answer = () => response => {
      response.writeHead(500)
      slowly(response, () => response.write('x'))
    }
    await expect(http.stream(server.origin, late)).rejects.toMatchObject({ status: 0 })
    // Who has begun is late no more.
    server.answer = () => response => {
      response.write('begun')
      setTimeout(() => response.end(), 400)
    }
    const begun = await http.stream(server.origin, { begin: 300 })
    let text = ''
    for await (const part of begun) text += part
    expect(text).toBe('begun')
  })

  it('ends with the consumer', async () => {
    const ending = new AbortController()
    const begun = Promise.withResolvers<void>()
    server.answer = () => () => begun.resolve()
    const asking = http.get(server.origin, { signal: ending.signal })
    await begun.promise
    ending.abort()
    await expect(asking).rejects.toMatchObject({ status: 0 })
  })

  it('asks no host that it may not', async () => {
    const outside = new HttpClient(guarded)
    await expect(outside.json(server.origin)).rejects.toThrow(/on this machine/)
    expect(server.asked).toEqual([])
  })

  it('says that nobody answers', async () => {
    const { origin } = server
    await server[Symbol.asyncDispose]()
    await expect(http.json(origin)).rejects.toMatchObject({ status: 0 })
  })
})
