import { cp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { serve } from '@frost/reader/guard/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { sharedPath } from '../shared.ts'
import { cacheStatus, disposable, type Serving, serving } from './serving.ts'
import { csvTable, type Store, startStore } from './store.ts'
import { zarrArray } from './zarr-array.ts'

const fixtures = sharedPath('fixtures', 'data')

vi.setConfig({ testTimeout: 90_000 })

let store: Store
let it: Serving

beforeAll(async () => {
  store = await startStore()
  it = await serving({ loopbackPorts: [store.port] })
})
afterAll(async () => {
  await it?.[Symbol.asyncDispose]()
  await store?.[Symbol.asyncDispose]()
})

describe('the cache', () => {
  test('an answer is given again when the store says that nothing changed, and made anew when it did', async () => {
    const url = await store.put('changing.csv', csvTable(2))
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

    await store.put('changing.csv', csvTable(3))
    const changed = await it.ask('/preview.json', { url }, { headers: { 'If-None-Match': etag } })
    expect([changed.status, cacheStatus(changed), changed.json.rows.length]).toEqual([
      200,
      'frost; fwd=miss; stored',
      3,
    ])
  })

  test('an array made anew where a chunk changed, though its metadata did not', async () => {
    await store.put('chunked.zarr/zarr.json', zarrArray({ shape: [2], chunks: [2] }))
    await store.put('chunked.zarr/c/0', Uint8Array.of(1, 2))
    const url = store.urlOf('chunked.zarr')
    expect((await it.ask('/preview.json', { url })).json.values).toEqual([1, 2])
    expect(cacheStatus(await it.ask('/preview.json', { url }))).toContain('304')
    await store.put('chunked.zarr/c/0', Uint8Array.of(3, 4))
    expect((await it.ask('/preview.json', { url })).json.values).toEqual([3, 4])
  })

  test('a fresh answer asks the store nothing; after a restart it is asked once', async () => {
    await using own = await serving({ loopbackPorts: [store.port], freshSeconds: 3_600 })
    const url = await store.put('fresh.csv', csvTable(2))
    await own.ask('/describe', { url })
    const { requests } = store
    expect(cacheStatus(await own.ask('/describe', { url }))).toBe('frost; hit')
    expect(store.requests).toBe(requests)
    await own.restart()
    expect(cacheStatus(await own.ask('/describe', { url }))).toContain('304')
    expect(cacheStatus(await own.ask('/describe', { url }))).toBe('frost; hit')
    expect(store.requests).toBe(requests + 1)
  })

  test('what was used longest ago goes where there is no more room, and never what is asked for again', async () => {
    const cacheBytes = 40_000
    await using own = await serving({ loopbackPorts: [store.port], cacheBytes, freshSeconds: 3_600 })
    const url = await store.put('many.csv', csvTable(500))
    const ask = (offset: number) =>
      own.ask('/preview.json', { url, offset: String(offset), limit: '40' }).then(cacheStatus)
    await ask(0)
    for (let offset = 1; offset <= 60; offset++) {
      expect(await ask(offset)).toBe('frost; fwd=miss; stored')
      expect(await ask(0)).toBe('frost; hit')
    }
    expect(await ask(1)).toBe('frost; fwd=miss; stored')
    let kept = 0
    const folder = join(own.dataDir, 'answers')
    for (const name of await readdir(folder, { recursive: true })) {
      const info = await stat(join(folder, name))
      if (info.isFile()) kept += info.size
    }
    expect(kept).toBeGreaterThan(cacheBytes / 2)
    expect(kept).toBeLessThanOrEqual(cacheBytes)
    const metrics = (await own.ask('/metrics')).body.toString()
    expect(metrics).toContain(`frost_gateway_cache_bytes ${kept}`)
    expect(Number(/cache_total\{outcome="evicted"\} (\d+)/.exec(metrics)?.[1])).toBeGreaterThan(10)
  })

  test('a damaged entry is made anew', async () => {
    await using own = await serving({ loopbackPorts: [store.port] })
    const url = await store.put('damaged.csv', csvTable(2))
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
    const text = csvTable(2)
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
    await cp(join(fixtures!, 'icechunk/test-repo-v1'), join(store.folder, 'repo'), { recursive: true })
    const branch = (name: string) => join(store.folder, 'repo/refs', `branch.${name}`, 'ref.json')
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
