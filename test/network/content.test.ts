import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AtpAgent } from '@atproto/api'
import { AUTHORITY, lexiconDocuments, nsid } from '@frost/lexicon'
import { publishLexicons } from '@frost/network/lexicon-publisher'
import { publishSeed, seedMounts } from '@frost/network/seed'
import { type TestNetwork, testNetwork } from '@frost/network/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

describe('the lexicons in the network', () => {
  let network: TestNetwork
  beforeAll(async () => {
    network = await testNetwork()
  })
  afterAll(() => network[Symbol.asyncDispose]())

  it('are published as records of one account, once', async () => {
    const first = await publishLexicons(network, lexiconDocuments)
    expect(first.written).toBe(lexiconDocuments.length)
    expect(await publishLexicons(network, lexiconDocuments)).toEqual({ ...first, written: 0 })
    const changed = { ...lexiconDocuments[0]!, description: 'Changed.' }
    expect((await publishLexicons(network, [changed])).written).toBe(1)
    expect((await publishLexicons(network, lexiconDocuments)).written).toBe(1)
    const agent = new AtpAgent({ service: network.pds().url })
    const { data } = await agent.com.atproto.repo.getRecord({
      repo: first.did,
      collection: 'com.atproto.lexicon.schema',
      rkey: nsid('dataset.entry'),
    })
    expect(data.value).toEqual({
      ...lexiconDocuments.find(({ id }) => id === nsid('dataset.entry')),
      $type: 'com.atproto.lexicon.schema',
    })
  })

  it('give the permission sets of include: scopes on every PDS, also on one that starts later', async () => {
    await publishLexicons(network, lexiconDocuments)
    await network.addPds({ domain: 'later.test' })
    await network.pds('icebucket').restart()
    for (const { server, name } of network.pdses) {
      const manager = server.ctx.oauthProvider!.lexiconManager
      const scope = await manager.buildTokenScope(`atproto include:${nsid('authPublisher')}`)
      expect(scope, name).toMatch(/repo[:?]/)
      expect(scope, name).toContain(nsid('dataset.entry'))
      expect(scope, name).not.toContain('include:')
      await expect(manager.buildTokenScope(`include:${nsid('authNobody')}`), name).rejects.toThrow()
    }
  })
})

describe('the carried content', () => {
  it('is published once, resumes, and leaves alone what people change', async () => {
    await using network = await testNetwork({ mounts: seedMounts() })
    const first = await publishSeed(network, { authority: AUTHORITY })
    expect(first.records).toBeGreaterThan(100)
    expect(first.written).toBe(first.records)
    expect(await publishSeed(network, { authority: AUTHORITY })).toEqual({ ...first, written: 0 })

    const { demo } = first
    const agent = new AtpAgent({ service: demo!.pds })
    await agent.login({ identifier: demo!.handle, password: demo!.password })
    const profile = { repo: agent.assertDid, collection: nsid('actor.profile'), rkey: 'self' }
    const record = { $type: nsid('actor.profile'), name: 'Changed by hand' }
    await agent.com.atproto.repo.putRecord({ ...profile, record })
    await publishSeed(network, { authority: AUTHORITY })
    const { data } = await agent.com.atproto.repo.getRecord(profile)
    expect(data.value).toEqual(record)

    // As after an interruption: what was finished is not known any more, and some of it is missing.
    await rm(join(network.dataDir, 'seed.json'))
    await agent.com.atproto.repo.deleteRecord(profile)
    const resumed = await publishSeed(network, { authority: AUTHORITY })
    expect(resumed.written).toBe(1)

    await network.relay.settled()
    await expect
      .poll(() => network.relay.store.withCollection(nsid('actor.profile'), '', 1_000).length)
      .toBe(first.accounts)
  }, 120_000)

  it('has its files in the object store', async () => {
    await using network = await testNetwork({ pdses: [], mounts: seedMounts() })
    const response = await fetch(network.store.urlOf('vega/penguins.json'), {
      headers: { range: 'bytes=0-99' },
    })
    expect(response.status).toBe(206)
    expect(await response.text()).toMatch(/^\[/)
  })
})

describe('the network as a process', () => {
  it('says when it is ready, stops within three seconds, and keeps its state even when it is killed', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'frost-network-'))
    const script = fileURLToPath(import.meta.resolve('@frost/network/main'))
    const ports = ['PLC', 'RELAY', 'PDS', 'STORE'].map(name => [`FROST_${name}_PORT`, '0'])
    const env = { ...process.env, ...Object.fromEntries(ports), FROST_DATA: dataDir }
    const documents: Record<string, unknown>[] = []
    for (const signal of ['SIGINT', 'SIGKILL', 'SIGTERM'] as const) {
      const child = fork(script, { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'], execArgv: [] })
      let output = ''
      child.stdout!.on('data', chunk => {
        output += chunk
      })
      const [ready] = await once(child, 'message')
      documents.push(ready)
      const began = performance.now()
      child.kill(signal)
      const [code] = await once(child, 'exit')
      expect(code).toBe(signal === 'SIGKILL' ? null : 0)
      expect(performance.now() - began).toBeLessThan(3_000)
      expect(
        output
          .trim()
          .split('\n')
          .map(line => JSON.parse(line)),
      ).toEqual([ready])
    }
    const [first, ...later] = documents
    const state = {
      ready: true,
      plcUrl: first!.plcUrl,
      relayUrl: first!.relayUrl,
      pdses: first!.pdses,
      demo: first!.demo,
      seed: { written: 0 },
    }
    for (const document of later) expect(document).toMatchObject(state)
    await rm(dataDir, { recursive: true, force: true })
  }, 60_000)
})
