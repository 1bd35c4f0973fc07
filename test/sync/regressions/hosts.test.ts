/** Hosts that are gone: who is marked, who is not, and what is believed of those who said goodbye. */
import type { ConsumerLimits, HostState } from '@frost/sync'
import { describe, expect, it } from 'vitest'
import { commit, message, record, World } from '../world.ts'

const DAY = 86_400_000
const note = { action: 'create' as const, path: 'org.example.note/more', block: record('more') }

/** A world of two hosts, of which the second has an account, and a clock that is set. */
async function worldOfTwo(more: Partial<ConsumerLimits> = {}) {
  const clock = { ahead: 0 }
  const world = await World.create(
    2,
    { hostEvery: 5, hostPatience: DAY, ...more },
    () => Date.now() + clock.ahead,
  )
  const [home, other] = world.network.hosts
  const settle = async (name: string, host: typeof home) => {
    const [repository, account] = world.account(name, 'k256', host)
    world.say(commit(repository.commit([note])))
    await world.agrees(repository)
    return { repository, account }
  }
  const known = async (origin: string): Promise<HostState | undefined> =>
    (await world.store.hosts()).find(({ host }) => host === origin)
  return {
    clock,
    world,
    home: home!,
    other: other!,
    settle,
    known,
    /** Resolves when the host was looked at and is as wanted. */
    seen: (origin: string, wanted: (state: HostState) => boolean) =>
      world.store.until(async () => {
        const state = await known(origin)
        return state !== undefined && wanted(state)
      }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

const died = { status: 502 }

describe('a host', () => {
  it('that answers no more is gone after its patience and not before, and is back when it answers', async () => {
    await using stand = await worldOfTwo()
    const { clock, other, home, seen, known } = stand
    await stand.settle('left', other)
    await stand.settle('stays', home)
    await seen(other.origin, ({ heardAt }) => heardAt !== undefined)
    other.interfere = () => died
    await seen(other.origin, ({ silentSince }) => silentSince !== undefined)
    const { silentSince, heardAt, isGone } = (await known(other.origin))!
    expect(isGone).toBe(false)
    expect(Date.parse(heardAt!)).toBeLessThanOrEqual(Date.parse(silentSince!))
    clock.ahead = DAY + 1000
    await seen(other.origin, state => state.isGone)
    expect(await known(other.origin)).toEqual({ host: other.origin, heardAt, silentSince, isGone: true })
    expect(await known(home.origin)).toMatchObject({ isGone: false })
    other.interfere = undefined
    await seen(other.origin, state => !state.isGone && state.silentSince === undefined)
  })

  it('whose name somebody else has taken over is not there', async () => {
    await using stand = await worldOfTwo()
    await stand.settle('left', stand.other)
    stand.other.interfere = () => ({ status: 200, json: { message: 'this domain is for sale' } })
    await stand.seen(stand.other.origin, ({ silentSince }) => silentSince !== undefined)
  })

  it('is not called silent by who hears nobody', async () => {
    await using stand = await worldOfTwo()
    const { world, other } = stand
    await stand.settle('left', other)
    await stand.seen(other.origin, ({ heardAt }) => heardAt !== undefined)
    const closed = world.network.relay.close()
    world.network.relay.cut()
    await closed
    await expect.poll(() => world.consumer.status().upstreams.some(({ connected }) => connected)).toBe(false)
    let asked = 0
    other.interfere = () => {
      asked++
      return died
    }
    await expect.poll(() => asked).toBeGreaterThan(3)
    expect((await stand.known(other.origin))?.silentSince).toBeUndefined()
  })

  it.each(['deleted', 'deactivated'])(
    'that dies saying that everybody was %s takes nobody along',
    async status => {
      await using stand = await worldOfTwo()
      const { clock, world, other } = stand
      const { account } = await stand.settle('left', other)
      await stand.seen(other.origin, ({ heardAt }) => heardAt !== undefined)
      other.interfere = () => died
      world.say(message('#account', account.did, { active: false, status }))
      await world.store.until(async () => (await world.store.repo(account.did))?.status === status)
      await stand.seen(other.origin, ({ silentSince }) => silentSince !== undefined)
      // In case it comes back it is believed so far.
      expect((await world.store.repo(account.did))?.active).toBe(false)
      clock.ahead = DAY + 1000
      await world.store.until(async () => (await world.store.repo(account.did))?.active === true)
      expect(world.store.visible(account.did).size).toBe(1)
      expect(world.count('deletions-disbelieved')).toBe(1)
    },
  )

  it('is asked while it answers for what it has not confirmed: a deletion that was taken in unheard stays one', async () => {
    await using stand = await worldOfTwo()
    const { clock, world, other } = stand
    const { account } = await stand.settle('left', other)
    account.standing = 'deleted'
    let isBusy = true
    other.interfere = path => (isBusy && path.includes('getRepoStatus') ? { status: 503 } : undefined)
    world.say(message('#account', account.did, { active: false, status: 'deleted' }))
    await world.store.until(async () => (await world.store.repo(account.did))?.status === 'deleted')
    isBusy = false
    await world.store.until(async () => (await world.store.repo(account.did))?.isConfirmed === true)
    other.interfere = () => died
    await stand.seen(other.origin, ({ silentSince }) => silentSince !== undefined)
    clock.ahead = DAY + 1000
    await stand.seen(other.origin, ({ isGone }) => isGone)
    expect((await world.store.repo(account.did))?.active).toBe(false)
  })

  it('that dies does not bring back whom it had confirmed and who is erased', async () => {
    await using stand = await worldOfTwo({ purgeEvery: 5, deletionGrace: 0 })
    const { clock, world, other } = stand
    const { account } = await stand.settle('left', other)
    const { account: neighbour } = await stand.settle('neighbour', other)
    account.standing = 'deleted'
    world.say(message('#account', account.did, { active: false, status: 'deleted' }))
    const erased = () =>
      world.store.batches.some(({ events }) => events.some(event => event.type === 'account' && event.purge))
    await world.store.until(erased)
    expect((await world.store.repo(account.did))?.isConfirmed).toBe(true)
    other.interfere = () => died
    world.say(message('#account', neighbour.did, { active: false, status: 'deleted' }))
    await stand.seen(other.origin, ({ silentSince }) => silentSince !== undefined)
    clock.ahead = DAY + 1000
    await world.store.until(async () => (await world.store.repo(neighbour.did))?.active === true)
    expect(await world.store.repo(account.did)).toMatchObject({ active: false, status: 'deleted' })
  })

  it('that dies while the directory is away leaves all as it is, until the directory can be asked', async () => {
    await using stand = await worldOfTwo()
    const { clock, world, other } = stand
    const { account } = await stand.settle('left', other)
    const { account: tombstoned } = await stand.settle('tombstoned', other)
    other.interfere = () => died
    for (const { did } of [account, tombstoned])
      world.say(message('#account', did, { active: false, status: 'deleted' }))
    await world.finished()
    world.network.documents.set(tombstoned.did, 'gone')
    let asked = 0
    world.network.directory.interfere = () => {
      asked++
      return { status: 503 }
    }
    await stand.seen(other.origin, ({ silentSince }) => silentSince !== undefined)
    clock.ahead = DAY + 1000
    await stand.seen(other.origin, ({ isGone }) => isGone)
    const before = asked
    await expect.poll(() => asked).toBeGreaterThan(before + 4)
    for (const { did } of [account, tombstoned])
      expect(await world.store.repo(did)).toMatchObject({ active: false, status: 'deleted' })
    world.network.directory.interfere = undefined
    await world.store.until(async () => (await world.store.repo(account.did))?.active === true)
    await world.store.until(async () => (await world.store.repo(tombstoned.did))?.isConfirmed === true)
    expect((await world.store.repo(tombstoned.did))?.active).toBe(false)
  })

  it('that confirmed a deletion before it died is believed', async () => {
    await using stand = await worldOfTwo()
    const { clock, world, other } = stand
    const { account } = await stand.settle('left', other)
    const { account: neighbour } = await stand.settle('neighbour', other)
    account.standing = 'deleted'
    world.say(message('#account', account.did, { active: false, status: 'deleted' }))
    await world.store.until(async () => (await world.store.repo(account.did))?.isConfirmed === true)
    other.interfere = () => died
    world.say(message('#account', neighbour.did, { active: false, status: 'deleted' }))
    await stand.seen(other.origin, ({ silentSince }) => silentSince !== undefined)
    clock.ahead = DAY + 1000
    await world.store.until(async () => (await world.store.repo(neighbour.did))?.active === true)
    expect(await world.store.repo(account.did)).toMatchObject({ active: false, status: 'deleted' })
  })

  it.each(['deleted', 'deactivated'])(
    'that is gone has not said %s, whatever a relay forges',
    async status => {
      await using stand = await worldOfTwo()
      const { clock, world, other } = stand
      const { account } = await stand.settle('left', other)
      other.interfere = () => died
      await stand.seen(other.origin, ({ silentSince }) => silentSince !== undefined)
      clock.ahead = DAY + 1000
      await stand.seen(other.origin, ({ isGone }) => isGone)
      await world.stop()
      // It is remembered over a restart.
      await world.start()
      world.say(message('#account', account.did, { active: false, status }))
      await world.finished()
      expect((await world.store.repo(account.did))?.active).toBe(true)
      expect(world.store.batches.some(({ events }) => events.some(({ type }) => type === 'account'))).toBe(
        false,
      )
      // A tombstone is the word of whoever holds the keys.
      world.network.documents.set(account.did, 'gone')
      world.say(message('#account', account.did, { active: false, status }))
      await world.store.until(async () => (await world.store.repo(account.did))?.active === false)
    },
  )
})
