/** Consumers on a real relay and two real PDSes, with a store that remembers what it was given. */
import { type TestNetwork, testNetwork } from '@frost/network/testing'
import { type Consumer, type ConsumerOptions, type ConsumerStatus, createConsumer } from '@frost/sync'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { newAccount } from '../stand.ts'
import { LoggedStore } from './logged-store.ts'
import { type Account, heldAtHost, WANTED } from './told-history.ts'

export const ALPHA = 'alpha'
export const BETA = 'beta'

/** Network and store of the tests of one file: the network lasts as long as they do, the store and its consumers for one. */
export class UpstreamsStand {
  #network: TestNetwork | undefined
  store = new LoggedStore()
  running: Consumer[] = []
  #accounts = 0

  constructor() {
    beforeAll(async () => {
      this.#network = await testNetwork({
        pdses: [ALPHA, BETA].map(name => ({ name, domain: `${name}.test` })),
      })
    })
    afterAll(() => this.network[Symbol.asyncDispose]())
    beforeEach(() => {
      this.store = new LoggedStore()
    })
    afterEach(async () => {
      this.network.relay.faults.clear()
      this.store.gate = () => undefined
      await this.stopAll()
    })
  }

  get network(): TestNetwork {
    return this.#network!
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.running.map(consumer => consumer.stop()))
    this.running = []
  }

  async following(upstreams: readonly string[], more: Partial<ConsumerOptions> = {}): Promise<Consumer> {
    const consumer = createConsumer({
      store: this.store,
      upstreams,
      collections: name => WANTED.includes(name),
      collectionNames: WANTED,
      plcUrl: this.network.plcUrl,
      allowLoopbackHttp: true,
      ...more,
      limits: { reconnectFrom: 20, retryFrom: 20, retryTo: 200, ...more.limits },
    })
    this.running.push(consumer)
    await consumer.start()
    return consumer
  }

  accountAt(pds: string): Promise<Account> {
    return newAccount(this.network, `writer${++this.#accounts}`, pds)
  }

  urlOf(pds: string): string {
    return this.network.pds(pds).url.replace('http', 'ws')
  }

  /** Resolves when what is stored of the accounts is what their hosts hold now. */
  async agrees(...list: Account[]): Promise<void> {
    const { store } = this
    const truth = new Map<string, string>()
    for (const account of list) truth.set(account.did, JSON.stringify(await heldAtHost(account)))
    await store.until(
      () => [...truth].every(([did, held]) => JSON.stringify(store.held(did)) === held),
      () => list.map(({ did }) => ({ did, held: store.held(did), truth: truth.get(did) })),
    )
  }

  /** Resolves when the stored cursor is that of the relay's newest message. */
  upToDate(): Promise<void> {
    const { store, network } = this
    return store.until(
      async () => (await store.cursors()).get(network.relayUrl) === network.relay.store.seq,
      () => this.running[0]?.status(),
    )
  }
}

/** What will be so before long. */
export const soon = <T>(value: () => T) => expect.poll(value, { timeout: 20_000 })

export const counters = (consumer: Consumer): ConsumerStatus['counters'] => consumer.status().counters
