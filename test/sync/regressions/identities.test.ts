/** What went wrong once with the names, hosts and standing of accounts, on a little network over real sockets. */
import { describe, expect, it } from 'vitest'
import { commit, first, message, record, World } from '../world.ts'

const handleOf = async (world: World, did: string) => (await world.store.repo(did))?.handle

describe('the handle of an account', () => {
  it('that changed while the frame was lost is learned at the next look at the list', async () => {
    let ahead = 0
    await using world = await World.create(1, {}, () => Date.now() + ahead)
    const [repository, account] = world.account('renamed', 'k256')
    account.handle = 'before.test'
    world.network.house(account, world.network.hosts[0]!)
    world.say(commit(repository.commit([first()])))
    await world.store.until(async () => (await handleOf(world, account.did)) === 'before.test')

    account.handle = 'after.test'
    world.network.house(account, world.network.hosts[0]!)
    // Documents are looked at again once a day; the revs of what is said stay behind that clock.
    ahead = 86_400_001
    world.sweep()
    await world.store.until(async () => (await handleOf(world, account.did)) === 'after.test')
  })

  it('stays where the host that confirms it cannot be reached, and goes where it says no', async () => {
    await using world = await World.create()
    const [host] = world.network.hosts
    const [repository, account] = world.account('kept', 'k256')
    account.handle = 'kept.test'
    world.network.house(account, host!)
    world.say(commit(repository.commit([first()])))
    await world.store.until(async () => (await handleOf(world, account.did)) === 'kept.test')

    host!.interfere = path => (path.includes('resolveHandle') ? { status: 503 } : undefined)
    world.say(message('#identity', account.did))
    await world.finished()
    expect(await handleOf(world, account.did)).toBe('kept.test')
    expect(host!.asked.filter(path => path.includes('resolveHandle')).length).toBeGreaterThanOrEqual(2)

    host!.interfere = path =>
      path.includes('resolveHandle') ? { status: 400, json: { error: 'HandleNotFound' } } : undefined
    world.say(message('#identity', account.did))
    await world.finished()
    expect(await handleOf(world, account.did)).toBeUndefined()
  })

  it('regression: that is slow to be confirmed keeps nobody else waiting, however often it is announced', {
    timeout: 12_000,
  }, async () => {
    await using world = await World.create(1, { openMessages: 40 })
    const [host] = world.network.hosts
    const [, account] = await world.settled('slow')
    const [other] = await world.settled('swift')
    account.handle = 'slow.test'
    world.network.house(account, host!)
    const [asked, open] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    host!.interfere = async path => {
      if (!path.includes('resolveHandle')) return undefined
      asked.resolve()
      await open.promise
      return undefined
    }
    world.say(message('#identity', account.did))
    await asked.promise
    for (let n = 0; n < 60; n++) {
      world.say(message('#identity', account.did))
      const note = { action: 'create', path: `org.example.note/n${n}`, block: record(`n${n}`) } as const
      world.say(commit(other.commit([note])))
    }
    await world.agrees(other)
    expect(host!.asked.filter(path => path.includes('resolveHandle'))).toHaveLength(1)
    open.resolve()
    await world.finished()
    expect(await handleOf(world, account.did)).toBe('slow.test')
  })

  it('is the one of now, though an answer of before was on its way when the change was told', async () => {
    await using world = await World.create()
    const [host] = world.network.hosts
    const [repository, account] = world.account('flight', 'k256')
    account.handle = 'before.test'
    world.network.house(account, host!)
    const open = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const { directory, documents } = world.network
    const old = documents.get(account.did)
    directory.interfere = async () => {
      directory.interfere = undefined
      begun.resolve()
      await open.promise
      return { status: 200, json: old }
    }
    world.say(commit(repository.commit([first()])))
    await begun.promise
    account.handle = 'after.test'
    world.network.house(account, host!)
    world.say(message('#identity', account.did))
    open.resolve()
    await world.store.until(async () => (await handleOf(world, account.did)) !== undefined)
    await world.finished()
    world.say(message('#identity', account.did))
    await world.finished()
    await world.agrees(repository)
    expect(await handleOf(world, account.did)).toBe('after.test')
  })

  it('that changed while the directory was away is learned when it is back', async () => {
    await using world = await World.create()
    const [repository, account] = await world.settled()
    const { directory, hosts } = world.network
    let asked = 0
    const refused = Promise.withResolvers<void>()
    directory.interfere = () => {
      if (++asked === 3) refused.resolve()
      return { status: 503 }
    }
    account.handle = 'late.test'
    world.network.house(account, hosts[0]!)
    world.say(message('#identity', account.did))
    await refused.promise
    expect(await handleOf(world, account.did)).toBeUndefined()
    directory.interfere = undefined
    await world.store.until(async () => (await handleOf(world, account.did)) === 'late.test')
    await world.agrees(repository)
  })
})

describe('an account', () => {
  it('whose DID has a tombstone stays hidden, though its host goes on listing it as active', async () => {
    await using world = await World.create()
    const [, account] = await world.settled()
    world.network.documents.set(account.did, 'gone')
    world.say(message('#identity', account.did))
    await world.store.until(async () => (await world.store.repo(account.did))?.active === false)
    const told = world.store.batches.length
    for (let round = 0; round < 3; round++) {
      const sweeps = world.count('sweeps')
      const asked = world.network.directory.asked.length
      world.sweep()
      await expect.poll(() => world.count('sweeps')).toBeGreaterThan(sweeps)
      await expect.poll(() => world.network.directory.asked.length).toBeGreaterThan(asked)
    }
    const [after] = await world.settled()
    expect(world.store.visible(after.did).size).toBe(1)
    const events = world.store.batches.slice(told).flatMap(batch => batch.events)
    expect(events.filter(({ type, did }) => type === 'account' && did === account.did)).toEqual([])
    expect(world.store.visible(account.did).size).toBe(0)
  })

  it('that moved is served by its new host alone', async () => {
    await using world = await World.create(2)
    const [repository, account] = await world.settled()
    world.network.house(account, world.network.hosts[1]!)
    world.say(message('#identity', account.did))
    const moved = world.network.hosts[1]!.origin
    await world.store.until(async () => (await world.store.repo(account.did))?.host === moved)
    const [old] = world.network.hosts
    old!.asked.length = 0
    repository.commit([])
    world.say(commit(repository.commit([])))
    await world.agrees(repository)
    expect(old!.asked).toEqual([])
  })

  it('that writes with a new key is believed after one look at its document', async () => {
    let ahead = 0
    await using world = await World.create(1, {}, () => Date.now() + ahead)
    const [repository, account] = await world.settled()
    const { directory } = world.network
    repository.signWith('p256')
    world.network.house({ ...account, key: repository.key }, world.network.hosts[0]!)
    // Younger than a few seconds a document is not fetched again.
    ahead = 6000
    directory.asked.length = 0
    world.say(commit(repository.commit([])))
    await world.agrees(repository)
    expect(directory.asked).toHaveLength(1)
    expect([world.count('verified'), world.count('resynced')]).toEqual([2, 0])
  })
})
