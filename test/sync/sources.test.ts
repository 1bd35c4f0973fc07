/**
 * One history, read through each source: the same changes, and in the end the same state as in the repositories, whatever is
 * interrupted or said again on the way.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestNetwork, testNetwork } from '@frost/network/testing'
import { type Consumer, createConsumer, parseUpstream } from '@frost/sync'
import { cidOfBlock, cidToText } from '@frost/sync/cid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newAccount } from '../stand.ts'
import { JetstreamServer } from './jetstream-server.ts'
import { LoggedStore, said } from './logged-store.ts'
import {
  type Account,
  type Held,
  heldAtHost,
  keepRepository,
  live,
  put,
  THING,
  WANTED,
} from './told-history.ts'

const SOURCES = ['firehose', 'jetstream', 'zstd jetstream', 'archive', 'trusted archive'] as const
type Source = (typeof SOURCES)[number]
const isArchive = (source: Source) => source.includes('archive')

const dictionary = Buffer.from(
  '{"did":"did:plc:","time_us":,"kind":"commit","commit":{"rev":"","operation":"create"',
)

let network: TestNetwork
let jetstream: JetstreamServer
let archive: string
let writers: Account[]
/** Deactivated in the end: its host then gives away nothing, and an archive keeps what it had before. */
let sleeper: Account
/** What consumers stored that were there while the history went on. */
const present = new Map<Source, LoggedStore>()
/** Every wanted change after the first record, by DID. */
const history = new Map<string, string[]>()
const inTheEnd = new Map<string, Held>()
let archivedSleeper: Held

beforeAll(async () => {
  network = await testNetwork()
  jetstream = await JetstreamServer.start({ dictionary })
  await jetstream.follow(network.relayUrl)
  archive = await mkdtemp(join(tmpdir(), 'frost-archive-'))
  writers = await Promise.all(['ada', 'bob', 'cleo'].map(name => newAccount(network, name)))
  sleeper = await newAccount(network, 'dora', network.pdses[1]!.name)
  const accounts = [...writers, sleeper]
  const consumers: Consumer[] = []
  for (const source of ['firehose', 'jetstream'] as const) {
    const store = await freshStore(source)
    present.set(source, store)
    consumers.push(consumerOf(source, store))
  }
  await Promise.all(consumers.map(consumer => consumer.start()))
  const first = new Map<string, string>()
  for (const account of accounts) first.set(account.did, await put(account, 'first'))
  for (const store of present.values())
    await store.until(() => accounts.every(({ did }) => Object.keys(store.held(did)).length === 1))
  for (const store of present.values()) store.batches.length = 0

  for (const account of accounts) {
    const name = account.did.replaceAll(':', '-')
    history.set(account.did, await live(account, () => keepRepository(account, archive, `${name}-early.car`)))
    if (account === sleeper) continue
    inTheEnd.set(account.did, await heldAtHost(account))
    await keepRepository(account, archive, `${name}.car`)
  }
  archivedSleeper = Object.fromEntries([
    ...history
      .get(sleeper.did)!
      .slice(0, 2)
      .map(line => line.split(' ').slice(1) as [string, string]),
    [`${THING}/first`, first.get(sleeper.did)!],
  ])
  await sleeper.agent.com.atproto.server.deactivateAccount({})
  for (const [source, store] of present) await reachesTruth(source, store)
  await Promise.all(consumers.map(consumer => consumer.stop()))
  await writeFile(join(archive, 'notes.txt'), 'not a repository')
  await writeFile(join(archive, 'broken.car'), 'not a repository either')
})

afterAll(async () => {
  await jetstream?.[Symbol.asyncDispose]()
  await network?.[Symbol.asyncDispose]()
  if (archive) await rm(archive, { recursive: true, force: true })
})

function addressOf(source: Source): string {
  if (source === 'firehose') return network.relayUrl
  if (isArchive(source)) return `archive:${archive}${source === 'archive' ? '' : '?trusted'}`
  return `jetstream+${jetstream.url}`
}

function consumerOf(source: Source, store: LoggedStore): Consumer {
  return createConsumer({
    store,
    upstreams: [addressOf(source)],
    collections: name => WANTED.includes(name),
    collectionNames: WANTED,
    plcUrl: network.plcUrl,
    allowLoopbackHttp: true,
    limits: { reconnectFrom: 20, retryFrom: 20 },
    ...(source === 'zstd jetstream' && { jetstreamDictionary: dictionary }),
  })
}

/** Begins with the first event that the source has. */
async function rewind(source: Source, store: LoggedStore): Promise<void> {
  const { url } = parseUpstream(addressOf(source), { allowLoopbackHttp: true })
  await store.apply({ events: [], repos: [], cursors: new Map([[url, isArchive(source) ? -1 : 0]]) })
}

async function freshStore(source: Source): Promise<LoggedStore> {
  const store = new LoggedStore()
  await rewind(source, store)
  return store
}

/** What differs from the truth; nothing: it is reached. */
function differences(source: Source, store: LoggedStore): object[] {
  return [...writers, sleeper].flatMap(({ did }) => {
    const held = store.held(did)
    const truth = inTheEnd.get(did) ?? (isArchive(source) ? archivedSleeper : {})
    const wanted = Object.fromEntries(Object.entries(truth).sort())
    return JSON.stringify(held) === JSON.stringify(wanted) ? [] : [{ did, held, wanted }]
  })
}

function reachesTruth(source: Source, store: LoggedStore): Promise<void> {
  return store.until(
    () => differences(source, store).length === 0,
    () => differences(source, store),
  )
}

describe.each(['firehose', 'jetstream'] as const)('the history as a %s tells it', source => {
  it('has every change once and in order', () => {
    for (const { did } of writers) {
      const told = said(present.get(source)!.changes(did))
      expect([...told].sort()).toEqual([...history.get(did)!].sort())
      for (const path of new Set(told.map(line => line.split(' ')[1]))) {
        const about = (lines: string[]) => lines.filter(line => line.split(' ')[1] === path)
        expect(about(told)).toEqual(about(history.get(did)!))
      }
    }
  })

  it('has the same records, byte for byte, as the other', () => {
    const [one, other] = [...present.values()]
    const hex = (store: LoggedStore, did: string) =>
      store
        .changes(did)
        .map(({ bytes, ...change }) => ({ ...change, hex: bytes && Buffer.from(bytes).toString('hex') }))
    for (const { did } of [...writers, sleeper]) expect(hex(one!, did)).toEqual(hex(other!, did))
  })
})

describe.each(SOURCES)('what is stored of a history read from: %s', source => {
  it('is what the repositories hold, byte for byte, with host and handle', async () => {
    const store = await freshStore(source)
    const consumer = consumerOf(source, store)
    await consumer.start()
    await reachesTruth(source, store)
    const handle = async ({ did }: Account) => (await store.repo(did))?.handle
    await store.until(async () => (await Promise.all(writers.map(handle))).every(Boolean))
    if (isArchive(source)) await store.until(() => consumer.status().counters['rejected.archive'] === 1)
    await consumer.stop()
    for (const { did } of writers) {
      for (const { cid, bytes } of store.visible(did).values()) expect(cidToText(cidOfBlock(bytes))).toBe(cid)
      const { host, handle, sync } = (await store.repo(did))!
      expect({ host, sync }).toEqual({ host: network.pds().url, sync: 'synchronized' })
      expect(handle).toMatch(/\.icehub\.test$/)
    }
  })

  it('is the same after an interruption at every few batches', async () => {
    const store = await freshStore(source)
    for (let rounds = 0; differences(source, store).length > 0 && rounds < 60; rounds++) {
      const consumer = consumerOf(source, store)
      // One batch would never do: each start notes first which repositories it fetches.
      const until = store.batches.length + 2 + (rounds % 5)
      await consumer.start()
      await store.until(() => store.batches.length >= until || differences(source, store).length === 0)
      await consumer.stop()
    }
    expect(differences(source, store)).toEqual([])
  })

  it('is the same though the store refuses every second batch', async () => {
    const store = await freshStore(source)
    let calls = 0
    store.gate = () => {
      if (calls++ % 2 === 0) throw new Error('the disk is full')
    }
    const consumer = consumerOf(source, store)
    await consumer.start()
    await reachesTruth(source, store)
    await consumer.stop()
  })

  it('does not change when everything is said again', async () => {
    const store = await freshStore(source)
    let consumer = consumerOf(source, store)
    await consumer.start()
    await reachesTruth(source, store)
    await consumer.stop()
    const { url } = consumer.status().upstreams[0]!
    const end = (await store.cursors()).get(url)!
    expect(end).toBeGreaterThan(0)

    await rewind(source, store)
    const before = store.batches.length
    consumer = consumerOf(source, store)
    await consumer.start()
    await store.until(async () => ((await store.cursors()).get(url) ?? 0) >= end)
    await reachesTruth(source, store)
    await consumer.stop()
    const again = store.batches.slice(before).flatMap(({ events }) => events)
    // A Jetstream tells a commit in parts: those of an account's newest commit are taken again.
    if (!source.includes('jetstream')) expect(again.filter(({ type }) => type === 'commit')).toEqual([])
  })
})
