/** What went wrong once while repositories were fetched, on a little network over real sockets. */
import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { encode } from '../encoding.ts'
import { accountOf, Host } from '../little-network.ts'
import { commit, type Frame, first, held, letters, message, record, stored, World } from '../world.ts'

const note = (rkey: string, text = rkey) => ({ path: `org.example.note/${rkey}`, block: record(text) })

/** A byte of its blocks changed. */
const garbled =
  (frame: Frame): Frame =>
  number => {
    const bytes = Buffer.from(frame(number))
    bytes[bytes.indexOf('eroots') + 100]! ^= 4
    return bytes
  }

/** Some 50 bytes a second. */
function trickle(response: ServerResponse): void {
  const timer = setInterval(() => response.write('.'), 20)
  response.on('close', () => clearInterval(timer))
}

/** Said and lost on the way. */
function lost(world: World): void {
  world.next()
}

describe('a repository that is fetched', () => {
  it('ends as its host has it: what it lost meanwhile is deleted', async () => {
    await using world = await World.create()
    const [repository] = await world.settled()
    world.say(
      commit(
        repository.commit([
          { action: 'create', ...note('a') },
          { action: 'create', ...note('b') },
        ]),
      ),
    )
    await world.agrees(repository)
    repository.commit([{ action: 'delete', path: 'org.example.note/a' }])
    repository.commit([{ action: 'update', ...note('b', 'other') }])
    lost(world)
    world.say(commit(repository.commit([{ action: 'create', ...note('c') }])))
    await world.agrees(repository)
    expect(Object.keys(stored(world.store, repository.did))).toEqual(
      ['b', 'c', 'first'].map(key => `org.example.note/${key}`),
    )
    const resynced = world.store.batches
      .flatMap(({ events }) => events)
      .flatMap(event => (event.type === 'commit' && event.origin === 'resync' ? event.changes : []))
    expect(resynced.map(({ action, rkey }) => `${action} ${rkey}`).toSorted()).toEqual([
      'create c',
      'delete a',
      'update b',
    ])
    expect([world.count('desynchronized.chain'), world.count('resynced')]).toEqual([1, 1])
  })

  it('takes in afterwards what was said meanwhile, in order and without another fetch', async () => {
    await using world = await World.create()
    const [repository] = await world.settled()
    const [host] = world.network.hosts
    const [asked, open] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    repository.commit([{ action: 'create', ...note('lost') }])
    lost(world)
    world.say(commit(repository.commit([{ action: 'create', ...note('seen') }])))
    const car = repository.car()
    host!.interfere = async path => {
      if (!path.includes('getRepo?')) return undefined
      asked.resolve()
      await open.promise
      return { status: 200, bytes: car }
    }
    await asked.promise
    for (const rkey of ['x', 'y', 'z'])
      world.say(commit(repository.commit([{ action: 'create', ...note(rkey) }])))
    await world.finished()
    expect((await world.store.repo(repository.did))?.sync).toBe('in-progress')
    open.resolve()
    await world.agrees(repository)
    expect(host!.asked.filter(path => path.includes('getRepo?'))).toHaveLength(1)
    expect(world.count('verified')).toBe(4)
  })

  it('is fetched once more where a garbled frame came meanwhile', async () => {
    await using world = await World.create()
    const [repository] = await world.settled()
    const [host] = world.network.hosts
    const [asked, open] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    repository.commit([])
    lost(world)
    world.say(commit(repository.commit([{ action: 'create', ...note('seen') }])))
    const [car, head] = [repository.car(), repository.head]
    host!.interfere = async path => {
      if (!path.includes('getRepo?')) return undefined
      host!.interfere = undefined
      asked.resolve()
      await open.promise
      return { status: 200, bytes: car }
    }
    await asked.promise
    const last = repository.commit([{ action: 'create', ...note('unread') }])
    // Not even its shape can be read, but whose it is.
    world.say(message('#commit', repository.did, { repo: repository.did, rev: last.rev, ops: 'garbled' }))
    await world.finished()
    open.resolve()
    await world.agrees(repository)
    expect(repository.head).not.toBe(head)
    expect(world.count('desynchronized.overflow')).toBe(1)
  })

  it('is read by the type of its records, not by the types of what is in them', async () => {
    await using world = await World.create()
    const [repository] = await world.settled()
    const block = encode({
      $type: 'org.example.note',
      embed: { $type: 'app.bsky.embed.record' },
      more: [{ $type: 'app.bsky.feed.post' }],
    })
    repository.commit([{ action: 'create', path: 'org.example.note/embedding', block }])
    lost(world)
    world.say(commit(repository.commit([])))
    await world.agrees(repository)
    expect(stored(world.store, repository.did)).toHaveProperty(['org.example.note/embedding'])
  })

  it('is fetched after a restart where the process died in between', async () => {
    await using world = await World.create()
    const [repository] = await world.settled()
    const [host] = world.network.hosts
    const asked = Promise.withResolvers<void>()
    host!.interfere = path => {
      if (path.includes('getRepo?')) asked.resolve()
      return path.includes('getRepo?') ? new Promise(() => undefined) : undefined
    }
    repository.commit([{ action: 'create', ...note('lost') }])
    lost(world)
    world.say(commit(repository.commit([])))
    await asked.promise
    await world.store.until(async () => (await world.store.repo(repository.did))?.sync === 'in-progress')
    await world.finished()
    await world.kill()
    host!.interfere = undefined
    await world.start()
    await world.agrees(repository)
  })

  it('is fetched once, however many of its commits do not fit', async () => {
    await using world = await World.create()
    const [repository] = await world.settled()
    repository.commit([])
    lost(world)
    for (let n = 0; n < 20; n++)
      world.say(commit(repository.commit([{ action: 'create', ...note(`n${n}`) }])))
    await world.agrees(repository)
    expect(world.count('desynchronized.chain')).toBe(1)
  })
})

describe('the first that is seen of a repository', () => {
  it('may be a commit that was garbled on its way: its host tells the genuine one', async () => {
    await using world = await World.create()
    await world.listed()
    const [repository] = world.account('garbled', 'k256')
    world.say(garbled(commit(repository.commit([first()]))))
    await world.agrees(repository)
    expect(Object.keys(held(repository))).toHaveLength(1)
    expect(world.count('verified')).toBe(0)
  })

  it('may come while the directory is away', async () => {
    await using world = await World.create()
    await world.listed()
    const [repository] = world.account('early', 'p256')
    const { directory } = world.network
    let refused = 0
    const twice = Promise.withResolvers<void>()
    directory.interfere = () => {
      if (++refused === 2) twice.resolve()
      return { status: 503 }
    }
    world.say(commit(repository.commit([first()])))
    await world.finished()
    await twice.promise
    directory.interfere = undefined
    await world.agrees(repository)
  })
})

describe('a host', () => {
  it('that is dead stalls the backfill of its own repositories alone', async () => {
    await using world = await World.create(2)
    const [dead, alive] = world.network.hosts
    dead!.interfere = () => new Promise(() => undefined)
    const waiting = Array.from({ length: 40 }, (_, n) => world.account(`dead${letters(n)}`, 'k256', dead)[0])
    const repositories = Array.from(
      { length: 10 },
      (_, n) => world.account(`alive${letters(n)}`, 'k256', alive)[0],
    )
    for (const repository of [...waiting, ...repositories]) {
      repository.commit([first()])
      await world.consumer.track(repository.did)
    }
    for (const repository of repositories) await world.agrees(repository)
    expect(waiting.filter(({ did }) => world.store.visible(did).size > 0)).toEqual([])
    dead!.interfere = undefined
  })

  it('regression: that gives a byte now and then holds no place for long, and is left alone after that', async () => {
    const limits = { resyncs: 1, fetchPatience: 200, retryFrom: 3_600_000, retryTo: 3_600_000 }
    await using world = await World.create(2, limits)
    await world.listed()
    const [slow, quick] = world.network.hosts
    slow!.interfere = path => (path.includes('getRepo?') ? { status: 200, body: trickle } : undefined)
    const hosts = [slow, slow, quick]
    const repositories = hosts.map((host, n) => world.account(`trickle${letters(n)}`, 'k256', host)[0])
    for (const repository of repositories) {
      repository.commit([first()])
      await world.consumer.track(repository.did)
    }
    await world.agrees(repositories[2]!)
    expect(slow!.asked.filter(path => path.includes('getRepo?'))).toHaveLength(1)
  })

  it('that lists false heads for accounts of others delays nobody', async () => {
    await using world = await World.create()
    await using liar = new Host()
    await liar.listen()
    const [repository] = await world.settled()
    const [home] = world.network.hosts
    const lie = accountOf(repository)
    lie.head = () => 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'
    liar.accounts.set(lie.did, lie)
    world.follow('pds', liar.origin)
    home!.asked.length = 0
    const lists = () => liar.asked.filter(path => path.includes('listRepos')).length
    for (let round = 1; round <= 2; round++) {
      world.sweep()
      await expect.poll(lists, { timeout: 20_000 }).toBeGreaterThanOrEqual(round)
    }
    // What was compared in the second round is done with when the third begins.
    world.sweep()
    await expect.poll(lists, { timeout: 20_000 }).toBeGreaterThanOrEqual(3)
    // The truth comes as fast as ever, and nothing was fetched on the liar's word.
    world.say(commit(repository.commit([{ action: 'create', ...note('after') }])))
    await world.agrees(repository)
    expect(world.count('desynchronized.head')).toBe(0)
    expect(home!.asked.filter(path => path.includes('getRepo') || path.includes('getLatestCommit'))).toEqual(
      [],
    )
  })
})
