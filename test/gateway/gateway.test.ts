import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ObjectStore, startObjectStore } from '@frost/network'
import { serve } from '@frost/reader/guard/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sharedPath } from '../shared.ts'
import { type Serving, serving, urlOf } from './serving.ts'
import { zarrArray } from './zarr-array.ts'

const fixtures = sharedPath('fixtures', 'data')

let folder: string
let store: ObjectStore
let it: Serving

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'frost-gateway-store-'))
  store = await startObjectStore({ folder, mounts: fixtures === undefined ? {} : { fixtures } })
  it = await serving({ loopbackPorts: [store.port] })
})
afterAll(async () => {
  await it?.[Symbol.asyncDispose]()
  await store?.stop()
  await rm(folder, { recursive: true, force: true })
})

const BIG = '9007199254740993'
const table = (rows: number) =>
  `id,big,name\n${Array.from({ length: rows }, (_, at) => `${at},${BigInt(BIG) + BigInt(2 * at)},"n, ${at}"`).join('\n')}\n`

async function put(name: string, text: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, text)
  return store.urlOf(name)
}

const cacheStatus = ({ headers }: { headers: Headers }) => headers.get('cache-status')

describe('describe, preview and export', () => {
  test('a table: columns, rows and files, no whole number rounded', async () => {
    const url = await put('table.csv', table(100))
    const described = await it.ask('/describe', { url })
    expect(described.json).toMatchObject({
      location: url,
      format: 'csv',
      model: 'table',
      exports: ['parquet', 'csv', 'ndjson', 'arrow'],
    })
    const shown = await it.ask('/preview.json', { url, columns: 'big,name', where: 'id>=97', limit: '2' })
    expect(shown.json.rows).toEqual([
      [String(BigInt(BIG) + 194n), 'n, 97'],
      [String(BigInt(BIG) + 196n), 'n, 98'],
    ])
    const csv = await it.ask('/export', { url, to: 'csv', columns: ['id', 'big'], where: 'id<2' })
    expect(csv.body.toString()).toBe(`id,big\r\n0,${BIG}\r\n1,${BigInt(BIG) + 2n}\r\n`)
    expect(csv.headers.get('content-type')).toMatch(/^text\/csv/)
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename="table.csv"')
    const rows = (await it.ask('/export', { url, to: 'ndjson' })).body.toString().trim().split('\n')
    expect([rows.length, rows[99]]).toEqual([100, expect.stringContaining(String(BigInt(BIG) + 198n))])
    const parquet = await it.ask('/export', { url, to: 'parquet' })
    expect(parquet.body.subarray(0, 4).toString()).toBe('PAR1')
    expect(parquet.body.subarray(-4).toString()).toBe('PAR1')
  })

  test('an array: the grid, the picture, the files', async () => {
    await put('grid.zarr/zarr.json', zarrArray({ shape: [4, 6], chunks: [2, 6], names: ['y', 'x'] }))
    await put(
      'grid.zarr/c/0/0',
      Uint8Array.from({ length: 12 }, (_, at) => at),
    )
    const url = store.urlOf('grid.zarr')
    const { json } = await it.ask('/preview.json', { url })
    expect(json).toMatchObject({ kind: 'grid', missingChunks: 1 })
    expect(json.values[1]).toEqual([6, 7, 8, 9, 10, 11])
    const picture = await it.ask('/preview.png', { url, side: '60', map: 'magma' })
    expect(picture.headers.get('content-type')).toBe('image/png')
    expect([picture.body.readUInt32BE(16), picture.body.readUInt32BE(20)]).toEqual([60, 40])
    const csv = await it.ask('/export', { url, to: 'csv', select: 'y=#1,x=#0:2' })
    expect(csv.body.toString().split('\r\n')).toHaveLength(4)
    const zarr = await it.ask('/export', { url, to: 'zarr' })
    expect(zarr.headers.get('content-disposition')).toBe('attachment; filename="grid.zarr.zip"')
    expect(zarr.body.subarray(0, 2).toString()).toBe('PK')
  })

  test.skipIf(fixtures === undefined).each([
    ['parquet/data/alltypes_plain.parquet', 'parquet', 'csv'],
    ['netcdf/eraint_uvz.nc', 'netcdf', 'netcdf'],
    ['geotiff/wind_direction.tif', 'tiff', 'zarr'],
    ['icechunk/test-repo-v2', 'icechunk', 'zarr'],
  ])('%s as it lies in the store', async (path, format, to) => {
    const url = store.urlOf(`fixtures/${path}`)
    const described = await it.ask('/describe', { url })
    expect(described.json).toMatchObject({ format: expect.stringContaining(format) })
    expect((await it.ask('/describe', { url })).body).toEqual(described.body)
    const select = described.json.model === 'array' ? firstOf(described.json) : {}
    expect(await it.ask('/preview.json', { url, ...select })).toMatchObject({ status: 200 })
    const exported = await it.ask('/export', { url, to, ...select })
    expect(exported.status).toBe(200)
    expect(exported.body.length).toBeGreaterThan(100)
  })

  test('what it reads and writes', async () => {
    const { json } = await it.ask('/formats')
    expect(json.reads).toEqual(expect.arrayContaining(['zarr', 'parquet', 'csv']))
    expect(json.exports.table.map(({ id }: { id: string }) => id)).toContain('arrow')
  })
})

/** The smallest variable: one that lies in the store itself. */
// biome-ignore lint/suspicious/noExplicitAny: a description
function firstOf({ array }: any): { var: string } {
  const size = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1)
  const [first] = array.variables.toSorted(
    (a: { shape: number[] }, b: { shape: number[] }) => size(a.shape) - size(b.shape),
  )
  return { var: first.name }
}

describe('errors', () => {
  test.each([
    ['/describe', {}, 400, 'InvalidRequest', 'url= is missing'],
    ['/describe', { url: '/etc/passwd' }, 403, 'Forbidden', 'is no URL'],
    ['/describe', { url: 'ftp://example.org/a' }, 400, 'InvalidSelection', "'ftp:' is not read"],
    ['/describe', { url: 'http://127.0.0.1:9/a' }, 403, 'Forbidden', ''],
    ['/describe', { url: 'http://10.0.0.1/a' }, 403, 'Forbidden', 'a private address'],
    [
      '/describe',
      { url: 's3://bucket/a', endpoint: 'http://169.254.169.254' },
      403,
      'Forbidden',
      'link local',
    ],
    ['/nothing', {}, 404, 'NotFound', 'there is no /nothing'],
  ])('%s %o: %i %s', async (path, params, status, error, words) => {
    const answer = await it.ask(path, params as Record<string, string>)
    expect([answer.status, answer.json.error]).toEqual([status, error])
    expect(answer.json.message).toContain(words)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  })

  test('of the reader, each with the status that fits', async () => {
    const csv = await put('errors.csv', table(3))
    const bytes = await put('errors.bin', Buffer.from([0, 1, 2, 3, 250, 251, 252]))
    const ask = async (path: string, params: Record<string, string>) => {
      const { status, json } = await it.ask(path, params)
      return [status, json.error]
    }
    expect(await ask('/describe', { url: store.urlOf('absent.csv') })).toEqual([415, 'Unrecognised'])
    expect(await ask('/describe', { url: 's3://absent/a', endpoint: store.url })).toEqual([404, 'NotFound'])
    expect(await ask('/describe', { url: bytes })).toEqual([415, 'Unrecognised'])
    expect(await ask('/preview.json', { url: csv, columns: 'absent' })).toEqual([400, 'InvalidSelection'])
    expect(await ask('/preview.png', { url: csv })).toEqual([400, 'InvalidSelection'])
    expect(await ask('/export', { url: csv, to: 'docx' })).toEqual([400, 'InvalidSelection'])
    expect(await ask('/describe', { url: csv, pin: 'snapshot:1' })).toEqual([400, 'InvalidSelection'])
  })

  test('only reading is known, from any page', async () => {
    const answer = await it.ask('/describe', {}, { method: 'POST' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
    const before = await it.ask('/describe', {}, { method: 'OPTIONS' })
    expect([before.status, before.headers.get('access-control-allow-methods')]).toEqual([
      204,
      'GET, HEAD, OPTIONS',
    ])
  })

  test('an export over the budget is refused with its estimate and a cheaper choice', async () => {
    await using small = await serving({
      loopbackPorts: [store.port],
      exportBudget: { bytes: 1_000, requests: 100 },
    })
    await put('large.zarr/zarr.json', zarrArray({ shape: [100, 100], chunks: [10, 100] }))
    const url = store.urlOf('large.zarr')
    const { status, json } = await small.ask('/export', { url, to: 'csv' })
    expect([status, json.error, json.details.cost.bytes]).toEqual([413, 'OverBudget', 10_000])
    expect(json.message).toContain('1/10 of it')
    expect((await small.ask('/export', { url, to: 'csv', select: 'dim_0=#0:5' })).status).toBe(200)
  })
})

describe('the cache', () => {
  test('an answer is given again when the store says that nothing changed, and made anew when it did', async () => {
    const url = await put('changing.csv', table(2))
    const first = await it.ask('/preview.json', { url })
    expect([cacheStatus(first), first.headers.get('cache-control')]).toEqual([
      'frost; fwd=miss; stored',
      'public, no-cache',
    ])
    const again = await it.ask('/preview.json', { url })
    expect([cacheStatus(again), again.body]).toEqual(['frost; fwd=stale; fwd-status=304', first.body])
    const etag = first.headers.get('etag')!
    const conditional = await it.ask('/preview.json', { url }, { headers: { 'If-None-Match': etag } })
    expect([conditional.status, conditional.body.length]).toEqual([304, 0])

    await put('changing.csv', table(3))
    const changed = await it.ask('/preview.json', { url }, { headers: { 'If-None-Match': etag } })
    expect([changed.status, cacheStatus(changed), changed.json.rows.length]).toEqual([
      200,
      'frost; fwd=miss; stored',
      3,
    ])
  })

  test('an array made anew where a chunk changed, though its metadata did not', async () => {
    await put('chunked.zarr/zarr.json', zarrArray({ shape: [2], chunks: [2] }))
    await put('chunked.zarr/c/0', Uint8Array.of(1, 2))
    const url = store.urlOf('chunked.zarr')
    expect((await it.ask('/preview.json', { url })).json.values).toEqual([1, 2])
    expect(cacheStatus(await it.ask('/preview.json', { url }))).toContain('304')
    await put('chunked.zarr/c/0', Uint8Array.of(3, 4))
    expect((await it.ask('/preview.json', { url })).json.values).toEqual([3, 4])
  })

  test('a fresh answer asks the store nothing; after a restart it is asked once', async () => {
    await using own = await serving({ loopbackPorts: [store.port], freshSeconds: 3_600 })
    const url = await put('fresh.csv', table(2))
    await own.ask('/describe', { url })
    const { requests } = store.served
    expect(cacheStatus(await own.ask('/describe', { url }))).toBe('frost; hit')
    expect(store.served.requests).toBe(requests)
    await own.restart()
    expect(cacheStatus(await own.ask('/describe', { url }))).toContain('304')
    expect(cacheStatus(await own.ask('/describe', { url }))).toBe('frost; hit')
    expect(store.served.requests).toBe(requests + 1)
  })

  test('a damaged entry is made anew', async () => {
    await using own = await serving({ loopbackPorts: [store.port] })
    const url = await put('damaged.csv', table(2))
    const first = await own.ask('/describe', { url })
    for (const name of await readdir(own.dataDir, { recursive: true })) {
      const path = join(own.dataDir, name)
      const bytes = await readFile(path).catch(() => undefined)
      if (bytes) await writeFile(path, bytes.fill(0, bytes.length - 3))
    }
    const again = await own.ask('/describe', { url })
    expect([cacheStatus(again), again.body]).toEqual(['frost; fwd=miss; stored', first.body])
  })

  test('equal questions asked together are one to the store', async () => {
    const text = table(2)
    const gate = Promise.withResolvers<void>()
    await using server = disposable(
      await serve(async (_, response) => {
        await gate.promise
        response.setHeader('etag', '"1"').end(text)
      }),
    )
    await using own = await serving({ loopbackPorts: [server.port] })
    const asked = Promise.all(
      Array.from({ length: 6 }, () => own.ask('/describe', { url: `${server.url}/t.csv` })),
    )
    await server.requested(0)
    gate.resolve()
    expect(new Set((await asked).map(({ body }) => body.toString())).size).toBe(1)
    const ofSix = server.requests
    await own.ask('/describe', { url: `${server.url}/other.csv` })
    expect(server.requests - ofSix).toBe(ofSix)
  })
})

describe.skipIf(fixtures === undefined)('a pin', () => {
  test('shows the same bytes after new commits, also from an empty cache', async () => {
    await cp(join(fixtures!, 'icechunk/test-repo-v1'), join(folder, 'repo'), { recursive: true })
    const branch = (name: string) => join(folder, 'repo/refs', `branch.${name}`, 'ref.json')
    const url = store.urlOf('repo')
    const { versions } = (await it.ask('/describe', { url })).json
    const [newest, older] = versions as { readonly id: string }[]
    await writeFile(branch('main'), JSON.stringify({ snapshot: older!.id }))

    const views = [
      ['/describe', {}],
      ['/preview.json', { var: 'group1/small_chunks' }],
    ] as const
    const look = (pin: string, at = it) =>
      Promise.all(views.map(([path, more]) => at.ask(path, { url, pin, ...more })))
    const before = await look(`snapshot:${older!.id}`)
    const onBranch = await look('branch:main')
    expect(before.map(({ status }) => status)).toEqual([200, 200])
    expect(before[0]!.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(onBranch[0]!.headers.get('cache-control')).toBe('public, no-cache')

    await writeFile(branch('main'), JSON.stringify({ snapshot: newest!.id }))
    const after = await look(`snapshot:${older!.id}`)
    expect(after.map(cacheStatus)).toEqual(['frost; hit', 'frost; hit'])
    expect(after.map(({ body }) => body.toString())).toEqual(before.map(({ body }) => body.toString()))
    const moved = await look('branch:main')
    expect(moved[0]!.json.versions[0].id).not.toBe(onBranch[0]!.json.versions[0].id)
    await using anew = await serving({ loopbackPorts: [store.port] })
    const fromNothing = await look(`snapshot:${older!.id}`, anew)
    expect(fromNothing.map(({ body }) => body.toString())).toEqual(before.map(({ body }) => body.toString()))
  })
})

describe('workers', () => {
  test('one that is killed in the middle of a job fails that job alone, and is replaced', async () => {
    await using server = disposable(await serve(() => {}))
    await using own = await serving({ loopbackPorts: [server.port, store.port] })
    const url = await put('survivor.csv', table(2))
    const hanging = own.ask('/describe', { url: `${server.url}/hangs.csv` })
    await server.requested(0)
    const { pids } = own.gateway.status
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    expect(await hanging).toMatchObject({
      status: 422,
      json: {
        error: 'Corrupt',
        message: expect.stringContaining('ended the process that read it (by SIGKILL)'),
      },
    })
    expect((await own.ask('/describe', { url })).status).toBe(200)
    expect(own.gateway.status.pids.filter(pid => pids.includes(pid))).toEqual([])
    const again = await own.ask('/describe', { url: `${server.url}/hangs.csv` })
    expect([again.status, Number(again.headers.get('retry-after'))]).toEqual([422, expect.any(Number)])
    expect(again.json.details.retryAfter).toBeGreaterThan(0)
    const metrics = (await own.ask('/metrics')).body.toString()
    expect(metrics).toContain('frost_gateway_worker_deaths_total{cause="crash"} 2')
  })

  test('one that hangs, deaf to everything, is ended when its time is over', async () => {
    await using server = disposable(await serve(() => {}))
    await using own = await serving({ loopbackPorts: [server.port, store.port], jobSeconds: 3 })
    const hanging = own.ask('/describe', { url: `${server.url}/hangs.csv` })
    await server.requested(0)
    const { pids } = own.gateway.status
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
    const { status, json } = await hanging
    expect([status, json.error, json.details.cause]).toEqual([504, 'Unavailable', 'time'])
    expect(json.message).toContain('longer than the 3 s')
    for (const pid of own.gateway.status.pids) {
      // The other one was idle, and only sleeps.
      try {
        process.kill(pid, 'SIGCONT')
      } catch {}
    }
    expect((await own.ask('/describe', { url: await put('after.csv', table(2)) })).status).toBe(200)
  })

  test('a client that goes ends the reads of its export', async () => {
    const chunk = new Uint8Array(200_000).fill(7)
    await using server = disposable(
      await serve((request, response) => {
        if (request.url === '/z/zarr.json')
          response.end(zarrArray({ shape: [400, 1_000_000], chunks: [1, 200_000] }))
        else if (request.url!.startsWith('/z/c/')) response.end(chunk)
        else response.writeHead(404).end()
      }),
    )
    await using own = await serving({ loopbackPorts: [server.port, store.port] })
    const params = { url: `${server.url}/z`, to: 'csv' }
    const request = get(urlOf(own.gateway.url, '/export', params))
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    expect(response.statusCode).toBe(200)
    await once(response, 'data')
    expect(own.gateway.status.busy).toBe(1)
    response.destroy()
    while (own.gateway.status.busy > 0) await own.ask('/_health')
    const { requests } = server
    expect(requests).toBeLessThan(100)
    // Whatever the export still had in mind would be asked for by now.
    for (const at of [1, 2, 3, 4]) await own.ask('/describe', { url: `${store.urlOf('absent')}${at}` })
    expect(server.requests).toBe(requests)
  })

  test('exports leave a worker to what is short', async () => {
    await using server = disposable(
      await serve((request, response) => {
        if (request.url === '/z/zarr.json') response.end(zarrArray({ shape: [100], chunks: [1] }))
        else if (!request.url!.startsWith('/z/c/')) response.writeHead(404).end()
      }),
    )
    await using own = await serving({ loopbackPorts: [server.port, store.port] })
    const leaving = new AbortController()
    const exports = [1, 2, 3].map(at =>
      own
        .ask(
          '/export',
          { url: `${server.url}/z`, to: 'csv', select: `dim_0=#${at}` },
          { signal: leaving.signal },
        )
        .catch(() => {}),
    )
    await server.requested(1)
    expect((await own.ask('/describe', { url: await put('short.csv', table(2)) })).status).toBe(200)
    expect(own.gateway.status).toMatchObject({ busy: 1, queued: 2 })
    leaving.abort()
    await Promise.all(exports)
  })

  test('a full queue says so, and when to come back', async () => {
    await using server = disposable(await serve(() => {}))
    await using own = await serving({
      loopbackPorts: [server.port],
      workers: 1,
      queueLength: 2,
      jobSeconds: 3,
    })
    const ask = (at: number, client: string) =>
      own.ask('/describe', { url: `${server.url}/${at}.csv` }, { headers: { 'X-Forwarded-For': client } })
    const first = ask(1, 'a')
    await server.requested(0)
    const waiting = [ask(2, 'a'), ask(3, 'b')]
    while (own.gateway.status.queued < 2) await own.ask('/_health')
    const refused = await ask(4, 'c')
    expect([refused.status, refused.json.error, refused.headers.get('retry-after')]).toEqual([
      503,
      'Busy',
      '5',
    ])
    expect((await Promise.all([first, ...waiting])).map(({ status }) => status)).toEqual([504, 504, 504])
  }, 60_000)
})

test('a client that asks too often waits; others do not', async () => {
  await using own = await serving({ loopbackPorts: [store.port], requestsPerWindow: 2 })
  const url = await put('limited.csv', table(2))
  const ask = (client: string) => own.ask('/describe', { url }, { headers: { 'X-Forwarded-For': client } })
  expect([(await ask('a')).status, (await ask('a')).status, (await ask('b')).status]).toEqual([200, 200, 200])
  const refused = await ask('a')
  expect([refused.status, refused.json.error, refused.headers.get('ratelimit-remaining')]).toEqual([
    429,
    'RateLimitExceeded',
    '0',
  ])
})

function disposable<T extends { stop(): Promise<void> }>(service: T): T & AsyncDisposable {
  return Object.assign(Object.create(service) as T, { [Symbol.asyncDispose]: () => service.stop() })
}
