/** Scenarios of signed messages with the verdict of the relay of the public network on each, played through a consumer. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createConsumer } from '@frost/sync'
import { readCar } from '@frost/sync/car'
import { cidToText } from '@frost/sync/cid'
import { decodeFrame } from '@frost/sync/frame'
import { EMPTY_TREE, encodeNode } from '@frost/sync/mst-node'
import { describe, expect, it } from 'vitest'
import { sharedPath } from '../shared.ts'
import { encodeCar } from './encoding.ts'
import { frameOfJson } from './json-frames.ts'
import { type Account, LittleNetwork } from './little-network.ts'
import { WatchedStore } from './watched-store.ts'

const folder = sharedPath('fixtures', 'indigo', 'relay')

interface Scenario {
  /** Messages of the older protocol, without prevData, are let through; this consumer asks the host instead. */
  readonly lenient: boolean
  readonly accounts: readonly {
    readonly identity: { did: string; keys: { atproto: { publicKeyMultibase: string } } }
  }[]
  readonly messages: readonly Message[]
}

interface Message {
  readonly frame: { readonly header: { readonly t: string }; readonly body: { readonly seq: number } & Body }
  readonly drop: boolean
  readonly invalid: boolean
  /** The account's standing changes. */
  readonly update: boolean
}

interface Body {
  readonly since?: string
  readonly prevData?: { readonly $link: string }
  readonly commit?: { readonly $link: string }
  readonly blocks?: unknown
  readonly active?: boolean
  readonly status?: Account['standing']
}

describe.skipIf(!folder)('relay scenarios', () => {
  it.each(folder ? readdirSync(folder) : [])('%s', async name => {
    const scenario = JSON.parse(readFileSync(join(folder!, name), 'utf8')) as Scenario
    await using network = await LittleNetwork.start()
    const { did, keys } = scenario.accounts[0]!.identity
    const account = played(did, keys.atproto.publicKeyMultibase)
    network.house(account, network.hosts[0]!)
    const store = new WatchedStore()
    await store.apply({
      events: [],
      repos: [stateBefore(scenario, did, network.hosts[0]!.origin)],
      cursors: new Map(),
    })
    /** Of messages; that a host cannot be fetched from is another thing. */
    const failures: Error[] = []
    let failed = Promise.withResolvers<void>()
    let highest = -1
    const consumer = createConsumer({
      store,
      upstreams: [network.relay.url],
      collections: () => true,
      plcUrl: network.directory.origin,
      allowLoopbackHttp: true,
      limits: { retryFrom: 5, retryTo: 5 },
      onError: (error, { stage }) => {
        if (stage !== 'frame' && stage !== 'verify') return
        failures.push(error as Error)
        failed.resolve()
        failed = Promise.withResolvers()
      },
    })
    const { heard } = network.relay
    await consumer.start()
    await heard
    try {
      for (const message of scenario.messages) {
        const verdict = await play(message)
        expect(verdict, `${message.frame.header.t} ${message.frame.body.seq}`).toBe(
          expected(message, scenario),
        )
      }
      await consumer.stop()
    } finally {
      await consumer.stop().catch(() => undefined)
    }

    /** Lets the relay say it, waits until it is finished, and gives what came of it. */
    async function play({ frame, drop }: Message): Promise<string> {
      const { header, body } = frame
      const before = consumer.status().counters
      const changes = store.batches.length
      const bytes = frameOfJson({ op: 1, ...header }, body)
      if (header.t === '#sync') account.told(bytes)
      if (header.t === '#account') account.standing = body.active ? 'active' : body.status!
      const refusals = failures.length
      const refused = failed.promise
      network.relay.say(body.seq, bytes)
      const rises = body.seq > highest
      highest = Math.max(highest, body.seq)
      await (rises ? Promise.race([store.reached(network.relay.url, body.seq), refused]) : refused)
      if (header.t === '#commit' && !drop) account.last = body.commit!.$link
      const state = () => store.repo(did)
      const settled = async () =>
        (await state())?.active === false || (await state())?.sync === 'synchronized'
      // Whatever a doubtful message gave cause for is over before the next: the host was asked.
      if (!scenario.lenient) await store.until(settled)
      const after = consumer.status().counters
      const grew = (counter: string) => (after[counter] ?? 0) > (before[counter] ?? 0)
      if (grew('rejected.seq-order')) return 'drop'
      if (failures.length > refusals) return 'drop'
      if (['stale', 'duplicate', 'inactive'].some(why => grew(`ignored.${why}`))) return 'drop'
      const events = store.batches.slice(changes).flatMap(batch => batch.events)
      if (header.t === '#account')
        return events.some(event => event.type === 'account' && event.active === body.active)
          ? 'update'
          : 'keep'
      if (header.t !== '#commit') return 'keep'
      if (grew('verified')) return events.some(event => event.type === 'commit') ? 'keep' : 'nothing stored'
      return (await state())?.sync === 'synchronized' ? 'nothing' : 'ask the host'
    }
  })
})

function expected({ frame, drop, invalid, update }: Message, { lenient }: Scenario): string {
  if (drop || invalid) return 'drop'
  if (update) return 'update'
  return lenient && frame.header.t === '#commit' ? 'ask the host' : 'keep'
}

/** The account's host: its head is the newest commit that is genuine; older commits of the scenario it does not have. */
function played(
  did: string,
  key: string,
): Account & { last: string | undefined; told: (sync: Uint8Array) => void } {
  let empty: { head: string; car: Uint8Array } | undefined
  const account = {
    did,
    key,
    standing: 'active' as Account['standing'],
    last: undefined as string | undefined,
    head: () => account.last ?? empty?.head,
    car: () => empty?.car ?? Buffer.alloc(0),
    collections: () => [],
    told: (sync: Uint8Array) => {
      const message = decodeFrame(sync)
      if (message.type !== 'sync') throw new Error('not a #sync')
      const { root, blocks } = readCar(message.blocks)
      const tree = encodeNode({ left: undefined, entries: [] })
      empty = { head: cidToText(root), car: encodeCar(root, [...blocks, [EMPTY_TREE, tree]]) }
    },
  }
  return account
}

function stateBefore({ messages }: Scenario, did: string, host: string) {
  const first = messages.find(({ frame }) => frame.header.t === '#commit')?.frame.body
  return {
    did,
    host,
    active: true,
    sync: 'synchronized' as const,
    commit: 'the one before',
    ...(first?.since !== undefined && { rev: first.since }),
    ...(first?.prevData && { data: first.prevData.$link }),
  }
}
