import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { createFetcher, type Fetcher } from '../../guard/fetcher.ts'
import { serve, TEST_GUARD } from '../../guard/testing.ts'
import { openObjects } from '../../location.ts'
import { signRequest } from './sigv4.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(stops.splice(0).map(stop => stop()))
})

/** Stands for the hosts of the clouds: requests to them go to one server of this machine, which sees what they were. */
async function cloud(handler: (url: URL, request: IncomingMessage, response: ServerResponse) => void) {
  const asked: string[] = []
  const server = await serve((request, response) => {
    const url = new URL(request.headers['x-test-url'] as string)
    asked.push(url.href)
    handler(url, request, response)
  })
  const guarded = createFetcher(TEST_GUARD)
  stops.push(
    () => server.stop(),
    () => guarded.close(),
  )
  const fetcher: Fetcher = {
    ...guarded,
    fetch(request, use) {
      const { authorise, headers, url } = request
      if (url.hostname === '127.0.0.1') return guarded.fetch(request, use)
      return guarded.fetch(
        {
          ...request,
          url: new URL(url.pathname + url.search, server.url),
          headers: { ...headers, 'x-test-url': url.href },
          authorise: authorise && ((_, method, headers) => authorise(url, method, headers)),
        },
        response => use(response.url.origin === server.url ? { ...response, url } : response),
      )
    },
  }
  return { fetcher, asked }
}

const xml = (code: string, more = '') => `<?xml version="1.0"?><Error><Code>${code}</Code>${more}</Error>`
const env = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' }

describe('S3', () => {
  it.each([
    ['s3://bkt/a b/ü', {}, 'https://bkt.s3.amazonaws.com/a%20b/%C3%BC/c/0'],
    ['s3://bkt/x', { region: 'eu-central-1' }, 'https://bkt.s3.eu-central-1.amazonaws.com/x/c/0'],
    ['s3://bkt/x', { region: 'cn-north-1' }, 'https://bkt.s3.cn-north-1.amazonaws.com.cn/x/c/0'],
    [
      's3://us-west-2.opendata.example.org/x',
      {},
      'https://s3.us-west-2.amazonaws.com/us-west-2.opendata.example.org/x/c/0',
    ],
    ['s3://data-us-east-2', {}, 'https://data-us-east-2.s3.us-east-2.amazonaws.com/c/0'],
    ['s3://bkt/x', { endpoint: 'https://minio.example/base/' }, 'https://minio.example/base/bkt/x/c/0'],
    ['gs://bkt/x', {}, 'https://storage.googleapis.com/bkt/x/c/0'],
    [
      'https://bkt.s3.us-west-2.amazonaws.com/x',
      { endpoint: 'https://e.example' },
      'https://bkt.s3.us-west-2.amazonaws.com/x/c/0',
    ],
  ])('%s lies at its URL (%#)', async (location, options, url) => {
    const { fetcher, asked } = await cloud((_, _request, response) => response.end('x'))
    await openObjects(location, { fetcher, ...options }).get('c/0')
    expect(asked).toEqual([url])
  })

  it('says in which region a bucket lies, and is asked there from then on', async () => {
    const { fetcher, asked } = await cloud((url, _, response) => {
      if (url.hostname.includes('eu-west-3')) response.end('x')
      else response.writeHead(301, { 'x-amz-bucket-region': 'eu-west-3' }).end(xml('PermanentRedirect'))
    })
    const objects = openObjects('s3://bkt/x', { fetcher, region: 'us-east-1' })
    expect(await objects.get('a')).toHaveLength(1)
    expect(await objects.get('b')).toHaveLength(1)
    expect(asked.map(url => new URL(url).hostname)).toEqual([
      'bkt.s3.us-east-1.amazonaws.com',
      'bkt.s3.eu-west-3.amazonaws.com',
      'bkt.s3.eu-west-3.amazonaws.com',
    ])
  })

  it('that sends one around in circles is given up', async () => {
    let turn = 0
    const { fetcher } = await cloud((_, _request, response) => {
      response.writeHead(301, { 'x-amz-bucket-region': `eu-west-${++turn}` }).end(xml('PermanentRedirect'))
    })
    await expect(openObjects('s3://bkt/x', { fetcher }).get('a')).rejects.toMatchObject({
      code: 'Unavailable',
    })
    expect(turn).toBe(3)
  })

  it('is signed for with credentials of the environment, for the region that it says', async () => {
    const seen: (string | undefined)[] = []
    const { fetcher } = await cloud((url, request, response) => {
      const { authorization, range } = request.headers
      const now = Date.parse(
        (request.headers['x-amz-date'] as string).replace(/(....)(..)(..T..)(..)/, '$1-$2-$3:$4:'),
      )
      const region = /\/([a-z0-9-]+)\/s3\//.exec(authorization!)![1]!
      const scope = { credentials: { accessKeyId: 'id', secretAccessKey: 'secret' }, region, now }
      expect(authorization).toBe(signRequest('GET', url, {}, scope).authorization)
      seen.push(region)
      if (region === 'us-east-1')
        response.writeHead(400).end(xml('AuthorizationHeaderMalformed', '<Region>eu-west-3</Region>'))
      else response.writeHead(206, { 'content-range': 'bytes 0-0/1' }).end(range && 'x')
    })
    await openObjects('s3://bkt/a b', { fetcher, env }).getRange('ü', 0, 1)
    expect(seen).toEqual(['us-east-1', 'eu-west-3'])
  })

  it('sends no credentials to where it redirects, the first time or the next', async () => {
    const seen: [string, boolean, boolean][] = []
    const other = await serve((request, response) => {
      const { authorization, 'x-amz-request-payer': payer } = request.headers
      seen.push(['other', authorization !== undefined, payer !== undefined])
      response.writeHead(206, { 'content-range': 'bytes 0-0/9' }).end('x')
    })
    stops.push(() => other.stop())
    const { fetcher } = await cloud((_, request, response) => {
      const { authorization, 'x-amz-request-payer': payer } = request.headers
      seen.push(['own', authorization !== undefined, payer !== undefined])
      response.writeHead(307, { location: `${other.url}/x` }).end()
    })
    const options = { fetcher, env, requesterPays: true, payRequests: true }
    const objects = openObjects('s3://bkt/x', options)
    await objects.getRange('a', 0, 1)
    await objects.getRange('a', 0, 1)
    expect(seen).toEqual([
      ['own', true, true],
      ['other', false, false],
      ['other', false, false],
    ])
  })

  it('bucket itself is no object', async () => {
    const { fetcher, asked } = await cloud((_, _request, response) => response.end('<ListBucketResult/>'))
    const objects = openObjects('s3://bkt', { fetcher })
    expect([await objects.get(''), await objects.getRange('', 0, 10)]).toEqual([undefined, undefined])
    expect(asked).toEqual([])
  })
})

describe('listings', () => {
  it('of S3 come in pages, with names as they are', async () => {
    const pages = [
      '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>a+/=</NextContinuationToken>' +
        '<Contents><Key>x/b &amp; &#252;</Key></Contents><CommonPrefixes><Prefix>x/sub/</Prefix></CommonPrefixes></ListBucketResult>',
      '<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>x/</Key></Contents><Contents><Key>x/a</Key></Contents></ListBucketResult>',
    ]
    const { fetcher, asked } = await cloud((_, _request, response) => response.end(pages.shift()))
    expect(await openObjects('s3://bkt/x', { fetcher }).list!('')).toEqual(['a', 'b & ü', 'sub/'])
    expect(asked).toEqual([
      'https://bkt.s3.amazonaws.com/?delimiter=%2F&list-type=2&prefix=x%2F',
      'https://bkt.s3.amazonaws.com/?continuation-token=a%2B%2F%3D&delimiter=%2F&list-type=2&prefix=x%2F',
    ])
  })

  it('of folders come a page at a time, with sizes and times', async () => {
    const pages = [
      '<R><IsTruncated>true</IsTruncated><NextContinuationToken>t&amp;1</NextContinuationToken>' +
        '<Contents><Key>x/a</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>"1"</ETag><Size>7</Size></Contents>' +
        '<Contents><Key>x/b</Key><LastModified>lately</LastModified><Size>-1</Size></Contents>' +
        '<CommonPrefixes><Prefix>x/sub/</Prefix></CommonPrefixes></R>',
      '<R><IsTruncated>false</IsTruncated></R>',
    ]
    const { fetcher, asked } = await cloud((_, _request, response) => response.end(pages.shift()))
    const { folder } = openObjects('s3://bkt/x', { fetcher })
    expect(await folder!('')).toEqual({
      entries: [
        { name: 'a', size: 7, modified: '2026-01-02T03:04:05.000Z' },
        { name: 'b' },
        { name: 'sub/' },
      ],
      next: 't&1',
    })
    expect(await folder!('sub/', { cursor: 't&1' })).toEqual({ entries: [] })
    expect(asked[1]).toContain('continuation-token=t%261&delimiter=%2F&list-type=2&prefix=x%2Fsub%2F')
    expect(openObjects('https://example.org/x', { fetcher }).folder).toBeUndefined()
  })

  it('without an end are given up', async () => {
    let page = 0
    const { fetcher } = await cloud((_, _request, response) => {
      page++
      response.end(
        `<R><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken><Contents><Key>x/${page}</Key></Contents></R>`,
      )
    })
    await expect(openObjects('s3://bkt/x', { fetcher }).list!('')).rejects.toMatchObject({
      code: 'OverBudget',
    })
    expect(page).toBe(100)
  })

  it('that are not allowed are said to be', async () => {
    const { fetcher } = await cloud((_, _request, response) =>
      response.writeHead(403).end(xml('AccessDenied')),
    )
    await expect(openObjects('s3://bkt/x', { fetcher }).list!('')).rejects.toMatchObject({
      code: 'Forbidden',
    })
  })

  it('of Azure carry the signature, which is never shown', async () => {
    const body =
      '<EnumerationResults><Blobs><Blob><Name>x/a</Name><Properties><Etag>1</Etag></Properties></Blob>' +
      '<BlobPrefix><Name>x/sub/</Name></BlobPrefix></Blobs><NextMarker /></EnumerationResults>'
    const { fetcher, asked } = await cloud((_, _request, response) => response.end(body))
    const objects = openObjects('https://acc1.blob.core.windows.net/data/x?sv=1&sig=secret', { fetcher })
    expect(await objects.list!('')).toEqual(['a', 'sub/'])
    expect(asked).toEqual([
      'https://acc1.blob.core.windows.net/data?comp=list&delimiter=%2F&prefix=x%2F&restype=container&sv=1&sig=secret',
    ])
    expect(objects.name).not.toContain('secret')
  })
})

describe('Azure', () => {
  it('knows no range from the end, so that its size is asked for once', async () => {
    const asked: string[] = []
    const { fetcher } = await cloud((_, request, response) => {
      asked.push(`${request.method} ${request.headers.range ?? ''}`)
      if (request.method === 'HEAD') response.writeHead(200, { 'content-length': 100 }).end()
      else response.writeHead(206, { 'content-range': 'bytes 90-99/100' }).end('0123456789')
    })
    const objects = openObjects('az://data@acc1/x', { fetcher })
    expect((await objects.getRange('', -10))!.bytes).toHaveLength(10)
    expect((await objects.getRange('', -10))!.bytes).toHaveLength(10)
    expect(asked).toEqual(['HEAD ', 'GET bytes=90-99', 'GET bytes=90-99'])
  })
})
