import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requestedRange } from './conditions.ts'
import { type ObjectStore, startObjectStore } from './server.ts'

const content = randomBytes(1_000)
const MODIFIED = new Date('2026-01-02T03:04:05.678Z')

let root: string
let store: ObjectStore
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'frost-store-'))
  const folder = join(root, 'public')
  mkdirSync(join(folder, 'cube.zarr', 'temp', 'c'), { recursive: true })
  mkdirSync(join(root, 'mounted'))
  writeFileSync(join(folder, 'data.bin'), content)
  utimesSync(join(folder, 'data.bin'), MODIFIED, MODIFIED)
  writeFileSync(join(folder, 'empty.csv'), '')
  writeFileSync(join(folder, 'with space & ü.csv'), 'a,b\n')
  for (const name of ['.zmetadata', 'temp/.zarray', 'temp/0.0', 'temp/c/1', 'temp.txt']) {
    writeFileSync(join(folder, 'cube.zarr', name), name)
  }
  writeFileSync(join(root, 'secret.txt'), 'secret')
  writeFileSync(join(root, 'mounted', 'm.parquet'), 'PAR1')
  symlinkSync(join(root, 'secret.txt'), join(folder, 'leak.txt'))
  symlinkSync(join(folder, 'data.bin'), join(folder, 'inside.bin'))
  store = await startObjectStore({ folder, mounts: { extra: join(root, 'mounted') } })
})
afterAll(async () => {
  await store.stop()
  rmSync(root, { recursive: true })
})

function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
  return fetch(store.url + path, { method, headers })
}

describe('objects', () => {
  it('are served whole, with type, length, strong ETag and date, to every origin', async () => {
    const response = await get('/data.bin', { origin: 'https://elsewhere.example' })
    expect(response.status).toBe(200)
    expect(Buffer.from(await response.arrayBuffer())).toEqual(content)
    const headers = Object.fromEntries(response.headers)
    expect(headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '1000',
      'accept-ranges': 'bytes',
      etag: `"${createHash('md5').update(content).digest('hex')}"`,
      'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT',
      'access-control-allow-origin': '*',
    })
    expect(headers['access-control-expose-headers']).toContain('content-range')
    expect(headers['access-control-expose-headers']).toContain('etag')
  })

  it.each([
    ['/empty.csv', 'text/csv; charset=utf-8'],
    ['/cube.zarr/.zmetadata', 'application/json'],
    ['/extra/m.parquet', 'application/vnd.apache.parquet'],
    ['/with%20space%20%26%20%C3%BC.csv', 'text/csv; charset=utf-8'],
    ['/inside.bin', 'application/octet-stream'],
  ])('%s is %s', async (path, type) => {
    const response = await get(path)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, type])
    await response.arrayBuffer()
  })

  it('answer HEAD and preflight requests', async () => {
    const head = await get('/data.bin', {}, 'HEAD')
    expect(head.headers.get('content-length')).toBe('1000')
    expect(await head.text()).toBe('')
    const preflight = await get('/data.bin', { 'access-control-request-method': 'GET' }, 'OPTIONS')
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')).toContain('range')
  })

  it('cannot be written', async () => {
    for (const method of ['PUT', 'POST', 'DELETE'])
      expect((await get('/data.bin', {}, method)).status).toBe(405)
  })

  it('give their URLs', async () => {
    expect(await (await fetch(store.urlOf('with space & ü.csv'))).text()).toBe('a,b\n')
  })
})

describe('ranges', () => {
  it.each([
    ['bytes=0-0', 0, 1],
    ['bytes=10-19', 10, 20],
    ['bytes=990-', 990, 1000],
    ['bytes=990-5000', 990, 1000],
    ['bytes=-3', 997, 1000],
    ['bytes=-5000', 0, 1000],
  ])('%s', async (range, start, end) => {
    const response = await get('/data.bin', { range })
    expect(response.status).toBe(206)
    expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/1000`)
    expect(response.headers.get('content-length')).toBe(String(end - start))
    expect(Buffer.from(await response.arrayBuffer())).toEqual(content.subarray(start, end))
  })

  it.each(['bytes=1000-', 'bytes=5000-6000', 'bytes=-0'])('%s cannot be satisfied', async range => {
    const response = await get('/data.bin', { range })
    expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */1000'])
  })

  it.each(['bytes=0-1,5-6', 'items=0-1', 'bytes=5-2', 'bytes=a-b', 'bytes=-'])(
    '%s is passed over',
    async range => {
      const response = await get('/data.bin', { range })
      expect(response.status).toBe(200)
      expect((await response.arrayBuffer()).byteLength).toBe(1000)
    },
  )

  it('of any bounds stay within the file', () => {
    const number = fc.option(fc.nat({ max: 200 }), { nil: undefined })
    fc.assert(
      fc.property(fc.nat({ max: 100 }), number, number, (size, first, last) => {
        const range = `bytes=${first ?? ''}-${last ?? ''}`
        const found = requestedRange({ range }, size, { etag: '"x"', modified: 0 })
        if (found === undefined || found === 'unsatisfiable') return true
        return found.start >= 0 && found.start <= found.end && found.end < size
      }),
    )
  })
})

describe('conditions', () => {
  it.each([
    [{ 'if-none-match': 'ETAG' }, 304],
    [{ 'if-none-match': 'W/ETAG' }, 304],
    [{ 'if-none-match': '"other", ETAG' }, 304],
    [{ 'if-none-match': '"other"' }, 200],
    [{ 'if-match': 'ETAG' }, 200],
    [{ 'if-match': '"other"' }, 412],
    [{ 'if-modified-since': 'Fri, 02 Jan 2026 03:04:05 GMT' }, 304],
    [{ 'if-modified-since': 'Fri, 02 Jan 2026 03:04:04 GMT' }, 200],
    [{ 'if-unmodified-since': 'Fri, 02 Jan 2026 03:04:04 GMT' }, 412],
    [{ 'if-unmodified-since': 'Fri, 02 Jan 2026 03:04:05 GMT' }, 200],
    [{ range: 'bytes=0-1', 'if-range': 'ETAG' }, 206],
    [{ range: 'bytes=0-1', 'if-range': '"other"' }, 200],
    [{ range: 'bytes=0-1', 'if-range': 'Fri, 02 Jan 2026 03:04:05 GMT' }, 206],
    [{ range: 'bytes=0-1', 'if-match': '"other"' }, 412],
  ] as [Record<string, string>, number][])('%j: %i', async (headers, status) => {
    const etag = (await get('/data.bin', {}, 'HEAD')).headers.get('etag')!
    const actual = Object.entries(headers).map(([name, value]) => [name, value.replace('ETAG', etag)])
    const response = await get('/data.bin', Object.fromEntries(actual))
    expect(response.status).toBe(status)
    await response.arrayBuffer()
  })
})

describe('what lies outside of the folder', () => {
  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/cube.zarr/../../secret.txt',
    '/cube.zarr/..%2f..%2fsecret.txt',
    '/..%5csecret.txt',
    '/leak.txt',
    '//etc/passwd',
    '/extra/../../secret.txt',
    '/data.bin%00.txt',
    '/data.bin/',
    '/%ff',
  ])('%s is not found', async path => {
    const answer = await raw(`GET ${path} HTTP/1.1\r\nhost: store\r\nconnection: close\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1.1 404 /)
    expect(answer).not.toContain('secret\n')
  })

  it('is not listed', async () => {
    expect(await keys('/?list-type=2')).not.toContain('leak.txt')
  })
})

describe('listings', () => {
  it('give all keys in the order of their bytes', async () => {
    expect(await keys('/?list-type=2')).toEqual([
      'cube.zarr/.zmetadata',
      'cube.zarr/temp.txt',
      'cube.zarr/temp/.zarray',
      'cube.zarr/temp/0.0',
      'cube.zarr/temp/c/1',
      'data.bin',
      'empty.csv',
      'extra/m.parquet',
      'inside.bin',
      'with space &amp; ü.csv',
    ])
  })

  it('see a folder as a bucket, with prefix and delimiter', async () => {
    expect(await keys('/cube.zarr?list-type=2&prefix=temp/&delimiter=/')).toEqual([
      'temp/.zarray',
      'temp/0.0',
    ])
    const xml = await (await get('/cube.zarr?list-type=2&prefix=temp/&delimiter=/')).text()
    expect(xml).toContain('<CommonPrefixes><Prefix>temp/c/</Prefix></CommonPrefixes>')
    expect(await keys('/cube.zarr?list-type=2&prefix=tem')).toHaveLength(4)
    expect(await keys('/?list-type=2&prefix=nothing')).toEqual([])
    expect((await get('/cube.zarr/temp')).status).toBe(404)
  })

  it.each([1, 2, 3, 7])('come in pages of %i without loss', async size => {
    const whole = await keys('/?list-type=2')
    const seen: string[] = []
    let token: string | undefined
    do {
      const query = `/?list-type=2&max-keys=${size}${token ? `&continuation-token=${token}` : ''}`
      const xml = await (await get(query)).text()
      seen.push(...keysOf(xml))
      token = /<NextContinuationToken>([^<]+)</.exec(xml)?.[1]
      expect(xml).toContain(`<IsTruncated>${token !== undefined}<`)
    } while (token)
    expect(seen).toEqual(whole)
  })

  it('refuse other delimiters and sizes', async () => {
    expect((await get('/?list-type=2&delimiter=x')).status).toBe(400)
    expect((await get('/?list-type=2&max-keys=many')).status).toBe(400)
  })
})

async function keys(path: string): Promise<string[]> {
  return keysOf(await (await get(path)).text())
}

function keysOf(xml: string): string[] {
  return [...xml.matchAll(/<Key>([^<]+)<\/Key>/g)].map(match => match[1]!)
}

/** Sends bytes as they are: a client library would tidy the path first. */
function raw(request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(store.port, '127.0.0.1', () => socket.write(request))
    let text = ''
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
    })
    socket.on('end', () => resolve(text))
    socket.on('error', reject)
  })
}
