/** What a consumer must not believe, not skip and not forget of single messages, on a little network over real sockets. */
import { decodeFrame, type RepoMessage } from '@frost/sync/frame'
import { formatTid } from '@frost/sync/tid'
import { describe, expect, it } from 'vitest'
import { type CommitParts, commitBlock } from '../commit-parts.ts'
import { cidOf } from '../encoding.ts'
import { createSigner, otherS, type Signer } from '../signer.ts'
import { commit, first, held, message, record, stored, syncOf, World } from '../world.ts'

const note = (rkey: string) => ({
  action: 'create' as const,
  path: `org.example.note/${rkey}`,
  block: record(rkey),
})

/** The same commit with another commit block. */
function resigned(parts: CommitParts, rev: string, sign: Signer['sign'], data: string): CommitParts {
  const block = commitBlock({ did: parts.repo, rev, data }, sign)
  const blocks = new Map([...parts.blocks].filter(([cid]) => cid !== parts.commit))
  blocks.set(cidOf(block), block)
  return { ...parts, rev, commit: cidOf(block), blocks }
}

describe('a commit', () => {
  it('that was told before, or is older than what is held, changes nothing', async () => {
    await using world = await World.create()
    const [repository] = world.account('again', 'k256')
    const frames = [first(), note('a'), note('b')].map(write => commit(repository.commit([write])))
    for (const frame of frames) world.say(frame)
    await world.agrees(repository)
    const before = await world.store.repo(repository.did)
    const told = world.store.batches.length
    for (const frame of frames) world.say(frame)
    await world.finished()
    expect(await world.store.repo(repository.did)).toEqual(before)
    expect(world.store.batches.slice(told).flatMap(({ events }) => events)).toEqual([])
    expect([world.count('ignored.stale'), world.count('ignored.duplicate')]).toEqual([2, 1])
    expect(world.count('resynced')).toBe(0)
  })

  it.each([
    ['signed by a stranger', 'rejected.signature', (signer: Signer) => void signer],
    ['with the other s', 'rejected.signature', undefined],
  ])('%s is refused, and the host is asked what is true', async (_, counter, stranger) => {
    await using world = await World.create()
    const [repository] = await world.settled()
    const parts = repository.commit([note('genuine')])
    const sign: Signer['sign'] = stranger
      ? createSigner('k256').sign
      : bytes => otherS(repository.signer.sign(bytes), 'k256')
    world.say(commit(resigned(parts, parts.rev, sign, repository.tree.root)))
    await world.agrees(repository)
    expect([world.count(counter), world.count('resynced'), world.count('verified')]).toEqual([1, 1, 1])
  })

  it('from the future is refused', async () => {
    await using world = await World.create()
    const [repository] = await world.settled()
    const parts = repository.commit([])
    const rev = formatTid((Date.now() + 10 * 60_000) * 1000)
    world.say(commit(resigned(parts, rev, repository.signer.sign, repository.tree.root)))
    await world.agrees(repository)
    expect(world.count('rejected.rev-future')).toBe(1)
    expect((await world.store.repo(repository.did))?.rev).toBe(repository.rev)
  })

  it.each([
    ['since', (parts: CommitParts) => ({ ...parts, since: formatTid(1) })],
    ['prevData', (parts: CommitParts) => ({ ...parts, prevData: cidOf(Buffer.of(0xa0)) })],
  ])('whose %s is not what is held is not applied: the repository is fetched', async (_, change) => {
    await using world = await World.create()
    const [repository] = await world.settled()
    world.say(commit(change(repository.commit([note('a')]))))
    await world.agrees(repository)
    expect([world.count('desynchronized.chain'), world.count('verified')]).toEqual([1, 1])
  })

  it('whose handling fails is not skipped: the repository is fetched', async () => {
    await using world = await World.create()
    const [repository] = await world.settled()
    const { verified } = world.consumer.status().counters
    world.failing = true
    world.say(commit(repository.commit([note('unlucky')])))
    await expect.poll(() => world.count('failed')).toBe(1)
    world.failing = false
    await world.agrees(repository)
    expect(world.count('verified')).toBe(verified)
  })
})

describe('an account', () => {
  it('that is not active is hidden at once, its commits count for nothing, and it comes back as it is then', async () => {
    await using world = await World.create()
    const [repository, account] = await world.settled()
    account.standing = 'deactivated'
    world.say(message('#account', account.did, { active: false, status: 'deactivated' }))
    world.say(commit(repository.commit([note('asleep')])))
    await world.finished()
    expect(stored(world.store, account.did)).toEqual({})
    expect(await world.store.repo(account.did)).toMatchObject({ active: false, status: 'deactivated' })
    expect(world.count('ignored.inactive')).toBe(1)
    account.standing = 'active'
    world.say(message('#account', account.did, { active: true }))
    await world.agrees(repository)
    expect(Object.keys(held(repository))).toHaveLength(2)
  })

  it('that its own host calls active is not hidden for long by a relay that repeats what was', async () => {
    await using world = await World.create()
    const [repository, account] = await world.settled()
    world.say(message('#account', account.did, { active: false, status: 'deactivated' }))
    await world.agrees(repository)
    await world.store.until(async () => (await world.store.repo(account.did))?.active === true)
  })

  it('is spoken for by its own host and by relays, and by no other host', async () => {
    await using world = await World.create(2)
    const [repository, account] = await world.settled()
    const [home, other] = world.network.hosts
    const liar = world.follow('pds', other!.origin)
    const host = world.follow('pds', home!.origin)
    const frames = (seq: number): RepoMessage[] =>
      [
        message('#account', account.did, { active: false, status: 'takendown' }),
        syncOf(repository),
        commit({ ...repository.commit([]), since: formatTid(1) }),
      ].map((frame, index) => decodeFrame(frame(seq + index)) as RepoMessage)
    for (const said of frames(1)) liar.message(said)
    await world.store.reached(liar.url, 3)
    expect(world.count('rejected.host-authority')).toBe(3)
    expect(await world.store.repo(account.did)).toMatchObject({ active: true, sync: 'synchronized' })
    for (const said of frames(1).slice(0, 1)) host.message(said)
    await world.store.reached(host.url, 1)
    expect(await world.store.repo(account.did)).toMatchObject({ active: false, status: 'takendown' })
    expect(world.count('rejected.host-authority')).toBe(3)
  })

  it('is erased when its host confirms that it is gone and the grace is over, and not before', async () => {
    let ahead = 0
    const limits = { purgeEvery: 5, deletionGrace: 1000 }
    await using world = await World.create(1, limits, () => Date.now() + ahead)
    const [, account] = await world.settled()
    const [host] = world.network.hosts
    account.standing = 'deleted'
    world.say(message('#account', account.did, { active: false, status: 'deleted' }))
    await world.store.until(async () => (await world.store.repo(account.did))?.deletedAt !== undefined)
    // An unreachable host confirms nothing.
    let refused = 0
    host!.interfere = path => {
      if (path.includes('getRepoStatus')) refused++
      return { status: 503 }
    }
    ahead = 2000
    await expect.poll(() => refused).toBeGreaterThan(1)
    expect((await world.store.records(account.did)).size).toBe(1)
    host!.interfere = undefined
    await world.store.until(async () => (await world.store.records(account.did)).size === 0)
    expect(world.count('purged')).toBe(1)
  })
})

describe('a relay', () => {
  it('that refuses the cursor as from the future is followed anew, and the heads are compared', async () => {
    await using world = await World.create()
    const [repository] = await world.settled()
    const [other] = await world.settled()
    repository.commit([note('lost')])
    await world.stop()
    world.network.relay.cut(true)
    await world.start()
    await world.agrees(repository)
    expect(world.count('gap.reset')).toBeGreaterThanOrEqual(1)
    world.network.relay.say(1, commit(other.commit([note('new-numbers')]))(1))
    await world.agrees(other)
    await world.store.until(async () => (await world.store.cursors()).get(world.network.relay.url) === 1)
  })

  it('that no longer has what comes after the cursor says so, and the heads are compared', async () => {
    await using world = await World.create()
    const [repository] = await world.settled()
    repository.commit([note('lost')])
    world.next()
    world.outdated()
    await world.agrees(repository)
    expect(world.count('gap.outdated')).toBe(1)
  })

  it('whose message of a later protocol nobody knows is followed past it', async () => {
    await using world = await World.create()
    const [repository] = await world.settled()
    world.say(message('#future', repository.did))
    world.say(commit(repository.commit([note('after')])))
    await world.finished()
    await world.agrees(repository)
    expect(world.count('unknown')).toBe(1)
  })

  it('that is cut off goes on from the cursor: nothing is missing, nothing is told twice', async () => {
    await using world = await World.create()
    const [repository] = await world.settled()
    const before = world.network.relay.connections
    world.network.relay.cut()
    for (let n = 0; n < 5; n++) world.say(commit(repository.commit([note(`n${n}`)])))
    await world.agrees(repository)
    expect(world.network.relay.connections).toBeGreaterThan(before)
    expect(world.count('verified')).toBe(6)
  })
})

it('a process that dies before anything is stored begins again where the store says', async () => {
  await using world = await World.create()
  const [repository] = await world.settled()
  world.store.dead = true
  world.say(commit(repository.commit([note('unstored')])))
  await expect.poll(() => world.count('verified')).toBe(2)
  await world.kill()
  await world.start()
  await world.agrees(repository)
  expect(world.count('resynced')).toBe(0)
})
