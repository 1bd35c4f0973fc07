import { identityOfDid, resolveIdentity } from '@frost/client/identity'
import { settingsFromEnv } from '@frost/client/settings'
import { testNetwork } from '@frost/network/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let network: Awaited<ReturnType<typeof testNetwork>>

beforeAll(async () => {
  network = await testNetwork()
})

afterAll(() => network?.[Symbol.asyncDispose]())

const settings = () =>
  settingsFromEnv({ service: network.pds('icehub').url }, { FROST_PLC_URL: network.plcUrl })

describe('accounts of a network without DNS', () => {
  it('are found by handle, also on another PDS, and by DID', async () => {
    const account = await network.createAccount({ handle: 'idn-ada.icebucket.test' })
    const identity = { did: account.did, handle: account.handle, pds: account.service }
    expect(await resolveIdentity('@IDN-Ada.icebucket.test', settings())).toEqual(identity)
    expect(await resolveIdentity(account.did, settings())).toEqual(identity)
  })

  it('that do not exist are named, with what to do', async () => {
    await expect(resolveIdentity('nobody-x.icehub.test', settings())).rejects.toThrow(
      /handle 'nobody-x\.icehub\.test' leads to no account at http:\/\/localhost:\d+: check its spelling/,
    )
    await expect(identityOfDid('did:plc:ewvi7nxzyoun6zhxrhs64oiz', settings())).rejects.toThrow(
      /FROST_PLC_URL/,
    )
    await expect(resolveIdentity('not a handle', settings())).rejects.toThrow(/neither a handle .* nor a DID/)
  })

  it('whose directory is away are explained', async () => {
    const away = settingsFromEnv({ service: 'http://localhost:2' }, { FROST_PLC_URL: network.plcUrl })
    await expect(resolveIdentity('ada.icehub.test', away)).rejects.toThrow(
      /cannot be looked up.*frost network up/,
    )
  })

  it('whose handle points to somebody else’s DID are refused', async () => {
    const account = await network.createAccount({ handle: 'idn-eve.icehub.test' })
    const pds = network.pds('icehub')
    const stolen = { ...settings(), service: pds.url }
    // The PDS says who owns the handle; the DID's document has never heard of it.
    await expect(
      resolveIdentity('idn-eve.icehub.test', { ...stolen, service: await handleServer(account.did) }),
    ).resolves.toMatchObject({ did: account.did })
    await expect(
      resolveIdentity('noaa.example.org', { ...stolen, service: await handleServer(account.did) }),
    ).rejects.toThrow(/does not name it back/)
  })
})

/** A service that resolves every handle to one DID, as a hostile or careless one may. */
async function handleServer(did: string): Promise<string> {
  const { createServer } = await import('node:http')
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ did }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}
