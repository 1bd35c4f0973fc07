import { testNetwork } from '@frost/network/testing'
import { HttpClient } from '@frost/sync/http'
import { IdentityResolver } from '@frost/sync/identity'
import { expect, it } from 'vitest'
import { Writer } from './writers.ts'

it('a DID that the real directory answers 404 for after its tombstone is gone, one that never was is not found', async () => {
  await using network = await testNetwork({ pdses: [{ name: 'alpha', domain: 'alpha.test' }] })
  const guard = { allowLoopbackHttp: true }
  const http = new HttpClient(guard)
  const handleResolver = async () => undefined
  const identities = new IdentityResolver({ ...guard, http, plcUrl: network.plcUrl, handleResolver })
  try {
    const writer = await Writer.create(network, 'mortal', 'alpha')
    expect((await identities.resolve(writer.did)).pds).toBe(network.pds('alpha').url)
    await writer.tombstone()
    await expect(identities.resolve(writer.did, 0)).rejects.toMatchObject({ kind: 'gone' })
    await expect(identities.resolve(`did:plc:${'a'.repeat(24)}`)).rejects.toMatchObject({ kind: 'not-found' })
  } finally {
    http.close()
  }
})
