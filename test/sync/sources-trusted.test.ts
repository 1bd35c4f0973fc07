/** What is taken on trust gives way to what is verified, and loses nothing while that is fetched. */
import { type TestNetwork, testNetwork } from '@frost/network/testing'
import { type Consumer, createConsumer } from '@frost/sync'
import { cidOfBlock, cidToText } from '@frost/sync/cid'
import { formatTid } from '@frost/sync/tid'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { newAccount } from '../stand.ts'
import { encode } from './encoding.ts'
import { JetstreamServer } from './jetstream-server.ts'
import { LoggedStore } from './logged-store.ts'
import { type Account, heldAtHost, put, THING, WANTED } from './told-history.ts'

let network: TestNetwork
let jetstream: JetstreamServer
let store: LoggedStore
let consumer: Consumer

beforeAll(async () => {
  network = await testNetwork()
})
afterAll(() => network[Symbol.asyncDispose]())
beforeEach(async () => {
  jetstream = await JetstreamServer.start()
  store = new LoggedStore()
})
afterEach(async () => {
  await consumer.stop()
  await jetstream[Symbol.asyncDispose]()
})

async function following(...upstreams: string[]): Promise<void> {
  consumer = createConsumer({
    store,
    upstreams,
    collections: name => WANTED.includes(name),
    collectionNames: WANTED,
    plcUrl: network.plcUrl,
    allowLoopbackHttp: true,
    limits: { reconnectFrom: 20, retryFrom: 20 },
  })
  await consumer.start()
  const connected = () => consumer.status().upstreams.every(upstream => upstream.connected)
  await expect.poll(connected, { timeout: 20_000 }).toBe(true)
}

async function agrees(account: Account): Promise<void> {
  const held = JSON.stringify(await heldAtHost(account))
  await store.until(
    () => JSON.stringify(store.held(account.did)) === held,
    () => [store.held(account.did), held, consumer.status()],
  )
}

it('loses nothing that a Jetstream tells while the repository is being fetched', async () => {
  const account = await newAccount(network, 'sleepy')
  await following(`jetstream+${jetstream.url}`)
  await jetstream.follow(network.relayUrl)
  await put(account, 'first')
  await agrees(account)
  for (let round = 0; round < 5; round++) {
    await account.agent.com.atproto.server.deactivateAccount({})
    await account.agent.com.atproto.server.activateAccount()
    // Awake again it is fetched, and meanwhile it writes.
    for (let n = 0; n < 3; n++) await put(account, `r${round}-${n}`)
  }
  await agrees(account)
  expect(consumer.status().counters['resync.fetched']).toBeGreaterThan(0)
})

it('takes back what a Jetstream made up as soon as the account writes', async () => {
  const account = await newAccount(network, 'slandered')
  await following(network.relayUrl, `jetstream+${jetstream.url}`)
  const record = { $type: THING, text: 'never written' }
  const time = Date.now() * 1000
  const commit = { rev: formatTid(time), operation: 'create', collection: THING, rkey: 'forged', record }
  const cid = cidToText(cidOfBlock(encode(record)))
  jetstream.append({ did: account.did, time_us: time, kind: 'commit', commit: { ...commit, cid } as never })
  await store.until(() => `${THING}/forged` in store.held(account.did))
  await put(account, 'written')
  await agrees(account)
  expect(consumer.status().counters['desynchronized.trusted']).toBe(1)
})
