/** What went wrong once with what is looked for in lists, on a little network over real sockets. */
import { describe, expect, it } from 'vitest'
import { commit, first, message, record, World } from '../world.ts'

const SIX_HOURS = 21_600_000

const note = (rkey: string) =>
  ({ action: 'create', path: `org.example.note/${rkey}`, block: record(rkey) }) as const

const cursorOf = async (world: World, suffix = '') =>
  (await world.store.cursors()).get(world.network.relay.url + suffix)

/** The relay's list is not to be had from now on; resolves when it is asked for. */
function unlisted({ network: { relay } }: World): Promise<void> {
  const asked = Promise.withResolvers<void>()
  relay.interfere = path => {
    if (!path.includes('listRepos')) return undefined
    asked.resolve()
    return new Promise(() => undefined)
  }
  return asked.promise
}

describe('a process that dies', () => {
  it('regression: before the first list was gone through goes through it after the restart', async () => {
    await using world = await World.create()
    await world.listed()
    await world.kill()
    const { relay } = world.network
    const forgotten = new Map(['', '#listed'].map(suffix => [relay.url + suffix, -1]))
    await world.store.apply({ events: [], repos: [], cursors: forgotten })
    const [old] = world.account('old', 'k256')
    old.commit([first()])
    const asked = unlisted(world)
    await world.start()
    await asked
    world.say(message('#identity', old.did))
    await world.finished()
    await world.kill()
    relay.interfere = undefined
    await world.start()
    await world.agrees(old)
  })

  it('regression: before the heads were compared after a gap compares them after the restart', async () => {
    await using world = await World.create()
    const [repository] = await world.settled()
    await world.listed()
    repository.commit([note('lost')])
    world.next()
    const asked = unlisted(world)
    world.outdated()
    await asked
    await world.store.until(async () => (await cursorOf(world, '#missed')) !== undefined)
    await world.kill()
    world.network.relay.interfere = undefined
    await world.start()
    await world.agrees(repository)
    await world.store.until(async () => (await cursorOf(world, '#missed')) === undefined)
  })

  it('regression: again and again before its next look is due looks when it is', async () => {
    let ahead = 0
    await using world = await World.create(1, {}, () => Date.now() + ahead)
    const [repository] = await world.settled()
    await world.listed()
    await world.finished()
    await world.kill()
    repository.commit([note('lost')])
    ahead = SIX_HOURS / 2
    await world.start()
    await world.kill()
    ahead = SIX_HOURS
    await world.start()
    await world.agrees(repository)
  })
})

describe('a relay', () => {
  it('regression: that counts anew hides nothing that was written between its list and the connection', async () => {
    await using world = await World.create()
    const [repository] = await world.settled()
    await world.listed()
    await world.finished()
    await world.stop()
    const { relay } = world.network
    relay.cut(true)
    const open = Promise.withResolvers<void>()
    // The first is refused for its cursor.
    let connections = 0
    relay.admit = async () => {
      if (++connections > 1) await open.promise
    }
    const listed = await cursorOf(world, '#listed')
    const started = world.start()
    await world.store.until(async () => (await cursorOf(world, '#listed')) !== listed)
    repository.commit([note('between')])
    open.resolve()
    await started
    await world.agrees(repository)
    expect(world.count('gap.reset')).toBe(1)
  })

  it('regression: that lost the last commit of an account, and lists it so, does not hide it for ever', async () => {
    await using world = await World.create(1, { hostEvery: SIX_HOURS })
    const [repository, account] = await world.settled()
    await world.finished()
    const { relay } = world.network
    const old = { did: account.did, head: account.head(), active: true }
    relay.interfere = path =>
      path.includes('listRepos') ? { status: 200, json: { repos: [old] } } : undefined
    repository.commit([note('lost')])
    await world.kill()
    await world.start()
    await world.agrees(repository)
    // Asked of its own host, and of no upstream but the relay.
    expect(world.consumer.status().upstreams.map(({ url }) => url)).toEqual([relay.url])
  })

  it('regression: whose number of a last commit fell on its way does not hide it', async () => {
    await using world = await World.create()
    const [repository] = await world.settled()
    await world.settled()
    const garbled = commit(repository.commit([note('last')]))
    world.say(() => garbled(1))
    await world.agrees(repository)
    expect([world.count('rejected.seq-order'), world.count('desynchronized.garbled')]).toEqual([1, 1])
    expect(world.count('gap.reset')).toBe(0)
  })
})
