/** The network in a box with accounts that write, and what its relay is asked. */
import type { Account, Pds } from '@frost/network'
import { type TestNetwork, testNetwork } from '@frost/network/testing'
import { afterAll, afterEach, beforeAll } from 'vitest'
import type { Message } from './firehose.ts'

export const THING = 'org.example.thing'

/** A network that lasts as long as the tests of one file; faults of its relay end with each test. */
export class RelayStand {
  #network: TestNetwork | undefined
  #accounts = 0

  constructor() {
    beforeAll(async () => {
      this.#network = await testNetwork()
    })
    afterAll(() => this.network[Symbol.asyncDispose]())
    afterEach(() => this.network.relay.faults.clear())
  }

  get network(): TestNetwork {
    return this.#network!
  }

  newAccount(pds = 'icehub'): Promise<Account> {
    return this.network.pds(pds).createAccount({ handle: `writer${++this.#accounts}` })
  }

  pdsOf(account: Account): Pds {
    return this.network.pdses.find(({ url }) => url === account.service)!
  }

  async put(account: Account, rkey: string, collection = THING): Promise<void> {
    const record = { $type: collection, rkey, createdAt: '2026-01-01T00:00:00.000Z' }
    const body = { repo: account.did, collection, rkey, record }
    await this.pdsOf(account).call('com.atproto.repo.putRecord', { session: account, body })
  }

  async remove(account: Account, rkey: string, collection = THING): Promise<void> {
    const body = { repo: account.did, collection, rkey }
    await this.pdsOf(account).call('com.atproto.repo.deleteRecord', { session: account, body })
  }

  latestCommit(account: Account): Promise<{ cid: string; rev: string }> {
    return this.pdsOf(account).call('com.atproto.sync.getLatestCommit', { params: { did: account.did } })
  }

  /** Asks the relay; the answer's status and body. */
  async ask(method: string, params: Record<string, string> = {}) {
    const url = `${this.network.relay.httpUrl}/xrpc/com.atproto.sync.${method}?${new URLSearchParams(params)}`
    const response = await fetch(url, { redirect: 'manual' })
    return {
      status: response.status,
      headers: response.headers,
      body: await response.json().catch(() => undefined),
    }
  }

  async withCollection(collection: string): Promise<string[]> {
    const { body } = await this.ask('listReposByCollection', { collection })
    return body.repos.map(({ did }: { did: string }) => did)
  }
}

/** Record keys of the commits' writes, in the order in which they were told. */
export function paths(messages: readonly Message[]): string[] {
  return messages.flatMap(({ type, body }) =>
    type === '#commit' ? (body.ops as { path: string }[]).map(({ path }) => path.split('/')[1]!) : [],
  )
}
