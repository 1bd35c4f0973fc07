import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { serve, TEST_GUARD } from '../guard/testing.ts'
import { type LocationOptions, openObjects } from '../location.ts'

const content = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251))
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(stops.splice(0).map(stop => stop()))
})

async function open(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  options: LocationOptions = {},
) {
  const server = await serve(handler)
  stops.push(() => server.stop())
  return { server, objects: openObjects(server.url, { guard: TEST_GUARD, ...options }) }
}

type Headers = Record<string, string | number>

function answer(status: number, headers: Headers, body: Uint8Array | string = '') {
  return (_: IncomingMessage, response: ServerResponse) => void response.writeHead(status, headers).end(body)
}

/** Answers ranges as they should be, with further headers. */
function honest(headers: (request: number) => Headers = () => ({})) {
  let requests = 0
  return (request: IncomingMessage, response: ServerResponse) => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')!.map(Number)
    const range = { 'content-range': `bytes ${from}-${to}/1000` }
    response.writeHead(206, { ...range, ...headers(requests++) }).end(content.subarray(from, to! + 1))
  }
}

describe('servers that lie about ranges', () => {
  it.each([
    ['another start', { 'content-range': 'bytes 0-9/1000' }, 10],
    ['another end', { 'content-range': 'bytes 10-29/1000' }, 20],
    ['a shorter range within the object', { 'content-range': 'bytes 10-14/1000' }, 5],
    ['a size that contradicts it', { 'content-range': 'bytes 10-19/15' }, 10],
    ['no Content-Range', {}, 10],
    ['several parts', { 'content-type': 'multipart/byteranges; boundary=x' }, 10],
    ['another unit', { 'content-range': 'items 10-19/1000' }, 10],
    ['more than it says', { 'content-range': 'bytes 10-19/1000', 'transfer-encoding': 'chunked' }, 11],
    ['less than it says', { 'content-range': 'bytes 10-19/1000', 'transfer-encoding': 'chunked' }, 9],
    ['another Content-Length', { 'content-range': 'bytes 10-19/1000', 'content-length': 12 }, 12],
    ['compressed bytes', { 'content-range': 'bytes 10-19/1000', 'content-encoding': 'gzip' }, 10],
  ] as [string, Headers, number][])('by %s are not believed', async (_, headers, length) => {
    const { objects, server } = await open(answer(206, headers, content.subarray(10, 10 + length)))
    await expect(objects.getRange('x', 10, 20)).rejects.toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('does not keep to byte ranges'),
    })
    expect(server.requests).toBe(1)
  })

  it('by refusing what is there are not believed', async () => {
    const { objects } = await open(answer(416, { 'content-range': 'bytes */1000' }))
    await expect(objects.getRange('x', 10, 20)).rejects.toMatchObject({ code: 'Unavailable' })
    await expect(objects.getRange('x', -20)).rejects.toMatchObject({ code: 'Unavailable' })
  })

  it('by another end of the object are not believed', async () => {
    const { objects } = await open(
      answer(206, { 'content-range': 'bytes 980-989/1000' }, content.subarray(0, 10)),
    )
    await expect(objects.getRange('x', -10)).rejects.toMatchObject({ code: 'Unavailable' })
  })

  it('but may cut a range at the end, and not know the size', async () => {
    const cut = await open(answer(206, { 'content-range': 'bytes 995-999/1000' }, content.subarray(995)))
    expect(await cut.objects.getRange('x', 995, 1005)).toMatchObject({ size: 1000 })
    const unsaid = await open(answer(206, { 'content-range': 'bytes 995-999/*' }, content.subarray(995)))
    const range = await unsaid.objects.getRange('x', 995, 1005)
    expect([range!.bytes.length, range!.size]).toEqual([5, undefined])
  })
})

describe('servers without ranges', () => {
  it('send a small object once, whose ranges then come from memory', async () => {
    const { objects, server } = await open(answer(200, { etag: '"a"' }, content))
    expect(Buffer.from((await objects.getRange('x', 10, 20))!.bytes)).toEqual(content.subarray(10, 20))
    expect(await objects.getRange('x', -5)).toEqual({ bytes: content.subarray(995), size: 1000, etag: '"a"' })
    expect((await objects.getRange('x', 990, 2000))!.bytes).toHaveLength(10)
    expect(await objects.get('x')).toHaveLength(1000)
    expect(server.requests).toBe(1)
  })

  it('are refused for a large one, and its body does not travel', async () => {
    const { objects, server } = await open(
      (_, response) => void response.writeHead(200, { 'content-length': 50_000_000 }).write(content),
    )
    await expect(objects.getRange('x', 0, 10)).rejects.toMatchObject({
      code: 'Unavailable',
      message: expect.stringMatching(/byte ranges.*50000000 bytes/),
    })
    await server.closed(0)
  })

  it('are cut off where they do not say that it is large', async () => {
    const { objects, server } = await open(
      (_, response) => {
        const pour = () => {
          if (response.write(content)) setImmediate(pour)
          else response.once('drain', pour)
        }
        pour()
      },
      { maxRangeless: 20_000 },
    )
    await expect(objects.getRange('x', 0, 10)).rejects.toMatchObject({ code: 'Unavailable' })
    await server.closed(0)
  })

  it('but with other ranges give the end of an object by its size', async () => {
    const suffixless = honest()
    const { objects, server } = await open(
      (request, response) => {
        if (!/^bytes=\d/.test(request.headers.range!))
          response.writeHead(200, { 'content-length': 1000 }).write(content.subarray(0, 10))
        else suffixless(request, response)
      },
      { maxRangeless: 100 },
    )
    expect(Buffer.from((await objects.getRange('x', -5))!.bytes)).toEqual(content.subarray(995))
    expect(server.requests).toBe(2)
  })
})

describe('an object that changes while it is read', () => {
  it.each([
    ['ETag', (n: number) => ({ etag: n === 0 ? '"a"' : '"b"' })],
    ['weak ETag', (n: number) => ({ etag: n === 0 ? 'W/"a"' : 'W/"b"' })],
    ['date', (n: number) => ({ 'last-modified': new Date(n * 1000).toUTCString() })],
    ['size', (n: number) => ({ 'content-range': `bytes ${n * 10}-${n * 10 + 9}/${1000 + n}` })],
  ])('is noticed by its %s', async (_, headers) => {
    const { objects } = await open(honest(headers))
    await objects.getRange('x', 0, 10)
    await expect(objects.getRange('x', 10, 20)).rejects.toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('changed while it was read: open it again'),
    })
    await objects.getRange('y', 0, 10).catch(error => expect(error.details.changed).toBeUndefined())
  })

  it('is asked for in its first state, where the server knows how', async () => {
    const conditions: (string | undefined)[] = []
    const { objects } = await open((request, response) => {
      conditions.push(request.headers['if-match'])
      if (conditions.length > 2) response.writeHead(412).end()
      else honest(() => ({ etag: '"a"' }))(request, response)
    })
    await objects.getRange('x', 0, 10)
    await objects.getRange('x', 10, 20)
    await expect(objects.getRange('x', 20, 30)).rejects.toMatchObject({ details: { changed: true } })
    expect(conditions).toEqual([undefined, '"a"', '"a"'])
  })
})

describe('statuses', () => {
  it.each([404, 410])('%i: there is no object', async status => {
    const { objects } = await open(answer(status, {}))
    expect(await objects.get('x')).toBeUndefined()
    expect(await objects.getRange('x', 0, 10)).toBeUndefined()
  })

  it.each([401, 403])('%i: forbidden', async status => {
    const { objects } = await open(answer(status, {}, '<html>no</html>'))
    await expect(objects.get('x')).rejects.toMatchObject({ code: 'Forbidden' })
  })

  it('403 of S3 may mean that there is no object, and is counted', async () => {
    const { objects } = await open(answer(403, {}, '<Error><Code>AccessDenied</Code></Error>'))
    expect(await objects.get('x')).toBeUndefined()
    expect(await objects.getRange('', 0, 10)).toBeUndefined()
    expect(objects.refusals!()).toBe(2)
  })

  it('403 of S3 for wrong credentials is forbidden', async () => {
    const { objects } = await open(answer(403, {}, '<Error><Code>InvalidAccessKeyId</Code></Error>'))
    await expect(objects.get('x')).rejects.toMatchObject({
      code: 'Forbidden',
      message: expect.stringContaining('InvalidAccessKeyId'),
    })
  })

  it.each([304, 400, 418])('%i: unavailable', async status => {
    const { objects } = await open(answer(status, {}))
    await expect(objects.get('x')).rejects.toMatchObject({ code: 'Unavailable' })
  })
})

describe('whole objects', () => {
  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const)('come without their Content-Encoding %s', async (encoding, compress) => {
    const { objects } = await open(answer(200, { 'content-encoding': encoding }, compress(content)))
    expect(Buffer.from((await objects.get('x'))!)).toEqual(content)
  })

  it('are not let grow without bound by it', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000))
    const { objects } = await open(answer(200, { 'content-encoding': 'gzip' }, bomb), { maxBytes: 100_000 })
    await expect(objects.get('x')).rejects.toMatchObject({ code: 'OverBudget' })
  })

  it('with the encoding by which they came into S3 are plain', async () => {
    const { objects } = await open(answer(200, { 'content-encoding': 'aws-chunked' }, content))
    expect(await objects.get('x')).toHaveLength(1000)
  })

  it('of too many bytes are not read', async () => {
    const { objects, server } = await open(
      (_, response) => void response.writeHead(200, { 'content-length': 5000 }).write(content),
      { maxBytes: 4000 },
    )
    await expect(objects.get('x')).rejects.toMatchObject({ code: 'OverBudget' })
    await server.closed(0)
  })
})

describe('locations with a query', () => {
  it('keep it below, and hide it in names and errors', async () => {
    const urls: (string | undefined)[] = []
    const server = await serve((request, response) => {
      urls.push(request.url)
      response.writeHead(403).end()
    })
    stops.push(() => server.stop())
    const objects = openObjects(`${server.url}/a.zarr?token=secret`, { guard: TEST_GUARD })
    expect(objects.name).not.toContain('secret')
    const error: Error = await objects.get('c/0').catch(error => error)
    expect(error.message).toContain('/a.zarr/c/0')
    expect(error.message).not.toContain('secret')
    expect(urls).toEqual(['/a.zarr/c/0?token=secret'])
  })
})

describe('redirects to signed URLs', () => {
  it('are remembered for the next range, and asked for again when they end', async () => {
    let signed = 0
    const urls: string[] = []
    const ranges = honest()
    const { objects } = await open((request, response) => {
      urls.push(request.url!)
      if (request.url === '/x') response.writeHead(302, { location: `/signed?${++signed}` }).end()
      else if (request.url === '/signed?1' && urls.length > 3) response.writeHead(403).end()
      else ranges(request, response)
    })
    await objects.getRange('x', 0, 10)
    await objects.getRange('x', 10, 20)
    expect((await objects.getRange('x', 20, 30))!.bytes).toHaveLength(10)
    expect(urls).toEqual(['/x', '/signed?1', '/signed?1', '/signed?1', '/x', '/signed?2'])
  })
})
