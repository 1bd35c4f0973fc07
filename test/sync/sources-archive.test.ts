/** A folder of repositories: what is believed, what is not, and how it goes on. */
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secp256k1Keypair } from '@atproto/crypto'
import { blocksToCarFile, MemoryBlockstore, Repo, WriteOpAction } from '@atproto/repo'
import { type TestNetwork, testNetwork } from '@frost/network/testing'
import { type ConsumerOptions, type ConsumerStatus, createConsumer } from '@frost/sync'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newAccount } from '../stand.ts'
import { LoggedStore } from './logged-store.ts'
import { type Account, heldAtHost, keepRepository, put, THING, WANTED } from './told-history.ts'

let network: TestNetwork
let ada: Account
let bob: Account
let folder: string
let store: LoggedStore

beforeAll(async () => {
  network = await testNetwork()
  ada = await newAccount(network, 'ada')
  bob = await newAccount(network, 'bob')
  for (const account of [ada, bob]) await put(account, 'one')
})
afterAll(() => network[Symbol.asyncDispose]())
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'frost-archive-'))
  store = new LoggedStore()
})
afterEach(() => rm(folder, { recursive: true, force: true }))

type Counters = ConsumerStatus['counters']

/** Follows upstreams until the condition holds. */
async function following(
  upstreams: readonly string[],
  until: (counters: Counters) => boolean | Promise<boolean>,
  more: Partial<ConsumerOptions> = {},
): Promise<Counters> {
  const consumer = createConsumer({
    store,
    upstreams,
    collections: name => WANTED.includes(name),
    plcUrl: network.plcUrl,
    allowLoopbackHttp: true,
    limits: { reconnectFrom: 10, reconnectTo: 20 },
    ...more,
  })
  await consumer.start()
  const counters = () => consumer.status().counters
  await store.until(() => until(counters()), counters)
  await consumer.stop()
  return counters()
}

const holds = async (account: Account) =>
  JSON.stringify(store.held(account.did)) === JSON.stringify(await heldAtHost(account))

describe('an archive', () => {
  it('is read in folders below, and after a restart only what came since', async () => {
    await mkdir(join(folder, 'a', 'b'), { recursive: true })
    await keepRepository(ada, folder, join('a', 'b', 'zzz.car'))
    await following([`archive:${folder}`], () => holds(ada))
    // Its name comes before the other: what counts is when it came.
    await keepRepository(bob, folder, 'aaa.car')
    const { messages } = await following([`archive:${folder}`], () => holds(bob))
    expect(messages).toBe(1)
  })

  it('names the file that is broken, goes on, and reads it once it is mended', async () => {
    await keepRepository(ada, folder, 'ada.car')
    const whole = await readFile(join(folder, 'ada.car'))
    await writeFile(join(folder, 'ada.car'), whole.subarray(0, whole.length - 10))
    await keepRepository(bob, folder, 'bob.car')
    const errors: string[] = []
    const onError = (error: unknown) => errors.push((error as Error).message)
    const counters = await following([`archive:${folder}`], () => holds(bob), { onError })
    expect(counters['rejected.archive']).toBe(1)
    expect(errors).toEqual([expect.stringMatching(/ada\.car: .*CAR is truncated/)])
    expect(store.held(ada.did)).toEqual({})
    await writeFile(join(folder, 'ada.car'), whole)
    await following([`archive:${folder}`], () => holds(ada))
  })

  it('does not believe a file that the account did not sign, unless it is told to', async () => {
    const forger = await Secp256k1Keypair.create()
    const write = {
      action: WriteOpAction.Create as const,
      collection: THING as `${string}.${string}.${string}`,
      rkey: 'forged',
      record: { $type: THING },
    }
    const forged = await Repo.create(new MemoryBlockstore(), ada.did as never, forger, [write])
    const { storage } = forged as unknown as { storage: MemoryBlockstore }
    await writeFile(join(folder, 'forged.car'), await blocksToCarFile(forged.cid, storage.blocks))
    const rejected = ({ 'rejected.archive': count }: Counters) => count === 1
    const errors: string[] = []
    const onError = (error: unknown) => errors.push((error as Error).message)
    await following([`archive:${folder}`], rejected, { onError })
    expect(errors[0]).toContain('is not signed by a key of its account')
    expect(store.held(ada.did)).toEqual({})

    store = new LoggedStore()
    await following([`archive:${folder}?trusted`], () => Object.keys(store.held(ada.did)).length === 1)
    expect(store.held(ada.did)).toHaveProperty(`${THING}/forged`)
  })

  it('waits for its folder, and for the directory of keys', async () => {
    await keepRepository(ada, folder, 'ada.car')
    const away = `${folder}-away`
    await rename(folder, away)
    let stages = 0
    const onError = () => {
      if (++stages === 2) void rename(away, folder)
    }
    await following([`archive:${folder}`], () => holds(ada), { onError })
    expect(stages).toBeGreaterThanOrEqual(2)

    store = new LoggedStore()
    let asked = 0
    const unreachable = 'http://localhost:1'
    const consumer = createConsumer({
      store,
      upstreams: [`archive:${folder}`],
      collections: name => WANTED.includes(name),
      plcUrl: unreachable,
      allowLoopbackHttp: true,
      limits: { reconnectFrom: 5, reconnectTo: 10 },
      onError: () => {
        asked++
      },
    })
    await consumer.start()
    await expect.poll(() => asked, { timeout: 20_000 }).toBeGreaterThan(2)
    await consumer.stop()
    expect((await store.cursors()).size).toBe(0)
    await following([`archive:${folder}`], () => holds(ada))
  })

  it('is what there is of an account that is known already, and whose host is gone', async () => {
    await keepRepository(ada, folder, 'ada.car')
    // As a relay's list leaves it: to be fetched, from a host that answers nobody.
    const host = 'http://localhost:1'
    for (const sync of ['desynchronized', 'in-progress'] as const) {
      store = new LoggedStore()
      const repos = [{ did: ada.did, host, active: true, sync }]
      await store.apply({ events: [], repos, cursors: new Map() })
      await following([`archive:${folder}?trusted`], () => holds(ada), { plcUrl: host })
      expect((await store.repo(ada.did))?.sync).not.toBe('synchronized')
    }
  })

  it('never brings back what is older than what is held', async () => {
    await keepRepository(ada, folder, 'early.car')
    await put(ada, 'two')
    await keepRepository(ada, folder, 'late.car')
    await following([`archive:${folder}`], () => holds(ada))
    await copyFile(join(folder, 'early.car'), join(folder, 'early-again.car'))
    const counters = await following([`archive:${folder}`], ({ messages }) => messages === 1)
    expect(counters['ignored.archived']).toBe(1)
    expect(await holds(ada)).toBe(true)
  })

  it('is a beginning from which a firehose goes on commit by commit, with no repository fetched', async () => {
    // All that the relay lists: what it lists and nobody knows is fetched, rightly.
    await keepRepository(ada, folder, 'ada.car')
    await keepRepository(bob, folder, 'bob.car')
    await following([`archive:${folder}`], async () => (await holds(ada)) && (await holds(bob)))
    const cursors = new Map([[network.relayUrl, network.relay.store.seq]])
    await store.apply({ events: [], repos: [], cursors })
    await put(ada, 'three')
    await network.relay.settled()
    const counters = await following([network.relayUrl], () => holds(ada))
    expect(counters.verified).toBe(1)
    expect(Object.keys(counters).filter(name => name.startsWith('resync'))).toEqual([])
  })
})
