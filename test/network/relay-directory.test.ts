/** The relay while the directory of DIDs does not answer. */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRelay } from '@frost/network'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { FirehoseReader, touches } from './firehose.ts'
import { RelayStand, THING } from './relay-stand.ts'

const stand = new RelayStand()
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'frost-relay-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Stands between relay and directory, and fails as it is told until it is let through. */
class Gate {
  readonly #server = createServer(async (request, response) => {
    this.refused += this.fail ? 1 : 0
    if (this.fail) return this.fail(response)
    const answer = await fetch(new URL(request.url!, stand.network.plcUrl))
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
  })
  fail: ((response: ServerResponse) => void) | undefined
  refused = 0

  async listen(): Promise<string> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

it.each([
  ['fails', (response: ServerResponse) => void response.writeHead(503).end()],
  ['cuts connections', (response: ServerResponse) => void response.destroy()],
])('loses nothing that a host says while the directory %s', async (name, fail) => {
  await using gate = new Gate()
  const plcUrl = await gate.listen()
  const relay = await startRelay({ path: join(folder, `${name}.sqlite`), plcUrl })
  try {
    const account = await stand.newAccount()
    gate.fail = fail
    await relay.requestCrawl(stand.pdsOf(account).hostname)
    await stand.put(account, 'while-away')
    const { cid } = await stand.latestCommit(account)
    await expect.poll(() => gate.refused).toBeGreaterThan(1)
    gate.fail = undefined
    await expect.poll(() => relay.store.repo(account.did)?.head).toBe(cid)
    using reader = new FirehoseReader(relay.url, 0)
    await reader.find(({ type, did }) => type === '#commit' && did === account.did)
    expect(relay.refused.foreign).toBe(0)
  } finally {
    await relay.stop()
  }
})

it('stops while it waits for the directory, and goes on where it was', async () => {
  await using gate = new Gate()
  const plcUrl = await gate.listen()
  const path = join(folder, 'stopped.sqlite')
  const account = await stand.newAccount()
  const { hostname } = stand.pdsOf(account)
  gate.fail = response => void response.writeHead(503).end()
  const first = await startRelay({ path, plcUrl })
  await first.requestCrawl(hostname)
  await stand.put(account, 'before-the-stop')
  await expect.poll(() => gate.refused).toBeGreaterThan(0)
  await first.stop()
  gate.fail = undefined
  const again = await startRelay({ path, plcUrl })
  try {
    using reader = new FirehoseReader(again.url, 0)
    await reader.find(touches(`${THING}/before-the-stop`))
  } finally {
    await again.stop()
  }
})
