import { AtpAgent } from '@atproto/api'
import { Journey } from '@frost/client/account/journey'
import { moveAccount } from '@frost/client/account/move'
import { createAccount } from '@frost/client/account/own-key'
import { accountStanding } from '@frost/client/account/standing'
import { AccountStore } from '@frost/client/accounts'
import { restoreSession } from '@frost/client/session'
import { nsid } from '@frost/lexicon'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { frostFor } from '../cli/run-frost.ts'
import { newAccount, putRecord, type Stand, stand } from '../stand.ts'
import { entry, entryUri, furnish, type Person, person, repositoryOf, settingsFor } from './account.ts'

describe('moving a living account', { timeout: 60_000 }, () => {
  let world: Stand
  beforeAll(async () => {
    world = await stand()
  })
  afterAll(() => world?.[Symbol.asyncDispose]())

  const to = () => world.network.pds('icebucket').url
  const options = (given: Partial<Parameters<typeof moveAccount>[2]> = {}) => ({
    to: to(),
    password: async () => 'a new secret',
    ...given,
  })
  const codeOf = async ({ email }: Person, after = 0) =>
    (await world.network.mails.next(email, { after })).token

  it('same DID, same tree; the old home closed, the AppView goes on without a gap', async () => {
    const ada = await person(world.network, 'ada-moves', 'icehub')
    const before = await repositoryOf(ada.did, ada.account.service, ada.settings)
    await expect(moveAccount(ada.session, ada.settings, options())).rejects.toThrow(
      /has sent a code by e-mail: give the command again with --code/,
    )
    await expect(
      moveAccount(ada.session, ada.settings, options({ code: async () => 'AAAAA-AAAAA' })),
    ).rejects.toThrow(/the code 'AAAAA-AAAAA' was refused/)
    // Written while the code was on its way.
    await putRecord(ada, 'dataset.entry', 'late', entry('late'))
    const between = await repositoryOf(ada.did, ada.account.service, ada.settings)
    const moved = await moveAccount(ada.session, ada.settings, options({ code: () => codeOf(ada) }))
    expect(moved).toMatchObject({
      did: ada.did,
      handle: 'ada-moves.icebucket.test',
      data: between.data,
      lost: [],
      signedBy: 'former PDS',
      records: 6,
      blobs: 1,
    })
    const after = await repositoryOf(ada.did, to(), ada.settings)
    expect(after.data).toBe(between.data)
    expect(after.records).toEqual(between.records)
    expect(after.records.size).toBe(before.records.size + 1)
    expect(after.commit).not.toBe(between.commit)
    expect(after.signedBy).not.toBe(between.signedBy)
    expect(after.rev > between.rev).toBe(true)
    await expect(repositoryOf(ada.did, ada.account.service, ada.settings)).rejects.toThrow(/deactivated/i)
    // The one write is there, the account is signed in at its new home, and goes on publishing.
    const { pds, handle } = await new AccountStore(ada.settings.configDir).get()
    expect({ pds, handle }).toEqual({ pds: to(), handle: 'ada-moves.icebucket.test' })
    expect(await Journey.underWay(ada.did, ada.settings)).toBeUndefined()
    const agent = new AtpAgent({ service: to() })
    await agent.login({ identifier: ada.did, password: 'a new secret' })
    await putRecord({ ...ada, agent }, 'dataset.entry', 'after', entry('after'))
    await world.until(
      () => world.ask<{ entries: unknown[] }>('dataset.getEntries', { uris: [entryUri(ada.did, 'after')] }),
      ({ entries }) => entries.length === 1,
    )
    expect(
      await world.ask('dataset.getEntries', { uris: [entryUri(ada.did, 'sst'), entryUri(ada.did, 'late')] }),
    ).toMatchObject({ entries: [{ author: { did: ada.did } }, {}] })
  })

  it('what is written until the last moment comes along', async () => {
    const pat = await person(world.network, 'pat-moves', 'icehub')
    const moved = await moveAccount(
      pat.session,
      pat.settings,
      options({
        code: () => codeOf(pat),
        // The DID names the new home by now, and the old one still takes writes.
        onStep: async step => {
          if (!step.startsWith('activating')) return
          await putRecord(pat, 'dataset.entry', 'last', entry('last'))
          await pat.agent.com.atproto.repo.deleteRecord({
            repo: pat.did,
            collection: nsid('dataset.entry'),
            rkey: 'wind',
          })
        },
      }),
    )
    expect(moved.late).toBe(2)
    const { data, records } = await repositoryOf(pat.did, to(), pat.settings)
    expect(data).toBe(moved.data)
    const names = [...records.keys()].filter(path => path.includes('entry')).map(path => path.split('/')[1])
    expect(names).toEqual(['last', 'sst', 'waves'])
  })

  it('late writes that an interrupted run brought over already are not written twice', async () => {
    const kim = await person(world.network, 'kim-moves', 'icehub')
    const late = ['one', 'two', 'three']
    const moved = await moveAccount(
      kim.session,
      kim.settings,
      options({
        code: () => codeOf(kim),
        onStep: async step => {
          if (step.startsWith('activating'))
            for (const slug of late) await putRecord(kim, 'dataset.entry', slug, entry(slug))
          if (!step.startsWith('deactivating')) return
          const agent = new AtpAgent({ service: to() })
          await agent.login({ identifier: kim.did, password: 'a new secret' })
          await putRecord({ ...kim, agent }, 'dataset.entry', 'one', entry('one'))
          // And this one its owner has changed there since.
          await putRecord({ ...kim, agent }, 'dataset.entry', 'two', entry('newer'))
        },
      }),
    )
    expect(moved.late).toBe(3)
    const { records } = await repositoryOf(kim.did, to(), kim.settings)
    const stateOf = (slug: string) => records.get(`${nsid('dataset.entry')}/${slug}`)
    expect(late.map(stateOf)).toEqual([expect.any(String), expect.any(String), expect.any(String)])
    const two = { repo: kim.did, collection: nsid('dataset.entry'), rkey: 'two' }
    const { data } = await new AtpAgent({ service: to() }).com.atproto.repo.getRecord(two)
    expect(data.value).toMatchObject({ title: 'newer' })
  })

  it('with a key of one’s own no code is needed, and the key stays first', async () => {
    const { network } = world
    const settings = settingsFor(network)
    const account = { handle: 'key-moves.icehub.test', email: 'key-moves@example.com', password: 'secret' }
    const own = await createAccount(network.pds('icehub').url, account, settings)
    const session = await restoreSession(settings)
    const moved = await moveAccount(session, settings, options())
    expect(moved).toMatchObject({ signedBy: 'recovery key', handle: 'key-moves.icebucket.test' })
    const { rotationKeys } = (await accountStanding(own.did, settings)) ?? {}
    expect(rotationKeys).toEqual([own.key, network.pds('icebucket').server.ctx.plcRotationKey.did()])
  })

  it('broken off after any step, it is taken up where it was', async () => {
    const bob = await person(world.network, 'bob-moves', 'icehub')
    const { data } = await repositoryOf(bob.did, bob.account.service, bob.settings)
    const steps: string[] = []
    let moved: Awaited<ReturnType<typeof moveAccount>> | undefined
    // Each run gets one step further than the one before: a fresh process each time, as far as the code can tell.
    for (let run = 0; moved === undefined; run++) {
      let told = 0
      try {
        moved = await moveAccount(
          bob.session,
          bob.settings,
          options({
            code: () => codeOf(bob),
            onStep: step => {
              if (told++ === run) {
                steps.push(step)
                throw new Error('the power fails')
              }
            },
          }),
        )
      } catch (error) {
        expect((error as Error).message).toBe('the power fails')
      }
    }
    expect(steps).toHaveLength(7)
    expect(moved).toMatchObject({ data, handle: 'bob-moves.icebucket.test' })
    expect((await repositoryOf(bob.did, to(), bob.settings)).data).toBe(data)
  })

  it('says what is wrong: a PDS that is none, the same PDS, an app password, a handle that is taken', async () => {
    const eve = await person(world.network, 'eve-moves', 'icehub')
    await expect(
      moveAccount(eve.session, eve.settings, options({ to: world.network.plcUrl })),
    ).rejects.toThrow(/does not answer as a PDS: check the address/)
    await expect(
      moveAccount(eve.session, eve.settings, options({ to: eve.account.service })),
    ).rejects.toThrow(/where the account is already/)
    await newAccount(world.network, 'eve-moves', 'icebucket')
    await expect(moveAccount(eve.session, eve.settings, options())).rejects.toThrow(
      /Handle already taken: eve-moves.icebucket.test .*: choose another with --handle/,
    )
    const { data } = await eve.agent.com.atproto.server.createAppPassword({ name: 'app' })
    const { loginWithPassword } = await import('@frost/client/session')
    const weak = await loginWithPassword(eve.did, data.password, eve.settings)
    await Journey.open({ did: eve.did, kind: 'move', to: to() }, eve.settings).then(journey => journey.end())
    await expect(
      moveAccount(
        weak,
        eve.settings,
        options({ handle: 'eve-two.icebucket.test', email: 'eve@example.com' }),
      ),
    ).rejects.toThrow(/this session may not manage the account: sign in with the account's own password/)
  })

  it('by the command line, with everything said in its answer', async () => {
    const made = await newAccount(world.network, 'cli-moves', 'icehub')
    await furnish(made)
    const frost = frostFor({ plcUrl: world.network.plcUrl, service: made.account.service })
    await frost(['login', made.did, '--app-password'], { input: `${made.account.password}\n` })
    const saved = await frost(['account', 'backup', '--json'])
    expect(saved).toMatchObject({ status: 0, json: { records: 5, blobs: 1, isNew: true } })
    const move = ['account', 'move', '--to', to(), '--json']
    const first = await frost(move, { input: 'new secret\n' })
    expect(first).toMatchObject({ status: 1, stdout: '' })
    expect(first.stderr).toMatch(/^frost: .* has sent a code by e-mail/m)
    const { token } = await world.network.mails.next(made.account.email)
    const moved = await frost([...move, '--code', token!])
    expect(moved.stderr).not.toMatch(/^frost:/m)
    expect(moved).toMatchObject({ status: 0, json: { to: to(), data: saved.json.data, lost: [] } })
    expect((await frost(['whoami', '--json'])).json).toMatchObject({ pds: to() })
  })
})
