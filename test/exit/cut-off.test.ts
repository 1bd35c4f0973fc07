import { AtpAgent } from '@atproto/api'
import { backUpAccount } from '@frost/client/account/backup-account'
import { fetchDidLog } from '@frost/client/account/did-log'
import { Journey } from '@frost/client/account/journey'
import { moveAccount } from '@frost/client/account/move'
import { recoverAccount } from '@frost/client/account/recover'
import { backupSource } from '@frost/client/account/source'
import { AccountStore } from '@frost/client/accounts'
import { PasswordSession } from '@frost/client/password-session'
import { loginWithPassword, restoreSession, type Session } from '@frost/client/session'
import { type TestNetwork, testNetwork } from '@frost/network/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { repositoryOf } from './account.ts'
import { between } from './between.ts'
import { keeper as keeperAt } from './keeper.ts'

describe('a journey that is cut off', { timeout: 90_000 }, () => {
  let network: TestNetwork
  beforeAll(async () => {
    network = await testNetwork()
  })
  afterAll(() => network?.[Symbol.asyncDispose]())

  const hub = () => network.pds('icehub')
  const to = () => network.pds('icebucket').url
  const password = async () => 'a new secret'
  const keeper = (label: string) => keeperAt(network, hub(), label)
  const sessionBy = async (
    { did, settings, account }: Awaited<ReturnType<typeof keeper>>,
    pds: string,
  ): Promise<Session> => ({
    account: { did, handle: account.handle, pds, method: 'password', signedInAt: '2026-01-01T00:00:00.000Z' },
    agent: await PasswordSession.restore(new AccountStore(settings.configDir), did, pds),
  })

  /** A host that does what it is asked, and vanishes before it says so, once for each method. */
  const vanishing = (target: string, cut: string[]) =>
    between(target, async ({ method, path }, pass) => {
      const answer = await pass()
      const name = path.split('.').at(-1)!
      if (method !== 'POST' || cut.includes(name) || answer.status >= 400) return answer
      cut.push(name)
      return undefined
    })

  /** Does it again for as long as it is cut off. */
  async function untilDone<T>(attempt: () => Promise<T>, cut: readonly string[]): Promise<T> {
    for (;;) {
      const before = cut.length
      try {
        return await attempt()
      } catch (error) {
        if (cut.length === before) throw error
      }
    }
  }

  it('regression: a move goes on where the answer to anything that was done is lost', async () => {
    const ada = await keeper('ada-cut')
    const { data } = await repositoryOf(ada.did, hub().url, ada.settings)
    const cut: string[] = []
    await using there = await vanishing(to(), cut)
    await using old = await vanishing(hub().url, cut)
    const session = await sessionBy(ada, old.url)
    const moved = await untilDone(() => moveAccount(session, ada.settings, { to: there.url, password }), cut)
    expect(cut).toEqual([
      'createAccount',
      'createSession',
      'importRepo',
      'uploadBlob',
      'submitPlcOperation',
      'activateAccount',
      'deactivateAccount',
      'putRecord',
      'deleteRecord',
    ])
    expect(moved).toMatchObject({ data, signedBy: 'recovery key', lost: [], late: 0 })
    expect((await fetchDidLog(ada.did, ada.settings)).operations).toHaveLength(2)
    const after = await repositoryOf(ada.did, to(), ada.settings)
    expect(after.data).toBe(data)
    expect(await Journey.underWay(ada.did, ada.settings)).toBeUndefined()
  })

  it('regression: a recovery goes on where the answer to anything that was done is lost', async () => {
    const bob = await keeper('bob-cut')
    const { folder, backup } = await backUpAccount(bob.did, bob.settings)
    const cut: string[] = []
    await using there = await vanishing(to(), cut)
    await using directory = await between(network.plcUrl, async ({ method }, pass) => {
      const answer = await pass()
      if (method !== 'POST' || cut.includes('operation')) return answer
      cut.push('operation')
      return undefined
    })
    const settings = { ...bob.settings, plcUrl: directory.url }
    const source = await backupSource(folder)
    const recovered = await untilDone(
      () => recoverAccount(settings, { to: there.url, password, source, email: 'bob-back@example.com' }),
      cut,
    )
    expect(cut).toEqual([
      'operation',
      'createAccount',
      'createSession',
      'importRepo',
      'uploadBlob',
      'submitPlcOperation',
      'activateAccount',
      'putRecord',
      'deleteRecord',
    ])
    expect(recovered).toMatchObject({ data: backup.data, lost: [] })
    expect((await fetchDidLog(bob.did, bob.settings)).operations).toHaveLength(3)
    expect((await repositoryOf(bob.did, to(), bob.settings)).data).toBe(backup.data)
  })

  it('regression: a move ends also where the former host dies after the switch', async () => {
    const eve = await keeper('eve-cut')
    const { signedBy } = await repositoryOf(eve.did, hub().url, eve.settings)
    let isDead = false
    await using old = await between(hub().url, (_, pass) =>
      isDead ? Promise.reject(new Error('dead')) : pass(),
    )
    const session = await sessionBy(eve, old.url)
    const onStep = (step: string) => {
      isDead ||= step.startsWith('activating')
    }
    const options = { to: to(), password, onStep }
    for (const _ of [1, 2])
      await expect(moveAccount(session, eve.settings, options)).rejects.toThrow(
        /lives at \S+ now, but was not closed at .*cannot be reached.*give the command again .* or end without it with --accept-loss/,
      )
    const moved = await moveAccount(session, eve.settings, { ...options, acceptLoss: true })
    expect(moved).toMatchObject({
      from: old.url,
      to: to(),
      notClosed: expect.stringMatching(/cannot be reached/),
    })
    expect((await repositoryOf(eve.did, to(), eve.settings)).signedBy).not.toBe(signedBy)
    expect((await restoreSession(eve.settings)).account.pds).toBe(to())
    expect(await Journey.underWay(eve.did, eve.settings)).toBeUndefined()
  })

  it('regression: who signs in anew on the way does not close the account at its new home', async () => {
    const kim = await keeper('kim-cut')
    const session = await restoreSession(kim.settings)
    const onStep = (step: string) => {
      if (step.startsWith('deactivating')) throw new Error('the power fails')
    }
    await expect(moveAccount(session, kim.settings, { to: to(), password, onStep })).rejects.toThrow('power')
    const anew = await loginWithPassword(kim.did, await password(), kim.settings)
    expect(anew.account.pds).toBe(to())
    await expect(moveAccount(anew, kim.settings, { to: to(), password })).rejects.toThrow(/was not closed at/)
    const { data } = await new AtpAgent({ service: to() }).com.atproto.sync.getRepoStatus({ did: kim.did })
    expect(data.active).toBe(true)
    // The session of before closes it still.
    expect(await moveAccount(session, kim.settings, { to: to(), password })).not.toHaveProperty('notClosed')
  })

  it('regression: a move that had only to be forgotten is ended by the same command', async () => {
    const pat = await keeper('pat-cut')
    const end = vi.spyOn(Journey.prototype, 'end').mockRejectedValueOnce(new Error('the power fails'))
    const move = async () =>
      moveAccount(await restoreSession(pat.settings), pat.settings, { to: to(), password })
    await expect(move()).rejects.toThrow('the power fails')
    expect(await move()).toMatchObject({ from: hub().url, to: to() })
    expect(await Journey.underWay(pat.did, pat.settings)).toBeUndefined()
    end.mockRestore()
  })
})
