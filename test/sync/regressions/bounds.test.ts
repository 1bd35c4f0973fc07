/** What strangers may make a consumer hold, on a little network over real sockets. */
import { CidLink } from '@frost/sync/cbor'
import { decodeFrame, type RepoMessage } from '@frost/sync/frame'
import { describe, expect, it } from 'vitest'
import { type CommitParts, commitBody } from '../commit-parts.ts'
import { encodeFrame } from '../encoding.ts'
import { commit, type Frame, first, letters, record, World } from '../world.ts'

const note = (rkey: string) => ({
  action: 'create' as const,
  path: `org.example.note/${rkey}`,
  block: record(rkey),
})

/** A commit with next to no blocks, in a frame of half a megabyte: fields that nobody knows are ignored. */
const padded =
  (parts: CommitParts): Frame =>
  seq =>
    encodeFrame('#commit', {
      ...commitBody({ ...parts, seq }),
      commit: new CidLink(parts.commit),
      blocks: Buffer.alloc(10),
      zz: Buffer.alloc(500_000),
    })

/** A directory that answers only when it is let. */
function heldDirectory({ network }: World): () => void {
  const open = Promise.withResolvers<void>()
  network.directory.interfere = () => open.promise.then(() => undefined)
  return () => {
    network.directory.interfere = undefined
    open.resolve()
  }
}

describe('what is under way of an upstream', () => {
  it('regression: counts with the whole of its frames', async () => {
    await using world = await World.create(1, { openBytes: 1_000_000 })
    await world.listed()
    const release = heldDirectory(world)
    const [repository] = world.account('padding', 'k256')
    for (let n = 0; n < 3; n++) world.say(padded(repository.commit([note(`n${n}`)])))
    await expect.poll(() => world.count('paused')).toBe(1)
    release()
    await world.finished()
  })

  it('regression: is bounded over all hosts together, and no host that says little waits for ever', async () => {
    await using world = await World.create(3, { hostsOpenBytes: 1_200_000 })
    await world.listed()
    const release = heldDirectory(world)
    const voices = world.network.hosts.map((host, n) => {
      const [repository] = world.account(`host${letters(n)}`, 'k256', host)
      return { repository, voice: world.follow('pds', host.origin) }
    })
    const [one, two, three] = voices as [(typeof voices)[0], (typeof voices)[0], (typeof voices)[0]]
    const tell = ({ voice, repository }: typeof one, seq: number, frame: (parts: CommitParts) => Frame) =>
      voice.message(decodeFrame(frame(repository.commit([note(`n${seq}`)]))(seq)) as RepoMessage)
    tell(one, 1, padded)
    tell(two, 1, padded)
    expect(voices.map(({ voice }) => voice.paused)).toEqual([false, false, false])
    tell(three, 1, padded)
    expect(voices.map(({ voice }) => voice.paused)).toEqual([false, false, true])
    // A relay takes nothing from what hosts share.
    world.say(commit(world.account('relayed', 'k256')[0].commit([first()])))
    release()
    await world.store.reached(three.voice.url, 1)
    await expect.poll(() => three.voice.paused).toBe(false)
    await world.store.reached(two.voice.url, 1)
    await world.finished()
    // All was given back.
    tell(one, 2, padded)
    tell(two, 2, padded)
    expect(voices.map(({ voice }) => voice.paused)).toEqual([false, false, false])
  })
})

describe('what waits while its repository is fetched', () => {
  it('regression: counts with the whole of its frames', async () => {
    await using world = await World.create(1, { waitingBytes: 1_200_000 })
    const [repository] = await world.settled()
    const [host] = world.network.hosts
    const [asked, open] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    world.next()
    repository.commit([])
    const broken = commit(repository.commit([note('seen')]))
    const car = repository.car()
    host!.interfere = async path => {
      if (!path.includes('getRepo?')) return undefined
      host!.interfere = undefined
      asked.resolve()
      await open.promise
      return { status: 200, bytes: car }
    }
    world.say(broken)
    await asked.promise
    // Of what is part of the CAR already nothing comes of it but that it waits.
    const stale = repository.commit([note('again')])
    for (let n = 0; n < 3; n++) world.say(padded({ ...stale, rev: '2222222222222' }))
    await world.finished()
    open.resolve()
    await world.agrees(repository)
    expect(world.count('desynchronized.overflow')).toBe(1)
  })
})

describe('memory for repositories that are fetched', () => {
  it('regression: is theirs until they are stored', async () => {
    // Each takes some 41 KB, and may take 45.
    const limits = { fetchingBytes: 180_000, resyncsPerHost: 6 }
    await using world = await World.create(1, limits)
    await world.listed()
    const [host] = world.network.hosts
    const [asked, open] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let fetches = 0
    host!.interfere = async path => {
      if (!path.includes('getRepo?')) return undefined
      if (++fetches === 6) asked.resolve()
      await open.promise
      return undefined
    }
    const repositories = Array.from({ length: 6 }, (_, n) => world.account(`big${letters(n)}`, 'k256')[0])
    for (const repository of repositories) {
      const block = record('x'.repeat(40_000))
      repository.commit([{ action: 'create', path: 'org.example.note/big', block }])
      await world.consumer.track(repository.did)
    }
    await asked.promise
    world.store.dead = true
    open.resolve()
    await expect.poll(() => world.count('resync.fetched') + world.count('resync.failed')).toBeGreaterThan(5)
    expect(world.count('resync.fetched')).toBe(4)
    world.store.dead = false
    for (const repository of repositories) await world.agrees(repository)
  })
})

describe('repositories in memory', () => {
  it('regression: are no more than the limit where many wait to be fetched, and all are fetched', async () => {
    const limits = { repositories: 2, resyncs: 1, resyncsPerHost: 1 }
    await using world = await World.create(1, limits)
    await world.listed()
    const { hosts } = world.network
    const [asked, open] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    hosts[0]!.interfere = async path => {
      if (!path.includes('getRepo?')) return undefined
      asked.resolve()
      await open.promise
      return undefined
    }
    const repositories = Array.from({ length: 8 }, (_, n) => world.account(`waits${letters(n)}`, 'k256')[0])
    for (const repository of repositories) {
      repository.commit([first()])
      await world.consumer.track(repository.did)
    }
    await asked.promise
    const read: string[] = []
    const { store } = world
    const repo = store.repo.bind(store)
    store.repo = did => {
      read.push(did)
      return repo(did)
    }
    for (const repository of repositories) world.say(commit(repository.commit([note('more')])))
    await world.finished()
    store.repo = repo
    // All but the one that is being fetched, and what was left of the others, had been dropped.
    expect(new Set(read).size).toBeGreaterThanOrEqual(5)
    open.resolve()
    for (const repository of repositories) await world.agrees(repository)
    // So it is with those that a restart finds.
    hosts[0]!.interfere = () => ({ status: 503 })
    for (const repository of repositories) {
      world.next()
      repository.commit([])
      world.say(commit(repository.commit([note('last')])))
    }
    await world.finished()
    await world.stop()
    hosts[0]!.interfere = undefined
    await world.start()
    for (const repository of repositories) await world.agrees(repository)
  })
})
