/** What holds of any consumer, whatever is written and however it arrives. `FROST_SEED=n` replays a seed. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Write } from './fast-repository.ts'
import type { Host } from './little-network.ts'
import { below, randomOf } from './random.ts'
import { commit, first, held, letters, message, record, stored, syncOf, World } from './world.ts'

const seed = Number(process.env.FROST_SEED ?? 20250103)

const arbitraryWrites = fc.uniqueArray(
  fc.record({
    path: fc.stringMatching(/^[a-z]{1,3}$/).map(key => `org.example.note/${key}`),
    text: fc.string(),
  }),
  { selector: ({ path }) => path, minLength: 1, maxLength: 12 },
)

describe('laws', () => {
  it('insert ≡ insert, delete, insert', { timeout: 60_000 }, async () => {
    await using world = await World.create()
    let run = 0
    await fc.assert(
      fc.asyncProperty(arbitraryWrites, fc.infiniteStream(fc.boolean()), async (writes, detours) => {
        const [plain] = world.account(`plain${letters(++run)}`, 'k256')
        const [winding] = world.account(`winding${letters(run)}`, 'p256')
        const creates = writes.map(
          ({ path, text }): Write => ({ action: 'create', path, block: record(text) }),
        )
        world.say(commit(plain.commit(creates)))
        for (const create of creates) {
          world.say(commit(winding.commit([create])))
          if (!detours.next().value) continue
          world.say(commit(winding.commit([{ action: 'delete', path: create.path }])))
          world.say(commit(winding.commit([create])))
        }
        await world.finished()
        expect(stored(world.store, winding.did)).toEqual(stored(world.store, plain.did))
        expect(stored(world.store, plain.did)).toEqual(held(plain))
        expect((await world.store.repo(winding.did))?.data).toBe((await world.store.repo(plain.did))?.data)
      }),
      { numRuns: 25, seed },
    )
  })

  it('replay of any prefix changes nothing', { timeout: 60_000 }, async () => {
    await using world = await World.create()
    const random = randomOf(seed)
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), async (length, prefix) => {
        const [repository] = world.account(`replay${letters(++run)}`, run % 2 ? 'k256' : 'p256')
        const said = Array.from({ length: 1 + (length % 12) }, (_, index) =>
          commit(repository.commit(index === 0 ? [first()] : repository.randomWrites(random, 10))),
        )
        for (const frame of said) world.say(frame)
        await world.finished()
        expect(stored(world.store, repository.did)).toEqual(held(repository))
        const before = JSON.stringify([
          await world.store.repo(repository.did),
          stored(world.store, repository.did),
        ])
        const events = world.store.batches.length
        for (const frame of said.slice(0, prefix % (said.length + 1))) world.say(frame)
        await world.finished()
        const after = JSON.stringify([
          await world.store.repo(repository.did),
          stored(world.store, repository.did),
        ])
        expect(after).toBe(before)
        const told = world.store.batches.slice(events).flatMap(batch => batch.events)
        expect(told.filter(event => event.type === 'commit')).toEqual([])
      }),
      { numRuns: 25, seed },
    )
  })

  it('any interleaving, with faults and deaths, ends in what the repositories hold', {
    timeout: 120_000,
  }, async () => {
    for (let story = 0; story < Number(process.env.FROST_STORIES ?? 6); story++) {
      try {
        await tell(seed + story)
      } catch (error) {
        throw new Error(`FROST_SEED=${seed + story} replays it`, { cause: error })
      }
    }
  })
})

async function tell(storySeed: number): Promise<void> {
  const random = randomOf(storySeed)
  const pick = <T>(items: readonly T[]): T => items[below(random, items.length)]!
  await using world = await World.create(3)
  const { network } = world
  const accounts = Array.from({ length: 5 }, (_, index) =>
    world.account(`story${letters(index)}`, index % 2 ? 'k256' : 'p256', pick(network.hosts)),
  )
  for (const [repository] of accounts) world.say(commit(repository.commit([first()])))
  let late: (() => void)[] = []
  for (let step = 0; step < 70; step++) {
    const [repository, account] = pick(accounts)
    const kind = random()
    if (kind < 0.55 && account.standing === 'active') {
      const frame = commit(repository.commit(repository.randomWrites(random, 12)))
      const fate = random()
      if (fate < 0.12) world.next()
      else if (fate < 0.2) world.say(garbled(frame, random))
      else if (fate < 0.3) late.push(() => world.say(frame))
      else world.say(frame, fate < 0.45 ? 2 : 1)
    } else if (kind < 0.6) {
      for (const say of late) say()
      late = []
    } else if (kind < 0.65) world.say(syncOf(repository))
    else if (kind < 0.7) {
      account.standing = account.standing === 'active' ? 'deactivated' : 'active'
      const active = account.standing === 'active'
      world.say(message('#account', account.did, active ? { active } : { active, status: account.standing }))
    } else if (kind < 0.75) {
      network.house(account, pick(network.hosts))
      if (random() < 0.7) world.say(message('#identity', account.did, {}))
    } else if (kind < 0.8) network.relay.cut(random() < 0.3)
    else if (kind < 0.85) trouble(pick(network.hosts), random)
    else if (kind < 0.88) trouble(network.directory, random)
    else if (kind < 0.91) {
      await world.stop()
      await world.start()
    } else if (kind < 0.94) {
      await world.kill()
      await world.start()
    }
    // The consumer gets as far as it happens to.
    for (let turns = below(random, 3) === 0 ? below(random, 60) : 0; turns > 0; turns--)
      await new Promise(resolve => setImmediate(resolve))
  }
  for (const say of late) say()
  for (const service of [...network.hosts, network.directory]) service.interfere = undefined
  await world.stop()
  await world.start()
  world.sweep()
  await world.store.until(() =>
    accounts.every(([repository, { standing }]) => {
      const expected = standing === 'active' ? held(repository) : {}
      return JSON.stringify(stored(world.store, repository.did)) === JSON.stringify(expected)
    }),
  )
}

/** One bit of the blocks turned. */
function garbled(
  frame: (number: number) => Uint8Array,
  random: () => number,
): (number: number) => Uint8Array {
  const where = random()
  return number => {
    const bytes = Buffer.from(frame(number))
    const at = bytes.indexOf('eroots') + 60 + Math.floor(where * 100)
    bytes[at]! ^= 4
    return bytes
  }
}

/** The service fails for its next few answers. */
function trouble(service: Pick<Host, 'interfere'>, random: () => number): void {
  let left = 1 + below(random, 6)
  service.interfere = () => {
    if (left-- > 0) return { status: 503, json: { error: 'NotNow' } }
    service.interfere = undefined
    return undefined
  }
}
