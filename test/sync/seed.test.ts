/** A consumer that begins with what another service gives: believed as far as it is signed, and compared before it counts. */
import { type BundleFile, type Consumer, type ConsumerLimits, createConsumer, keysWith } from '@frost/sync'
import { writeBundle } from '@frost/sync/bundle'
import { readCar } from '@frost/sync/car'
import { cidToText } from '@frost/sync/cid'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FastRepository } from './fast-repository.ts'
import { accountOf, LittleNetwork } from './little-network.ts'
import { createSigner } from './signer.ts'
import { WatchedStore } from './watched-store.ts'
import { commit, first, held, letters, message, record, stored, wanted } from './world.ts'

const note = (rkey: string) => ({ path: `org.example.note/${rkey}`, block: record(rkey) })

describe('a consumer that begins with a snapshot', { timeout: 20_000 }, () => {
  let network: LittleNetwork
  let store: WatchedStore
  let consumer: Consumer
  let repositories: FastRepository[]
  beforeEach(async () => {
    network = await LittleNetwork.start(2)
    store = new WatchedStore()
    consumer = make()
    repositories = Array.from({ length: 40 }, (_, n) => {
      const repository = new FastRepository(
        `did:plc:${letters(n + 100).padEnd(24, 'z')}`,
        createSigner('k256'),
      )
      network.house(accountOf(repository), network.hosts[n % 2]!)
      repository.commit([first(), { action: 'create', ...note(`of-${n}`) }])
      return repository
    })
  })
  afterEach(async () => {
    await consumer.stop()
    await network[Symbol.asyncDispose]()
  })

  const make = (upstreams = [network.relay.url], limits: Partial<ConsumerLimits> = {}) =>
    createConsumer({
      store,
      upstreams,
      collections: wanted,
      proofs: keysWith('org.example.'),
      plcUrl: network.directory.origin,
      allowLoopbackHttp: true,
      limits: { retryFrom: 2, retryTo: 20, reconnectFrom: 2, reconnectTo: 10, ...limits },
    })

  const bundleOf = (list: readonly FastRepository[], name = 'all'): BundleFile => {
    const cars = list.map(repository => readCar(repository.car()))
    const accounts = list.map(({ did }, at) => ({ did, commit: cars[at]!.root }))
    const bytes = writeBundle(
      accounts,
      cars.flatMap(({ blocks }) => [...blocks]),
    )
    return { name, read: async () => bytes }
  }
  const asked = (method: string) =>
    network.hosts.flatMap(host => host.asked).filter(path => path.includes(method)).length
  const agree = (list = repositories) => {
    for (const repository of list) expect(stored(store, repository.did)).toEqual(held(repository))
  }

  it('asks each host for its heads, a thousand in one answer, once it hears what comes next', async () => {
    expect(await consumer.seed('seed:one', [bundleOf(repositories)])).toEqual({ taken: 40, refused: 0 })
    agree()
    const heard: boolean[] = []
    for (const host of network.hosts)
      host.interfere = path => {
        if (path.includes('listRepos')) heard.push(consumer.status().upstreams.every(one => one.connected))
        return undefined
      }
    network.directory.asked.length = 0
    await consumer.start()
    await consumer.caughtUp()
    expect(heard).toEqual([true, true])
    expect([asked('getRepo?'), asked('getLatestCommit')]).toEqual([0, 0])
    // Whose documents have changed was told at once.
    expect(network.directory.asked).toEqual([expect.stringMatching(/^\/export\?/)])
    for (const { did } of repositories) expect((await store.repo(did))?.sync).toBe('synchronized')
    // The next commit follows what was restored.
    const [one] = repositories
    network.relay.say(1, commit(one!.commit([{ action: 'create', ...note('next') }]))(1))
    await store.until(async () => (await store.repo(one!.did))?.rev === one!.rev)
    agree()
    expect(asked('getRepo?')).toBe(0)
  })

  it('fetches what was written since, and hides what is gone', async () => {
    const file = bundleOf(repositories)
    const [one, two, three] = repositories
    one!.commit([{ action: 'delete', path: 'org.example.note/first' }])
    network.hosts[1]!.accounts.get(two!.did)!.standing = 'deactivated'
    network.hosts[0]!.accounts.get(three!.did)!.standing = 'deleted'
    await consumer.seed('seed:one', [file])
    await consumer.start()
    await consumer.caughtUp()
    agree([one!, ...repositories.slice(3)])
    expect(stored(store, two!.did)).toEqual({})
    expect(stored(store, three!.did)).toEqual({})
    // Each of the three was asked for itself, what was written was fetched.
    expect([asked('getLatestCommit'), asked('getRepo?')]).toEqual([3, 1])
  })

  it('believes no list of a host that an account has left meanwhile', async () => {
    const moved = repositories[0]!
    const [from, to] = network.hosts
    const account = from!.accounts.get(moved.did)!
    const file = bundleOf(repositories)
    await consumer.seed('seed:one', [file])
    // The former host goes on listing it as active, with the head that it had.
    const before = cidToText(moved.head!)
    moved.commit([{ action: 'create', ...note('elsewhere') }])
    network.house(account, to!, new Date().toISOString())
    from!.accounts.set(moved.did, { ...account, head: () => before })
    await consumer.start()
    await consumer.caughtUp()
    agree()
    expect((await store.repo(moved.did))?.host).toBe(to!.origin)
  })

  it('asks for every head where the directory exports nothing, or too much', async () => {
    for (const answer of [
      { status: 404 },
      { status: 200, bytes: Buffer.from('no operations') },
      {
        status: 200,
        bytes: Buffer.from(`${'{"did":"did:plc:x","createdAt":"2026-01-01T00:00:00Z"}\n'.repeat(1000)}`),
      },
    ]) {
      network.directory.interfere = path => (path.startsWith('/export') ? answer : undefined)
      for (const host of network.hosts) host.asked.length = 0
      await consumer.stop()
      store = new WatchedStore()
      consumer = make()
      await consumer.seed('seed:one', [bundleOf(repositories)])
      await consumer.start()
      await consumer.caughtUp()
      agree()
      expect([asked('listRepos'), asked('getLatestCommit')]).toEqual([0, 40])
    }
  })

  it('asks for those of whom something is heard while hosts list', async () => {
    const [one] = repositories
    const file = bundleOf(repositories)
    await consumer.seed('seed:one', [file])
    const before = cidToText(one!.head!)
    const listing = Promise.withResolvers<void>()
    // The list is from before the commit that comes while it is on its way.
    network.hosts[0]!.accounts.get(one!.did)!.head = () => before
    network.hosts[0]!.interfere = async path => {
      if (path.includes('listRepos')) {
        const next = one!.commit([{ action: 'create', ...note('meanwhile') }])
        network.relay.say(1, commit(next)(1))
        await store.until(async () => (await store.cursors()).get(network.relay.url) === 1)
        listing.resolve()
      }
      if (path.includes('getLatestCommit'))
        network.hosts[0]!.accounts.get(one!.did)!.head = () => cidToText(one!.head!)
      return undefined
    }
    await consumer.start()
    await consumer.caughtUp()
    await listing.promise
    agree()
    expect(asked('getRepo?')).toBe(1)
  })

  it('goes on where it was interrupted, and reads nothing twice', async () => {
    const files = [bundleOf(repositories.slice(0, 20), 'one'), bundleOf(repositories.slice(20), 'two')]
    const broken = { name: 'two', read: () => Promise.reject(new Error('the disk is away')) }
    await expect(consumer.seed('seed:one', [files[0]!, broken])).rejects.toThrow('the disk is away')
    await consumer.stop()
    agree(repositories.slice(0, 20))
    consumer = make()
    expect(await consumer.seed('seed:one', files)).toEqual({ taken: 20, refused: 0 })
    agree()
  })

  it('regression: ends with the consumer while the store refuses everything, however much is left of it', async () => {
    await consumer.stop()
    const refused = new Promise<void>(resolve => {
      store.refuses = () => {
        resolve()
        return true
      }
    })
    consumer = make([network.relay.url], { openMessages: 4 })
    const seeding = consumer.seed('seed:one', [bundleOf(repositories)])
    await Promise.all([
      expect(seeding).rejects.toThrow(),
      refused.then(() => expect(consumer.stop()).rejects.toThrow(/could not be stored/)),
    ])
    store.refuses = () => false
    consumer = make()
    expect(await consumer.seed('seed:one', [bundleOf(repositories)])).toEqual({ taken: 40, refused: 0 })
    agree()
  })

  it('takes the newer of two states, in whatever order they come', async () => {
    const before = bundleOf(repositories, 'before')
    for (const repository of repositories) repository.commit([{ action: 'create', ...note('later') }])
    const after = bundleOf(repositories, 'after')
    await consumer.seed('seed:increments', [before, after])
    agree()
    await consumer.seed('seed:again', [before])
    agree()
  })

  it('neither waits for a relay that is away nor for a host that is', async () => {
    await consumer.stop()
    await network.hosts[1]!.close()
    consumer = make(['ws://localhost:1'])
    await consumer.seed('seed:one', [bundleOf(repositories)])
    await consumer.start()
    await consumer.caughtUp()
    agree()
    const states = await Promise.all(repositories.map(({ did }) => store.repo(did)))
    expect(states.filter(state => state?.sync === 'synchronized')).toHaveLength(20)
  })

  it('asks anew at once where the account of a dead host comes back elsewhere', async () => {
    const lost = repositories.find(({ did }) => network.hosts[1]!.accounts.has(did))!
    await consumer.stop()
    await network.hosts[1]!.close()
    // Else it would be asked an hour later.
    consumer = make([network.relay.url], { retryFrom: 3_600_000, retryTo: 3_600_000 })
    await consumer.seed('seed:one', [bundleOf(repositories)])
    await consumer.start()
    await consumer.caughtUp()
    expect((await store.repo(lost.did))?.sync).toBe('desynchronized')
    network.house(accountOf(lost), network.hosts[0]!)
    lost.commit([{ action: 'create', ...note('after') }])
    network.relay.say(1, message('#identity', lost.did)(1))
    await store.until(async () => (await store.repo(lost.did))?.rev === lost.rev)
    agree([lost])
  })

  it('refuses what is forged with the reason, and asks the host instead', async () => {
    const [forged] = repositories
    const stranger = new FastRepository(forged!.did, createSigner('k256'))
    stranger.commit([{ action: 'create', ...note('forged') }])
    const list = [stranger, ...repositories.slice(1)]
    const errors: string[] = []
    await consumer.stop()
    consumer = createConsumer({
      store,
      upstreams: [network.relay.url],
      collections: wanted,
      proofs: keysWith('org.example.'),
      plcUrl: network.directory.origin,
      allowLoopbackHttp: true,
      onError: error => errors.push((error as Error).message),
    })
    expect(await consumer.seed('seed:one', [bundleOf(list)])).toEqual({ taken: 39, refused: 1 })
    expect(errors).toEqual([expect.stringContaining(`repository of '${forged!.did}' is not signed by a key`)])
    expect(stored(store, forged!.did)).toEqual({})
    await consumer.start()
    await consumer.caughtUp()
    agree()
  })
})
