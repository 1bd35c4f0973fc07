import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type PeakMemory, watchPeakMemory } from './peak-memory.ts'
import { type Serving, serving } from './serving.ts'
import { csvTable, type Store, startStore } from './store.ts'

vi.setConfig({ testTimeout: 90_000 })

const ADVERSARY = fileURLToPath(
  new URL('../../apps/gateway/src/worker/adversary.fixture.ts', import.meta.url),
)
const MEGABYTE = 1_000_000

let store: Store
let it: Serving
let memory: PeakMemory

beforeAll(async () => {
  process.env.FROST_TEST_SECRET = 'secret'
  store = await startStore()
  it = await serving({ loopbackPorts: [store.port], jobSeconds: 8, exportBytes: 50 * MEGABYTE }, ADVERSARY)
  memory = watchPeakMemory()
})
afterAll(async () => {
  await memory?.[Symbol.asyncDispose]()
  await it?.[Symbol.asyncDispose]()
  await store?.[Symbol.asyncDispose]()
})

describe('a worker of which bad data has taken hold', () => {
  test.each([
    ['loops-for-ever', 504, 'Unavailable', 'longer than the 8 s'],
    ['hoards-memory', 422, 'Corrupt', 'more than the 512 MB of memory'],
    ['hoards-objects', 422, 'Corrupt', 'more than the 512 MB of memory'],
    ['talks-nonsense', 422, 'Corrupt', 'ended the process that read it'],
    ['answers-with-nonsense', 422, 'Corrupt', 'ended the process that read it'],
    ['complains-without-end', 504, 'Unavailable', 'longer than the 8 s'],
    ['aborts', 422, 'Corrupt', 'ended the process that read it (by SIGABRT)'],
  ])('that %s is ended, and its place refused for a while; others are served', async (deed, ...expected) => {
    const url = store.urlOf(deed)
    const good = await store.put(`beside-${deed}.csv`, csvTable(2))
    const asked = it.ask('/describe', { url })
    expect((await it.ask('/describe', { url: good })).status).toBe(200)
    const { status, json } = await asked
    const [code, error, words] = expected
    expect([status, json.error, json.message]).toEqual([code, error, expect.stringContaining(words)])
    expect(await memory.read()).toBeLessThan(512 * MEGABYTE)
    const again = await it.ask('/describe', { url })
    expect([again.status, again.json.error]).toEqual([code, error])
    expect(Number(again.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await it.ask('/describe', { url: good })).status).toBe(200)
  })

  test('that fills the disk is ended, and leaves nothing', async () => {
    const { status, json } = await it.ask('/describe', { url: store.urlOf('fills-the-disk') })
    expect([status, json.error]).toEqual([413, 'OverBudget'])
    expect(json.message).toContain('larger than the 50 MB')
    expect((await it.ask('/describe', { url: await store.put('after.csv', csvTable(2)) })).status).toBe(200)
    const { pids } = it.gateway.status
    const kept = await readdir(join(it.dataDir, 'aside'), { recursive: true })
    expect(kept.length).toBe(pids.length)
  })

  test('reads no file, writes none outside its folder, starts no process and knows no secret', async () => {
    const { json } = await it.ask('/describe', { url: store.urlOf('breaks-out') })
    expect(json.message).toContain('did: nothing')
  })
})
