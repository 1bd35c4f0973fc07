import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Settings } from '../settings.ts'
import { createAccount } from './own-key.ts'
import { recoveryKeyFolder } from './recovery-key.ts'

it.each([
  ['is kept where the PDS did not say what became of the account', undefined, 1],
  ['is kept where the PDS failed', 502, 1],
  ['goes where the PDS refused', 400, 0],
])('the key of a new account %s', async (_, status, kept) => {
  const configDir = await mkdtemp(join(tmpdir(), 'own-key-'))
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    if (request.method === 'GET')
      response.end('{"did":"did:web:pds.example","availableUserDomains":[".pds.example"]}')
    else if (status === undefined) request.socket.destroy()
    else response.writeHead(status).end('{"error":"InvalidHandle"}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const settings = { configDir } as Settings
  const account = { handle: 'ada.pds.example', email: 'ada@example.org', password: 'secret' }
  const pds = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await expect(createAccount(pds, account, settings)).rejects.toThrow()
  expect(await readdir(recoveryKeyFolder(settings))).toHaveLength(kept)
  server.closeAllConnections()
  server.close()
  await rm(configDir, { recursive: true })
})
