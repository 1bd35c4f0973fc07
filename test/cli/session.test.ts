import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AccountStore } from '@frost/client/accounts'
import { describeError } from '@frost/client/describe-error'
import { PasswordSession, type PasswordTokens } from '@frost/client/password-session'
import { Repository } from '@frost/client/repository'
import { loginWithPassword, logout, restoreSession } from '@frost/client/session'
import { settingsFromEnv } from '@frost/client/settings'
import { testNetwork } from '@frost/network/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'

type Network = Awaited<ReturnType<typeof testNetwork>>

let network: Network
let account: Awaited<ReturnType<Network['createAccount']>>

beforeAll(async () => {
  network = await testNetwork()
  account = await network.createAccount({ handle: 'ada-s.icehub.test' })
})

afterAll(() => network?.[Symbol.asyncDispose]())

async function settings() {
  const FROST_CONFIG = await mkdtemp(join(tmpdir(), 'frost-session-'))
  return settingsFromEnv({ service: account.service }, { FROST_CONFIG, FROST_PLC_URL: network.plcUrl })
}

const getSession = '/xrpc/com.atproto.server.getSession' as const

it('two processes refresh one session at the same moment, and both go on', async () => {
  const configured = await settings()
  await loginWithPassword(account.handle, account.password, configured)
  const store = new AccountStore(configured.configDir)
  const first = (await store.readSession<PasswordTokens>(account.did))!
  // An access token that the PDS calls expired: its signature is right no more, its time is over.
  const [header] = first.accessJwt.split('.')
  const spent = `${header}.${Buffer.from(JSON.stringify({ exp: 1 })).toString('base64url')}.x`
  await store.writeSession(account.did, { ...first, accessJwt: spent })
  const sessions = await Promise.all(
    [0, 1, 2].map(() => PasswordSession.restore(store, account.did, account.service)),
  )
  const answers = await Promise.all(
    sessions.map(session => session.fetchHandler(getSession, { method: 'GET' })),
  )
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  const rotated = (await store.readSession<PasswordTokens>(account.did))!
  expect(rotated.refreshJwt).not.toBe(first.refreshJwt)
})

it('keeps several accounts and acts as the one that is named', async () => {
  const configured = await settings()
  const other = await network.createAccount({ handle: 'bob-s.icehub.test' })
  await loginWithPassword(account.handle, account.password, configured)
  await loginWithPassword(other.handle, other.password, configured)
  expect((await restoreSession(configured)).account.did).toBe(other.did)
  expect((await restoreSession(configured, account.handle)).account.did).toBe(account.did)
  await expect(restoreSession(configured, 'eve.icehub.test')).rejects.toThrow(
    /not signed in here \(signed in: .*bob-s/,
  )
  await logout(configured)
  expect((await restoreSession(configured)).account.did).toBe(account.did)
})

it('a session that was ended elsewhere says how to sign in again', async () => {
  const configured = await settings()
  const { agent } = await loginWithPassword(account.handle, account.password, configured)
  const store = new AccountStore(configured.configDir)
  const tokens = (await store.readSession<PasswordTokens>(account.did))!
  await (agent as PasswordSession).revoke()
  const [header] = tokens.accessJwt.split('.')
  const spent = `${header}.${Buffer.from(JSON.stringify({ exp: 1 })).toString('base64url')}.x`
  await store.writeSession(account.did, { ...tokens, accessJwt: spent })
  const restored = await PasswordSession.restore(store, account.did, account.service)
  const read = new Repository({ agent: restored }).get('com.example.record', 'x')
  expect(describeError(await read.catch((error: unknown) => error))).toMatch(
    /^the session of did:plc:\S+ has ended: run 'frost login did:plc:\S+'$/,
  )
})
