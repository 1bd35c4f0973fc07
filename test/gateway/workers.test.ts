import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { serve } from '@frost/reader/guard/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { disposable, serving, urlOf } from './serving.ts'
import { csvTable, type Store, startStore } from './store.ts'
import { zarrArray } from './zarr-array.ts'

vi.setConfig({ testTimeout: 90_000 })

let store: Store

beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store?.[Symbol.asyncDispose]())

describe('workers', () => {
  test('one that is killed in the middle of a job fails that job alone, and is replaced', async () => {
    await using server = disposable(await serve(() => {}))
    await using own = await serving({ loopbackPorts: [server.port, store.port] })
    const url = await store.put('survivor.csv', csvTable(2))
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
    expect(metrics).toContain('frost_gateway_worker_deaths_total{cause="crash"} 1')
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
    expect((await own.ask('/describe', { url: await store.put('after.csv', csvTable(2)) })).status).toBe(200)
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
    expect((await own.ask('/describe', { url: await store.put('short.csv', csvTable(2)) })).status).toBe(200)
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
  const url = await store.put('limited.csv', csvTable(2))
  const ask = (client: string) => own.ask('/describe', { url }, { headers: { 'X-Forwarded-For': client } })
  expect([(await ask('a')).status, (await ask('a')).status, (await ask('b')).status]).toEqual([200, 200, 200])
  const refused = await ask('a')
  expect([refused.status, refused.json.error, refused.headers.get('ratelimit-remaining')]).toEqual([
    429,
    'RateLimitExceeded',
    '0',
  ])
})
