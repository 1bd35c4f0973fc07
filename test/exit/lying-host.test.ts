import { dataOf, fetchDidLog, lastOperation } from '@frost/client/account/did-log'
import { moveAccount } from '@frost/client/account/move'
import { addRecoveryKey, createAccount } from '@frost/client/account/own-key'
import { readRecoveryKey, recoveryKeyPath } from '@frost/client/account/recovery-key'
import { AccountStore } from '@frost/client/accounts'
import { PasswordSession } from '@frost/client/password-session'
import { restoreSession, type Session } from '@frost/client/session'
import { type TestNetwork, testNetwork } from '@frost/network/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Person, person, settingsFor } from './account.ts'
import { type Answer, type Asked, between } from './between.ts'

describe('a host that does something else than it says', { timeout: 60_000 }, () => {
  let network: TestNetwork
  beforeAll(async () => {
    network = await testNetwork()
  })
  afterAll(() => network?.[Symbol.asyncDispose]())

  const hub = () => network.pds('icehub')
  const hostKey = () => hub().server.ctx.plcRotationKey.did()
  const to = () => network.pds('icebucket').url
  const keysOf = async ({ did, settings }: Pick<Person, 'did' | 'settings'>) =>
    dataOf(lastOperation((await fetchDidLog(did, settings)).operations))!.rotationKeys

  /** The home of somebody, which answers one method by a lie. */
  const lying = (
    name: string,
    lie: (asked: Record<string, unknown>, pass: (body?: object) => Promise<Answer>) => Promise<Answer>,
  ) =>
    between(hub().url, async ({ path, body }: Asked, pass) =>
      path.endsWith(`.${name}`) ? lie(body.length > 0 ? JSON.parse(String(body)) : {}, pass) : pass(),
    )
  const sessionBy = async ({ session, settings }: Person, pds: string): Promise<Session> => ({
    account: { ...session.account, pds },
    agent: await PasswordSession.restore(new AccountStore(settings.configDir), session.account.did, pds),
  })
  const codeOf = async ({ email }: Person) => (await network.mails.next(email)).token
  const ok = (body: object): Answer => ({ status: 200, body: JSON.stringify(body) })

  it('regression: an account that is created without the key that was given is not called safe', async () => {
    await using host = await lying('createAccount', ({ recoveryKey: _, ...asked }, pass) => pass(asked))
    const settings = settingsFor(network)
    const account = { handle: 'left-out.icehub.test', email: 'left-out@example.com', password: 'secret' }
    await expect(createAccount(host.url, account, settings)).rejects.toThrow(
      /the account did:plc:\S+ was created .* but it did not put your key first: put it there with frost account key/,
    )
    const { did } = (await restoreSession(settings)).account
    expect((await readRecoveryKey(recoveryKeyPath(did, settings))).keypair.did()).not.toBe(hostKey())
    expect(await keysOf({ did, settings })).toEqual([hostKey()])
  })

  it.each([
    [
      'signs its own key before the person’s',
      'signPlcOperation',
      async (asked: Record<string, unknown>, pass: (body?: object) => Promise<Answer>) =>
        pass({ ...asked, rotationKeys: [...(asked.rotationKeys as string[])].reverse() }),
      /signed another change of the DID than it was asked for \(rotationKeys\): nothing was changed/,
    ],
    [
      'says that it submitted what it did not',
      'submitPlcOperation',
      async () => ok({}),
      /says that it changed the DID did:plc:\S+, and http:\S+ knows nothing of it/,
    ],
  ])('regression: a host that %s is found out when a key is added', async (_, method, lie, refusal) => {
    const ada = await person(network, `ada-${method.slice(0, 4).toLowerCase()}`, 'icehub')
    await using host = await lying(method, lie)
    const session = await sessionBy(ada, host.url)
    let asked = 0
    const code = async () => (asked++ === 0 ? undefined : codeOf(ada))
    await expect(addRecoveryKey(session, ada.settings, { code })).rejects.toThrow(refusal)
    expect(await keysOf(ada)).toEqual([hostKey()])
  })

  it('regression: a former host that keeps the last word for its key is found out on the way', async () => {
    const bob = await person(network, 'bob-leaves', 'icehub')
    let lies = true
    await using host = await lying('signPlcOperation', (asked, pass) =>
      lies ? pass({ ...asked, rotationKeys: [hostKey(), ...(asked.rotationKeys as string[])] }) : pass(),
    )
    const session = await sessionBy(bob, host.url)
    let after = 0
    const code = async () => {
      const mail = await network.mails.next(bob.email, { after })
      after = mail.id
      return mail.token
    }
    const options = { to: to(), password: async () => 'a new secret', newCode: true, code }
    await expect(moveAccount(session, bob.settings, options)).rejects.toThrow(
      /signed another change of the DID than it was asked for \(rotationKeys\)/,
    )
    expect(await keysOf(bob)).toEqual([hostKey()])
    lies = false
    const moved = await moveAccount(session, bob.settings, options)
    expect(moved).toMatchObject({ signedBy: 'former PDS', dropped: [hostKey()] })
  })

  it('regression: a former host that denies its key does not keep it', async () => {
    const kim = await person(network, 'kim-leaves', 'icehub')
    await using host = await lying('getRecommendedDidCredentials', async (_, pass) => {
      const { body } = await pass()
      return ok({ ...JSON.parse(String(body)), rotationKeys: [] })
    })
    const session = await sessionBy(kim, host.url)
    const options = { to: to(), password: async () => 'a new secret', code: () => codeOf(kim) }
    await expect(moveAccount(session, kim.settings, options)).rejects.toThrow(
      new RegExp(`signs with ${hostKey()}, which it does not call its own`),
    )
    expect(await keysOf(kim)).toEqual([hostKey()])
  })

  it('regression: a former host that calls the person’s key its own does not take it from them', async () => {
    const settings = settingsFor(network)
    const account = { handle: 'own-leaves.icehub.test', email: 'own-leaves@example.com', password: 'secret' }
    const own = await createAccount(hub().url, account, settings)
    await using host = await lying('getRecommendedDidCredentials', async (_, pass) => {
      const { body } = await pass()
      return ok({ ...JSON.parse(String(body)), rotationKeys: [own.key, hostKey()] })
    })
    const session = await sessionBy({ session: await restoreSession(settings), settings } as Person, host.url)
    const moved = await moveAccount(session, settings, { to: to(), password: async () => 'a new secret' })
    expect(moved).toMatchObject({ signedBy: 'recovery key', dropped: [hostKey()] })
    const there = network.pds('icebucket').server.ctx.plcRotationKey.did()
    expect(await keysOf({ did: own.did, settings })).toEqual([own.key, there])
  })

  it('regression: a new host that does not change the DID is found out before the account is activated', async () => {
    const settings = settingsFor(network)
    const account = { handle: 'stays.icehub.test', email: 'stays@example.com', password: 'secret' }
    const own = await createAccount(hub().url, account, settings)
    await using host = await between(to(), async ({ path }, pass) =>
      path.endsWith('.submitPlcOperation') ? ok({}) : pass(),
    )
    const options = { to: host.url, password: async () => 'a new secret' }
    await expect(moveAccount(await restoreSession(settings), settings, options)).rejects.toThrow(
      /knows nothing of it/,
    )
    expect(await keysOf({ did: own.did, settings })).toEqual([own.key, hostKey()])
  })
})
