import type { RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { serve, type TestServer } from '@frost/reader/guard/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type PeakMemory, watchPeakMemory } from './peak-memory.ts'
import { type Serving, serving } from './serving.ts'
import { csvTable, type Store, startStore } from './store.ts'

vi.setConfig({ testTimeout: 120_000 })

const MEGABYTE = 1_000_000
const TEXT = csvTable(2_000)

let store: Store
let it: Serving
/** Answers as the test says that runs, by the first part of the path. */
let evil: TestServer
const answers = new Map<string, RequestListener>()
/** Stands for a service of a private network: nothing may connect to it. */
let secret: TestServer
/** Of this machine, and not among what may be read. */
let other: TestServer
let memory: PeakMemory
let good: string

beforeAll(async () => {
  store = await startStore()
  good = await store.put('good.csv', csvTable(2))
  secret = await serve((_, response) => response.end('id\nsecret\n'), '127.0.0.2')
  other = await serve((_, response) => response.end('id\nother\n'))
  evil = await serve((request, response) => {
    answers.get(request.url!.split('/')[1]!)!(request, response)
  })
  it = await serving({
    loopbackPorts: [evil.port, secret.port, store.port],
    refuse: ['127.0.0.2/32'],
    jobSeconds: 5,
  })
  memory = watchPeakMemory()
})
afterAll(async () => {
  await memory?.[Symbol.asyncDispose]()
  await it?.[Symbol.asyncDispose]()
  await evil?.stop()
  await other?.stop()
  await secret?.stop()
  await store?.[Symbol.asyncDispose]()
})

/** The URL of an object that the hostile server answers for so. */
function servedBy(handler: RequestListener, name = 'data.csv'): string {
  const folder = `case-${answers.size}`
  answers.set(folder, handler)
  return `${evil.url}/${folder}/${name}`
}

/** What a description is answered with, while others are served and memory stays bounded. */
async function described(url: string) {
  const asked = it.ask('/describe', { url })
  expect((await it.ask('/describe', { url: good })).status).toBe(200)
  const answer = await asked
  expect(await memory.read()).toBeLessThan(512 * MEGABYTE)
  return answer
}

describe('redirects', () => {
  test('in a circle end', async () => {
    const { status, json } = await described(
      servedBy((request, response) => redirect(response, request.url!)),
    )
    expect([status, json.error, json.message]).toEqual([
      502,
      'Unavailable',
      expect.stringContaining('redirects more than 5 times'),
    ])
  })

  test.each([
    ['a private address', () => secret.url],
    ['its number', () => `http://2130706434:${secret.port}/`],
    ['an address mapped into IPv6', () => `http://[::ffff:127.0.0.2]:${secret.port}/`],
    ['a port of this machine that was not allowed', () => other.url],
    ['the metadata of a cloud', () => 'http://169.254.169.254/latest/meta-data/'],
    ['a file', () => 'file:///etc/hostname'],
  ])('to %s are refused, and nothing is asked there', async (_, target) => {
    const { status, json } = await described(servedBy((_, response) => redirect(response, target())))
    expect([status, json.error]).toEqual([403, 'Forbidden'])
    expect([secret.connections, other.connections]).toEqual([0, 0])
  })
})

describe('references in data', () => {
  test.each([
    ['a private address', () => `${secret.url}/chunk`],
    ['a file', () => 'file:///etc/hostname'],
    ['a file by its path', () => '/etc/hostname'],
    ['another port of this machine', () => other.url],
  ])('to %s are refused, and nothing is asked there', async (_, target) => {
    const references = {
      version: 1,
      refs: {
        '.zgroup': '{"zarr_format":2}',
        'a/.zarray': JSON.stringify({
          zarr_format: 2,
          shape: [4],
          chunks: [4],
          dtype: '|u1',
          compressor: null,
          fill_value: 0,
          order: 'C',
          filters: null,
        }),
        'a/0': [target(), 0, 4],
      },
    }
    const url = servedBy((_, response) => response.end(JSON.stringify(references)), 'references.json')
    expect((await it.ask('/describe', { url })).status).toBe(200)
    const shown = await it.ask('/preview.json', { url, var: 'a' })
    expect([shown.status, shown.json.error]).toEqual([403, 'Forbidden'])
    expect((await it.ask('/export', { url, var: 'a', to: 'csv' })).json.error).toBe('Forbidden')
    expect(secret.connections).toBe(0)
  })
})

test('names that lead into a private network are refused, whatever else they lead to', async () => {
  const resolver = fileURLToPath(
    new URL('../../apps/gateway/src/worker/resolver.fixture.ts', import.meta.url),
  )
  await using own = await serving({ loopbackPorts: [secret.port] }, resolver)
  for (const [host, words] of [
    ['inside.example', '(10.0.0.5)'],
    ['here.example', '(127.0.0.2)'],
    ['both.example', '(127.0.0.2)'],
    ['metadata.example', '(169.254.169.254)'],
    // Asked a second time it leads elsewhere; it is asked once.
    ['turns.example', '(10.0.0.5)'],
  ] as const) {
    const { status, json } = await own.ask('/describe', { url: `http://${host}:${secret.port}/data.csv` })
    expect([host, status, json.error]).toEqual([host, 403, 'Forbidden'])
    expect(json.message).toContain(words)
  }
  expect(secret.connections).toBe(0)
})

describe('servers that lie about ranges', () => {
  const lies: Readonly<Record<string, RequestListener>> = {
    'another range than was asked for': (_, response) => {
      response.writeHead(206, { 'Content-Range': `bytes 5-14/${TEXT.length}` }).end(TEXT.slice(5, 15))
    },
    'no range at all': (_, response) => {
      response.writeHead(206).end(TEXT.slice(0, 10))
    },
    'a range that contradicts itself': (_, response) => {
      response.writeHead(206, { 'Content-Range': 'bytes 0-9/5' }).end(TEXT.slice(0, 10))
    },
    'fewer bytes than it says': (_, response) => {
      response.writeHead(206, { 'Content-Range': `bytes 0-9999/${TEXT.length}` }).end(TEXT.slice(0, 10))
    },
  }
  test.each(Object.entries(lies))('%s: nothing is believed', async (_, handler) => {
    const { status, json } = await described(servedBy(handler))
    expect([status, json.error]).toEqual([502, 'Unavailable'])
  })

  test('a whole answer in place of a range is taken where it is small, and cut where it has no end', async () => {
    const small = await described(servedBy((_, response) => response.end(TEXT)))
    expect([small.status, small.json.format]).toEqual([200, 'csv'])
    let sent = 0
    const endless = await described(
      servedBy((_, response) => {
        pour(response, Buffer.alloc(65_536, 'a,b\n'), bytes => {
          sent += bytes
        })
      }),
    )
    expect(endless.status).toBeGreaterThanOrEqual(400)
    expect(['OverBudget', 'Unavailable']).toContain(endless.json.error)
    expect(sent).toBeLessThan(400 * MEGABYTE)
  })
})

describe('servers without haste or end', () => {
  test.each([
    ['say nothing', () => {}],
    [
      'drip',
      (_, response) => {
        response.writeHead(200, { 'Content-Length': String(TEXT.length) })
        const timer = setInterval(() => response.write('a'), 20)
        response.on('close', () => clearInterval(timer))
      },
    ],
    [
      'stop in the middle',
      (_, response) => {
        response.writeHead(200, { 'Content-Length': String(TEXT.length) }).write('a,b\n')
      },
    ],
  ] as readonly (readonly [string, RequestListener])[])('that %s are left in time', async (_, handler) => {
    const { status, json } = await described(servedBy(handler))
    expect([status, json.error]).toEqual([504, 'Unavailable'])
    expect(json.message).toContain('longer than the 5 s')
  })

  test('a compressed answer without end is cut', async () => {
    // Not on the thread of the gateway, whose time limits go on meanwhile.
    const bomb = await promisify(gzip)(Buffer.alloc(300 * MEGABYTE))
    const { status, json } = await described(
      servedBy((_, response) => {
        response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bomb)
      }),
    )
    // By the limit of bytes, or by that of time on a machine that is slow: whichever comes first.
    expect([
      [413, 'OverBudget'],
      [504, 'Unavailable'],
    ]).toContainEqual([status, json.error])
  })

  test.each([
    ['headers without end', (socket: Socket) => pourInto(socket, 'HTTP/1.1 200 OK\r\n', 'X-More: yes\r\n')],
    ['a status line without end', (socket: Socket) => pourInto(socket, 'HTTP/1.1 200 ', 'OK ')],
    ['what is no HTTP', (socket: Socket) => pourInto(socket, '', '\0\xff\x16\x03')],
    ['nothing, and hang up', (socket: Socket) => void socket.destroy()],
  ])('that answer %s are left', async (_, answer) => {
    // Below HTTP: in place of what Node would write.
    const { status, json } = await described(servedBy(request => answer(request.socket)))
    expect(json.error).toBe('Unavailable')
    expect([502, 504]).toContain(status)
  })
})

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { Location: location }).end()
}

/** Writes the same bytes as fast as they are taken, until nobody takes them. */
function pour(response: ServerResponse, bytes: Buffer, sent: (bytes: number) => void): void {
  const more = () => {
    if (response.destroyed) return
    sent(bytes.length)
    if (response.write(bytes)) setImmediate(more)
    else response.once('drain', more)
  }
  more()
}

function pourInto(socket: Socket, start: string, rest: string): void {
  socket.write(start, 'latin1')
  const bytes = Buffer.from(rest.repeat(5_000), 'latin1')
  const more = () => {
    if (socket.destroyed) return
    if (socket.write(bytes)) setImmediate(more)
    else socket.once('drain', more)
  }
  more()
}
