import { expect, it } from 'vitest'
import { Background } from './background.ts'
import { type HostState, HostWatch } from './host-watch.ts'
import { HttpError } from './http.ts'
import { MemoryStore } from './memory-store.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const SILENT = 'https://silent.example.org'
const OTHER = 'https://other.example.org'
const HERE = 'http://localhost:2583'

/** Hosts that are asked over a network which is as wanted. */
async function watchOf(hosts: readonly string[], store = new MemoryStore()) {
  const answering = new Set(hosts)
  const heard = new Set<string>()
  const clock = { now: Date.parse('2026-01-01T00:00:00.000Z') }
  await store.apply({
    events: [],
    cursors: new Map(),
    repos: hosts.map(host => ({ did: `did:web:${host}`, host, active: true, sync: 'synchronized' })),
  })
  const gone: string[] = []
  const begin = () =>
    new HostWatch({
      store,
      http: {
        json: async url => {
          if (!answering.has(new URL(url).origin)) throw new HttpError(0, 'no answer')
          return { did: 'did:web:host' }
        },
      },
      background: new Background(new AbortController().signal, () => undefined),
      every: HOUR,
      patience: DAY,
      now: () => clock.now,
      heard: () => [...heard],
      onHeard: async () => undefined,
      onGone: async host => void gone.push(host),
    })
  const known = async (wanted: string): Promise<HostState | undefined> =>
    (await store.hosts()).find(({ host }) => host === wanted)
  return { answering, heard, clock, gone, begin, known, store }
}

it('who is silent while the world cannot be heard is not gone: what is on this machine says nothing of it', async () => {
  const { answering, heard, clock, gone, begin, known } = await watchOf([SILENT, OTHER, HERE])
  const watch = begin()
  answering.delete(SILENT)
  heard.add(HERE)
  await watch.round()
  expect((await known(SILENT))?.silentSince).toBeDefined()
  answering.delete(OTHER)
  clock.now += 2 * DAY
  await watch.round()
  expect(await known(SILENT)).toEqual({ host: SILENT, isGone: false })
  expect((await known(OTHER))?.silentSince).toBeUndefined()
  // The world is heard again, by a feed: silence begins anew.
  heard.add('https://relay.example.org')
  await watch.round()
  expect(await known(SILENT)).toMatchObject({ silentSince: new Date(clock.now).toISOString(), isGone: false })
  clock.now += DAY
  await watch.round()
  expect(await known(SILENT)).toMatchObject({ isGone: true })
  expect(gone).toEqual(expect.arrayContaining([SILENT, OTHER]))
})

it('what was away itself has not heard a host be silent; who was gone before stays so', async () => {
  const { answering, clock, begin, known, store } = await watchOf([SILENT, OTHER])
  answering.delete(SILENT)
  await begin().round()
  expect((await known(SILENT))?.silentSince).toBeDefined()
  clock.now += 2 * DAY
  const later = begin()
  await later.start()
  await expect.poll(async () => (await known(SILENT))?.silentSince).toBe(new Date(clock.now).toISOString())
  expect(await known(SILENT)).toMatchObject({ isGone: false })
  const gone = { host: SILENT, silentSince: '2025-01-01T00:00:00.000Z', isGone: true }
  await store.remember([gone])
  await begin().start()
  expect(await known(SILENT)).toEqual(gone)
})
