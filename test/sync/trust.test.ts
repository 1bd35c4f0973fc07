/** Words that are taken on trust beside those that are verified: none of them stands against what can be verified. */
import type { EventSource } from '@frost/sync'
import { cidOfBlock, cidToText } from '@frost/sync/cid'
import type { SourceSink } from '@frost/sync/source'
import { formatTid } from '@frost/sync/tid'
import { expect, it } from 'vitest'
import type { FastRepository } from './fast-repository.ts'
import { commit, first, record, stored, syncOf, World } from './world.ts'

/** A Jetstream that says what it is told to. */
class Jetstream implements EventSource {
  sink!: SourceSink
  #seq = 0

  start(sink: SourceSink): void {
    this.sink = sink
    sink.cursor()
    sink.connected(true)
  }

  created({ did }: FastRepository, rkey: string, rev: string): void {
    const bytes = record(rkey)
    const cid = cidToText(cidOfBlock(bytes))
    const change = { action: 'create', collection: 'org.example.note', rkey, cid, bytes } as const
    const time = new Date().toISOString()
    this.sink.trusted(
      { type: 'commit', did, rev, time, origin: 'trusted', changes: [change] },
      ++this.#seq,
      time,
    )
  }

  pause(): void {}
  resume(): void {}
  async stop(): Promise<void> {}
}

const URL = 'jetstream+ws://jetstream.example.org'

function beside(world: World): Jetstream {
  const jetstream = new Jetstream()
  world.consumer.follow({ url: URL, kind: 'trusted', origin: 'http://jetstream.example.org' }, jetstream)
  return jetstream
}

const now = (ahead = 0) => formatTid((Date.now() + ahead) * 1000)

it('a verified repository is not touched by a Jetstream while a relay is connected, and nothing is fetched', async () => {
  await using world = await World.create()
  const [repository] = await world.settled()
  const jetstream = beside(world)
  jetstream.created(repository, 'made-up', now())
  world.say(commit(repository.commit([{ action: 'create', path: 'org.example.note/a', block: record('a') }])))
  await world.agrees(repository)
  await world.store.reached(URL, 1)
  expect(world.count('ignored.verified')).toBe(1)
  expect([world.count('resynced'), world.count('trusted')]).toEqual([0, 0])
  expect(Object.keys(stored(world.store, repository.did))).not.toContain('org.example.note/made-up')
})

it('without a relay a Jetstream is followed, and what it made up goes when the relay tells the next', async () => {
  await using world = await World.create()
  const [repository] = await world.settled()
  const { relay } = world.network
  const upgrades = relay.server.listeners('upgrade') as ((...words: unknown[]) => void)[]
  relay.server.removeAllListeners('upgrade')
  relay.cut()
  await expect.poll(() => world.consumer.status().upstreams[0]!.connected).toBe(false)
  const jetstream = beside(world)
  jetstream.created(repository, 'made-up', now())
  await world.store.until(() => 'org.example.note/made-up' in stored(world.store, repository.did))
  for (const upgrade of upgrades) relay.server.on('upgrade', upgrade)
  world.say(commit(repository.commit([{ action: 'create', path: 'org.example.note/a', block: record('a') }])))
  await world.agrees(repository)
  expect(world.count('ignored.verified')).toBe(0)
})

it('a rev ahead of the clock that a Jetstream told makes no genuine commit stale', async () => {
  await using world = await World.create()
  const [repository] = world.account('ahead', 'k256')
  const jetstream = beside(world)
  jetstream.created(repository, 'first', now(200_000))
  await world.store.until(async () => (await world.store.repo(repository.did))?.rev !== undefined)
  world.say(commit(repository.commit([first()])))
  await world.agrees(repository)
  expect(world.count('ignored.stale')).toBe(0)
  expect(world.count('desynchronized.trusted')).toBe(1)
})

it('a #sync of a repository that is known by trust alone has it fetched', async () => {
  await using world = await World.create()
  const [repository] = world.account('said', 'k256')
  const jetstream = beside(world)
  repository.commit([first()])
  jetstream.created(repository, 'made-up', now(200_000))
  await world.store.until(() => 'org.example.note/made-up' in stored(world.store, repository.did))
  world.say(syncOf(repository))
  await world.agrees(repository)
})

it('what a Jetstream missed is looked for in what a relay lists, also after a restart', async () => {
  await using world = await World.create()
  const [repository] = world.account('missed', 'k256')
  repository.commit([first()])
  const jetstream = beside(world)
  jetstream.created(repository, 'made-up', now())
  await world.store.until(() => 'org.example.note/made-up' in stored(world.store, repository.did))
  const isMarked = async () => (await world.store.cursors()).has(`${URL}#missed`)
  const { relay } = world.network
  relay.interfere = path => (path.includes('listRepos') ? { status: 503 } : undefined)
  jetstream.sink.gap('outdated')
  await world.store.until(isMarked)
  const missed = () => world.consumer.status().upstreams.find(({ url }) => url === URL)?.missed
  expect(missed()).toBe(true)
  await world.kill()
  relay.interfere = undefined
  await world.start()
  await world.agrees(repository)
  await world.store.until(async () => !(await isMarked()))
  beside(world)
  expect(missed()).toBeUndefined()
})
